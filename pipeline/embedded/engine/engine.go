// Package engine runs a real ClickHouse server as a child of this very binary: the child is the same executable, which loads
// libchdb instead of doing its work. The server listens on loopback only.
//
// cmd/winback and tests start it; every other room gets a DSN or options and cannot tell it from a server elsewhere.
//
// It is a child because the engine ends its whole process when it stops with clients connected, and so that a crash of the engine is
// an error value here.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Server is a running server. It leaves when Stop or Kill is called, and by itself within seconds when this process dies.
type Server struct {
	config        Config
	password      string
	tcp, http     string // host:port
	cmd           *exec.Cmd
	lock          *os.File // keeps a second server out of the directory; the child holds it too
	lifeline      *os.File // the child dies when this end closes
	terminal      *os.File
	echo          sync.WaitGroup // drains the terminal
	stopRequested atomic.Bool
	exited        chan struct{}
	err           error // why it is gone; read only after exited is closed
}

// stopPatience is how long open connections may hold up a stop; an idle server takes some 30 ms. The engine's own patience is
// 5 s, more than people have.
const stopPatience = 1500 * time.Millisecond

// Options returns new options for clickhouse-go: native protocol, the application's user, database `winback`.
func (s *Server) Options() *clickhouse.Options {
	return &clickhouse.Options{
		Addr: []string{s.tcp},
		Auth: clickhouse.Auth{Database: appDatabase, Username: appUser, Password: s.password},
	}
}

// DSN returns the same as Options as one line, with the password in it.
func (s *Server) DSN() string {
	dsn := url.URL{Scheme: "clickhouse", User: url.UserPassword(appUser, s.password), Host: s.tcp, Path: "/" + appDatabase}
	return dsn.String()
}

// HTTPAddr returns host:port of ClickHouse's HTTP interface; user and password are those of Options.
func (s *Server) HTTPAddr() string { return s.http }

// PID returns the child's process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Exited is closed when the child is gone, for whatever reason; Err then says why.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Err returns why the child is gone, or nil while it runs and after Stop or Kill.
func (s *Server) Err() error {
	select {
	case <-s.exited:
		return s.err
	default:
		return nil
	}
}

// Stop ends the server in order and waits for it. It waits a second and a half for connections and queries still open, then
// kills it, which loses no acknowledged insert: close connections first. When ctx ends before, it kills at once and returns
// ctx's error. A server already gone is no error.
func (s *Server) Stop(ctx context.Context) error {
	s.stopRequested.Store(true)
	_, _ = s.terminal.WriteString("exit\n") // fails only when the child is gone
	patience := time.NewTimer(stopPatience)
	defer patience.Stop()
	select {
	case <-s.exited:
		return nil
	case <-patience.C:
		s.config.log().Warn("ClickHouse engine: connections were still open, killing it", "pid", s.PID())
		s.Kill()
		return nil
	case <-ctx.Done():
		s.Kill()
		return fmt.Errorf("clickhouse engine: killed, it did not stop in time: %w", context.Cause(ctx))
	}
}

// Kill ends the server at once, as a crash would, and waits until it is gone.
func (s *Server) Kill() {
	s.stopRequested.Store(true)
	_ = s.cmd.Process.Kill() // fails only when it is gone already
	<-s.exited
}

// reap waits for the child and gives everything free that belonged to it. It is the server's one lasting goroutine.
func (s *Server) reap() {
	err := s.cmd.Wait()
	s.closeFiles()
	s.echo.Wait()
	if !s.stopRequested.Load() {
		state := "exit status 0"
		if err != nil {
			state = err.Error()
		}
		s.err = fmt.Errorf("clickhouse engine: the server (pid %d) is gone: %s%s", s.PID(), state, s.lastWords())
		s.config.log().Error("ClickHouse engine is gone", "error", s.err)
	}
	close(s.exited)
}

func (s *Server) closeFiles() {
	for _, f := range []*os.File{s.terminal, s.lifeline, s.lock} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func hostPort(port string) string { return net.JoinHostPort("127.0.0.1", strings.TrimSpace(port)) }

// createDatabase is the first query: it proves that the server answers. A database of our own, because the engine's
// `default` is not one that lasts.
func (s *Server) createDatabase(ctx context.Context) (err error) {
	options := s.Options()
	options.Auth.Database = "system"
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+appDatabase+" ENGINE = Atomic")
}
