// Package engine runs a real ClickHouse server as a child of this very binary: the child is the same executable, which loads
// libchdb instead of doing its work. The server listens on loopback only.
//
// cmd/winback and tests start it; every other room gets a DSN or options and cannot tell it from a server elsewhere.
package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Config says where the server keeps its data and how much memory it may take.
type Config struct {
	Dir       string `yaml:"dir"`        // data, configuration and log, made if it is not there; one server at a time
	Library   string `yaml:"library"`    // path of libchdb, from library.Locate
	MaxMemory int64  `yaml:"max_memory"` // bytes for the whole server; queries beyond it fail

	Log *slog.Logger `yaml:"-"` // nil discards
}

// Defaults returns a Config that lacks only Dir and Library.
func Defaults() Config { return Config{MaxMemory: 1 << 30} }

// Main must be called first thing in main and in TestMain of whoever calls Start. In the child it becomes the server and
// never returns; elsewhere it does nothing.
func Main() {}

// Server is a running server. It leaves when Stop or Kill is called, and by itself within seconds when this process dies.
type Server struct{}

// Start returns once the server answers queries and the database `winback` is there.
func Start(ctx context.Context, c Config) (*Server, error) { return nil, errors.New("to come") }

// Options returns new options for clickhouse-go: native protocol, the application's user, database `winback`.
func (s *Server) Options() *clickhouse.Options { return nil }

// DSN returns the same as Options as one line, with the password in it.
func (s *Server) DSN() string { return "" }

// HTTPAddr returns host:port of ClickHouse's HTTP interface; user and password are those of Options.
func (s *Server) HTTPAddr() string { return "" }

// PID returns the child's process id.
func (s *Server) PID() int { return 0 }

// Exited is closed when the child is gone, for whatever reason; Err then says why.
func (s *Server) Exited() <-chan struct{} { return nil }

// Err returns why the child is gone, or nil while it runs and after Stop or Kill.
func (s *Server) Err() error { return nil }

// Stop ends the server in order and waits for it. Close connections first: it waits a second for those still open. When ctx
// ends before, the child is killed, which loses no acknowledged insert.
func (s *Server) Stop(ctx context.Context) error { return nil }

// Kill ends the server at once, as a crash would, and waits until it is gone.
func (s *Server) Kill() {}
