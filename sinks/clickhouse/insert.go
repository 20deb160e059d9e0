package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/schemas"
	"winback/sinks/retry"
)

// Insert returns nil once ClickHouse has every row. While the server is down, overloaded or out of disk it waits, until ctx
// ends; an error that waiting cannot heal is returned at once with its remedy. After an error some of the tables may have
// been inserted: inserting the same rows again, in whatever process, completes them and repeats none. The partition's progress
// is written last, and alone if there are no rows, so that a quiet partition does not hold back complete_until.
//
// Each table's block goes under a token that names its place in the input and its rows (see token): the second of two inserts
// with the same token is taken for the first one again.
func (s *Sink) Insert(ctx context.Context, rows *schemas.Rows) error {
	for i := range s.tables {
		t := &s.tables[i]
		if t.count(rows) == 0 {
			continue
		}
		token := s.token(t, rows)
		err := s.loop.Do(ctx, func(ctx context.Context) error { return s.judged(ctx, t, s.attempt(ctx, t, rows, token)) })
		if err != nil {
			return fmt.Errorf("inserting into %s: %w", t.name, err)
		}
	}
	return nil
}

// judged marks what waiting does not mend, with its remedy.
func (s *Sink) judged(ctx context.Context, t *table, err error) error {
	if s.remedyFor(err) != "" {
		return retry.Fatal(s.explainInsert(ctx, t, err))
	}
	if failedView(err) != "" { // it may fail on these rows alone, or be mended while Winback waits
		return s.explainInsert(ctx, t, err)
	}
	return err
}

func (s *Sink) attempt(ctx context.Context, t *table, rows *schemas.Rows, token string) error {
	return s.send(ctx, t, token, func(batch driver.Batch) error { return s.fill(t, batch, rows) })
}

// contextOutlivesSend is far longer than clickhouse-go's watcher of the context takes to learn that a batch is sent.
const contextOutlivesSend = time.Second

// send inserts what put puts into the batch.
func (s *Sink) send(ctx context.Context, t *table, token string, put func(driver.Batch) error) error {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.slots }()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout.Std())
	// Not at once: clickhouse-go closes the connection of a batch whose context ends, and at the end of Send its two signals race. By then
	// the connection is back in the pool, so it would be closed under whoever has it next.
	defer time.AfterFunc(contextOutlivesSend, cancel)
	batch, err := s.conn.PrepareBatch(clickhouse.Context(ctx, clickhouse.WithSettings(settings(token))), t.insert)
	if err != nil {
		return err
	}
	if err := put(batch); err != nil {
		return errors.Join(err, batch.Abort())
	}
	return batch.Send()
}

func (s *Sink) fill(t *table, batch driver.Batch, rows *schemas.Rows) error {
	scratch := s.borrow()
	defer s.scratch.Put(scratch)
	return t.fill(scratch, batch, rows)
}

func (s *Sink) token(t *table, rows *schemas.Rows) string {
	scratch := s.borrow()
	defer s.scratch.Put(scratch)
	return t.token(scratch, rows)
}

// borrow takes a scratch out of the pool; give it back.
func (s *Sink) borrow() *scratch {
	if scratch, ok := s.scratch.Get().(*scratch); ok {
		return scratch
	}
	return newScratch()
}

// settings names the block, so that the server knows it when it comes again, and waits until it is stored.
func settings(token string) clickhouse.Settings {
	return clickhouse.Settings{
		"insert_deduplicate":              1,
		"insert_deduplication_token":      token,
		"async_insert":                    0,
		"max_partitions_per_insert_block": 0, // a replay of many years reaches many months at once
	}
}
