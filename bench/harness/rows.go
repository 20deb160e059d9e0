package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline"
	"winback/pipeline/embedded/engine"
	"winback/pipeline/embedded/library"
	"winback/schemas"
	"winback/sinks/clickhouse"
	"winback/sinks/memory"
)

// What -rows can name.
const (
	rowsClickHouse = "clickhouse"
	rowsMemory     = "memory"
	rowsDiscard    = "discard"
)

// rowStore is where the pipeline's rows go. open and close enclose one run, which starts without rows; check is an error if rows of the run
// are missing.
type rowStore interface {
	open(ctx context.Context, run int) (pipeline.RowSink, error)
	check(ctx context.Context, done *work) error
	close(ctx context.Context) error
	stop(ctx context.Context) error
	processes() []int
}

// newRows returns the store named; without a name ClickHouse if its library can be had, else memory.
func newRows(ctx context.Context, o *options, dir string, report func(string)) (rowStore, error) {
	switch o.rows {
	case rowsMemory:
		return &memoryRows{}, nil
	case rowsDiscard:
		return &discardRows{}, nil
	}
	store, err := startClickHouse(ctx, dir)
	if err != nil && o.rows == "" && ctx.Err() == nil {
		o.rows = rowsMemory
		report(fmt.Sprintf("rows go to memory, for there is no ClickHouse: %v", err))
		return &memoryRows{}, nil
	}
	o.rows = rowsClickHouse
	return store, err
}

// clickHouseRows is a server of the bench's own, in a process of its own, with a database for each run: in the same one the
// deduplication would spare the second run its inserts.
type clickHouseRows struct {
	server   *engine.Server
	conn     driver.Conn
	sink     *clickhouse.Sink
	database string
}

func startClickHouse(ctx context.Context, dir string) (*clickHouseRows, error) {
	lib, err := library.Locate(ctx, library.Config{Path: os.Getenv("CHDB_LIB_PATH"), CacheDir: os.Getenv("WINBACK_CACHE_DIR")})
	if err != nil {
		return nil, err
	}
	cfg := engine.Defaults()
	cfg.Dir, cfg.Library = filepath.Join(dir, "clickhouse"), lib
	server, err := engine.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	conn, err := chgo.Open(server.Options())
	if err != nil {
		server.Kill()
		return nil, err
	}
	return &clickHouseRows{server: server, conn: conn}, nil
}

func (c *clickHouseRows) open(ctx context.Context, run int) (_ pipeline.RowSink, err error) {
	cfg := clickhouse.Defaults()
	c.database = fmt.Sprintf("bench_%d", run)
	cfg.DSN, cfg.Database = c.server.DSN(), c.database
	if c.sink, err = clickhouse.Open(ctx, cfg, warnings()); err != nil {
		return nil, err
	}
	if _, err := c.sink.Migrate(ctx); err != nil {
		return nil, errors.Join(err, c.close(ctx))
	}
	return c.sink, nil
}

func (c *clickHouseRows) check(ctx context.Context, done *work) error {
	var have uint64
	for _, table := range []string{"activity", "transitions", "triggers", "profiles"} {
		var rows uint64
		if err := c.conn.QueryRow(ctx, "SELECT count() FROM "+c.database+"."+table).Scan(&rows); err != nil {
			return err
		}
		have += rows
	}
	return compareRows(have, done)
}

// close drops the database, so that its merges do not go on in the next contender's time.
func (c *clickHouseRows) close(ctx context.Context) error {
	err := c.sink.Close()
	return errors.Join(err, c.conn.Exec(ctx, "DROP DATABASE IF EXISTS "+c.database+" SYNC"))
}

func (c *clickHouseRows) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return errors.Join(c.conn.Close(), c.server.Stop(ctx))
}

func (c *clickHouseRows) processes() []int { return []int{c.server.PID()} }

// memoryRows keeps a copy of every row.
type memoryRows struct{ rows *memory.Rows }

func (m *memoryRows) open(context.Context, int) (pipeline.RowSink, error) {
	m.rows = new(memory.Rows)
	return m.rows, nil
}

func (m *memoryRows) check(_ context.Context, done *work) error {
	var have uint64
	for _, r := range m.rows.All() {
		have += size(&r)
	}
	return compareRows(have, done)
}

func (m *memoryRows) close(context.Context) error { m.rows = nil; return nil }
func (m *memoryRows) stop(context.Context) error  { return nil }
func (m *memoryRows) processes() []int            { return nil }

// discardRows only counts.
type discardRows struct{ seen atomic.Uint64 }

func (d *discardRows) open(context.Context, int) (pipeline.RowSink, error) {
	d.seen.Store(0)
	return d, nil
}

// Insert counts the rows.
func (d *discardRows) Insert(_ context.Context, rows *schemas.Rows) error {
	d.seen.Add(size(rows))
	return nil
}

func (d *discardRows) check(_ context.Context, done *work) error {
	return compareRows(d.seen.Load(), done)
}
func (d *discardRows) close(context.Context) error { return nil }
func (d *discardRows) stop(context.Context) error  { return nil }
func (d *discardRows) processes() []int            { return nil }

func size(r *schemas.Rows) uint64 {
	return uint64(r.Len())
}

func compareRows(have uint64, done *work) error {
	if have != done.Rows {
		return fmt.Errorf("%d of %d rows arrived", have, done.Rows)
	}
	return nil
}
