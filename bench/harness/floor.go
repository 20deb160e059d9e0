package main

import (
	"context"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"winback/bench/load"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
)

// row is one cache line: the least a program can keep of a user.
type row struct {
	events, amount, duration, last int64
	types                          [4]int64
}

// floor is what no correct program can do without: fetch, CRC, decode, hash, and one random read and write of 64 bytes per event in a
// table of as many users. It takes a number modulo the table for the user, so that it pays neither for collisions nor for growth.
type floor struct {
	mapping *mapping.Mapping
	tables  [][]row
}

func newFloor(w *workload) (*floor, error) {
	vocabulary, err := schemas.NewVocabulary(load.Types())
	if err != nil {
		return nil, err
	}
	m, err := mapping.Compile(mapping.Defaults(), vocabulary)
	if err != nil {
		return nil, err
	}
	f := &floor{mapping: m, tables: make([][]row, w.partitions)}
	for p := range f.tables {
		f.tables[p] = make([]row, w.users/w.partitions+1)
		for i := range f.tables[p] {
			f.tables[p][i].last = -1 // so that the kernel hands out the memory now, not while time is taken
		}
	}
	return f, nil
}

func (f *floor) run(ctx context.Context, w *workload) (int64, error) {
	return w.read(ctx, func(p int) func(*ingest.Batch) int64 {
		decoder, table := f.mapping.NewDecoder(), f.tables[p]
		var r schemas.Record
		var e schemas.Event
		return func(b *ingest.Batch) (n int64) {
			for b.Read(&r) {
				n++
				if decoder.Decode(&r, &e) == schemas.Accepted {
					at, _ := bits.Mul64(xxhash.Sum64(e.User), uint64(len(table)))
					table[at].add(&e)
				}
			}
			return n
		}
	})
}

func (r *row) add(e *schemas.Event) {
	r.events++
	r.amount += e.Amount
	r.duration += e.Duration
	r.last = max(r.last, e.Time)
	r.types[e.Type&3]++
}
