// Package clickhouse inserts a partition's rows into ClickHouse, each table's as one block under a deduplication token made of
// topic, partition and offsets, so that inserting the same rows again leaves one copy. It also brings the schema up to date.
//
// The pipeline calls Insert; cmd/winback calls Migrate, and Ping, Version and SchemaVersion for its doctor.
package clickhouse

import (
	"context"
	"errors"
	"log/slog"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/schemas"
	"winback/sinks/retry"
)

// Sink is a pool of connections to one server. It is safe for concurrent use.
type Sink struct {
	cfg  Config
	conn driver.Conn
	loop *retry.Loop
}

// Open connects and checks the server's version. It does not wait for a server that is down, and does not ask for the
// tables: see SchemaVersion.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Sink, error) {
	return nil, errors.New("to come")
}

// Insert returns nil once ClickHouse has every row. While the server is down, overloaded or out of disk it waits, until ctx
// ends; an error that waiting cannot heal is returned at once with its remedy. After an error some of the tables may have
// been inserted: inserting the same rows again, in whatever process, completes them and repeats none. Rows without any
// content only move the partition's progress.
func (s *Sink) Insert(ctx context.Context, rows *schemas.Rows) error { return errors.New("to come") }

// Ping returns nil if the server answers a query.
func (s *Sink) Ping(ctx context.Context) error { return errors.New("to come") }

// Version returns the server's version, such as "25.8.2.1". The error of one that is too old names the oldest that will do.
func (s *Sink) Version(ctx context.Context) (string, error) { return "", errors.New("to come") }

// SchemaVersion returns the number of the last migration that the database has, 0 if there is no database or no table, and
// that of the last migration this program knows. It changes nothing.
func (s *Sink) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	return 0, 0, errors.New("to come")
}

// Migrate makes the database if it is not there and applies the migrations it lacks, in order. It returns the names of those
// applied. A run that was interrupted can be repeated.
func (s *Sink) Migrate(ctx context.Context) (applied []string, err error) {
	return nil, errors.New("to come")
}

// Close closes the connections.
func (s *Sink) Close() error { return s.conn.Close() }
