package main

import (
	"context"
	"math/bits"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// row is one cache line: the least that a program can keep of a user.
type row struct {
	events, amount, duration, last int64
	types                          [4]int64
}

// floor is what no correct program can do without: fetch, CRC, decode, hash, and one random read and write of 64 bytes per event in a
// table of as many users. It takes a number modulo the table for the user, so that it pays neither for collisions nor for growth.
type floor struct{ tables [][]row }

func newFloor(w *workload) *floor {
	f := &floor{tables: make([][]row, w.partitions)}
	for p := range f.tables {
		f.tables[p] = make([]row, w.users/w.partitions+1)
		for i := range f.tables[p] {
			f.tables[p][i].last = -1 // so that the kernel hands out the memory now, not while time is taken
		}
	}
	return f
}

// run reads with one goroutine per partition, as the pipeline does.
func (f *floor) run(ctx context.Context, w *workload) (outcome, error) {
	return w.timed(func() (int64, error) {
		var events atomic.Int64
		group, ctx := errgroup.WithContext(ctx)
		for p := range w.partitions {
			group.Go(func() error {
				n, err := f.follow(ctx, w, p)
				events.Add(n)
				return err
			})
		}
		err := group.Wait()
		return events.Load(), err
	})
}

func (f *floor) follow(ctx context.Context, w *workload, partition int) (n int64, err error) {
	decoder, table := w.mapping.NewDecoder(), f.tables[partition]
	reader := ingest.NewReader(w.conn, w.topic, int32(partition), 0, ingest.DefaultFetch(), w.log)
	var r schemas.Record
	var e schemas.Event
	for b := range reader.Batches(ctx) {
		for b.Read(&r) {
			n++
			if decoder.Decode(&r, &e) == schemas.Accepted {
				at, _ := bits.Mul64(xxhash.Sum64(e.User), uint64(len(table)))
				table[at].add(&e)
			}
		}
		if b.Next >= w.last[partition] {
			break
		}
	}
	return n, reader.Err()
}

func (r *row) add(e *schemas.Event) {
	r.events++
	r.amount += e.Amount
	r.duration += e.Duration
	r.last = max(r.last, e.Time)
	r.types[e.Type&3]++
}
