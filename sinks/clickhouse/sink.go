// Package clickhouse inserts a partition's rows into ClickHouse, each table's as one block under a deduplication token made of
// the block's place in the input and a digest of its rows, so that inserting the same rows again leaves one copy. It also brings
// the schema up to date.
//
// The pipeline calls Insert; cmd/winback calls Migrate and Restore, and before it starts and
// for its doctor what only asks: Version, SchemaVersion, Compare, TryInserts, Lacking, PushedTo and CheckHistories.
package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/sinks/retry"
)

// Sink is a pool of connections to one server. It is safe for concurrent use.
type Sink struct {
	cfg      Config
	addr     string
	username string
	database string
	conn     driver.Conn
	loop     *retry.Loop
	slots    chan struct{} // one for each insert under way
	tables   []table
	scratch  sync.Pool // of *scratch
}

// Open connects and checks the server's version. It does not wait for a server that is down, and does not ask for the
// tables: see SchemaVersion.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	options, err := cfg.options("")
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	s := &Sink{
		cfg: cfg, addr: strings.Join(options.Addr, ", "), username: options.Auth.Username, database: cfg.database(), conn: conn,
		loop:  retry.New(cfg.Retry, "ClickHouse at "+strings.Join(options.Addr, ", "), log),
		slots: make(chan struct{}, cfg.MaxConns), tables: tables(cfg.database()),
	}
	if _, err := s.Version(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// Ping returns nil if the server answers a query.
func (s *Sink) Ping(ctx context.Context) error {
	var one uint8
	return s.explain(s.conn.QueryRow(ctx, "SELECT 1").Scan(&one))
}

// minimumVersion is the oldest release whose features the tables and inserts use: a long-term one.
var minimumVersion = [2]int{24, 8}

// Version returns the server's version, such as "25.8.2.1". The error of one that is too old names the oldest that will do.
func (s *Sink) Version(ctx context.Context) (string, error) {
	var version string
	if err := s.conn.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return "", s.explain(err)
	}
	return version, checkVersion(version)
}

func checkVersion(version string) error {
	var found [2]int
	if _, err := fmt.Sscanf(version, "%d.%d", &found[0], &found[1]); err != nil {
		return fmt.Errorf("clickhouse: the server's version %q cannot be read: %w", version, err)
	}
	if slices.Compare(found[:], minimumVersion[:]) < 0 {
		return fmt.Errorf("clickhouse: the server is version %s: %d.%d or later is needed: upgrade it", version, minimumVersion[0], minimumVersion[1])
	}
	return nil
}

// Close closes the connections. Inserts still under way fail.
func (s *Sink) Close() error { return s.conn.Close() }
