package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// Triggers reads the trigger topic, as a marketing system would.
type Triggers struct {
	mu     sync.Mutex
	total  int64
	latest []schemas.Trigger  // the newest first
	times  map[string][]int64 // by user: when their triggers were due
}

// showLatest is how many triggers are kept for show.
const showLatest = 8

// Follow reads all partitions until ctx ends.
func (t *Triggers) Follow(ctx context.Context, conn *ingest.Connection, topic string, partitions int, log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, partitions)
	var done sync.WaitGroup
	for i := range errs {
		done.Go(func() {
			if errs[i] = t.follow(ctx, ingest.NewReader(conn, topic, int32(i), 0, ingest.DefaultFetch(), log)); errs[i] != nil {
				stop()
			}
		})
	}
	done.Wait()
	return errors.Join(errs...)
}

func (t *Triggers) follow(ctx context.Context, reader *ingest.Reader) error {
	var record schemas.Record
	for batch := range reader.Batches(ctx) {
		for batch.Read(&record) {
			var trigger schemas.Trigger
			if err := json.Unmarshal(record.Value, &trigger); err != nil {
				return fmt.Errorf("trigger at offset %d: %w", record.Offset, err)
			}
			t.add(trigger)
		}
	}
	return reader.Err()
}

func (t *Triggers) add(trigger schemas.Trigger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times == nil {
		t.times = map[string][]int64{}
	}
	t.total++
	t.times[trigger.User] = append(t.times[trigger.User], trigger.At)
	at, _ := slices.BinarySearchFunc(t.latest, trigger, func(a, b schemas.Trigger) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.User, b.User))
	})
	t.latest = slices.Insert(t.latest, at, trigger)
	t.latest = t.latest[:min(showLatest, len(t.latest))]
}

// Total is how many were read.
func (t *Triggers) Total() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// Latest returns the newest triggers, the newest first.
func (t *Triggers) Latest() []schemas.Trigger {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.latest)
}

// Times is when the triggers of each user were due.
func (t *Triggers) Times() map[string][]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	times := maps.Clone(t.times)
	for user := range times {
		times[user] = slices.Clone(times[user])
	}
	return times
}

// Tables is what ClickHouse holds.
type Tables struct {
	Events    uint64 // sum over the activity table
	Decisions map[schemas.DecisionKind]uint64
	Triggers  uint64
}

// ReadTables asks ClickHouse.
func ReadTables(ctx context.Context, conn driver.Conn, database string) (Tables, error) {
	t := Tables{Decisions: map[schemas.DecisionKind]uint64{}}
	ask := func(query string, into *uint64) error { return conn.QueryRow(ctx, query).Scan(into) }
	err := errors.Join(
		ask("SELECT sum(events) FROM "+database+".activity FINAL", &t.Events),
		ask("SELECT count() FROM "+database+".triggers FINAL", &t.Triggers),
	)
	if err != nil {
		return t, fmt.Errorf("reading ClickHouse back: %w", err)
	}
	rows, err := conn.Query(ctx, "SELECT kind, count() FROM "+database+".transitions FINAL GROUP BY kind")
	if err != nil {
		return t, fmt.Errorf("reading ClickHouse back: %w", err)
	}
	for rows.Next() {
		var kind string
		var count uint64
		if err := rows.Scan(&kind, &count); err != nil {
			return t, errors.Join(err, rows.Close())
		}
		t.Decisions[schemas.DecisionKind(kind)] = count
	}
	return t, errors.Join(rows.Err(), rows.Close())
}
