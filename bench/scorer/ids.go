package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/state"
	"winback/schemas"
)

// mostIDs is how many ids are remembered when their bytes are counted.
const mostIDs = 2 * million

// bytesOfIDs is what remembering the ids of events takes when so many come in a span, bytes an id: after three spans, when ids expire as others
// come.
func (e *engine) bytesOfIDs(ids int) (float64, error) {
	p, err := e.newPartition()
	if err != nil {
		return 0, err
	}
	span, from := int64(e.config.Input.Dedup.Span), int64(20_000)*day
	if span == 0 {
		return 0, nil
	}
	var out state.Outbox
	var reasons [state.AddBatch]schemas.Reason
	var events [state.AddBatch]schemas.Event
	for n := 0; n < 3*ids; n += len(events) {
		for i := range events {
			events[i] = schemas.Event{User: []byte("u"), ID: idOf(n + i), Time: from + int64(float64(n+i)/float64(ids)*float64(span)), Type: e.types[0]}
		}
		p.AddAll(events[:], reasons[:], &out)
		out.Reset()
	}
	if c := p.Counts(); c.Duplicates > 0 || c.IDsForgotten > 0 {
		return 0, fmt.Errorf("of %d different ids %d were taken for others, and %d forgotten", 3*ids, c.Duplicates, c.IDsForgotten)
	}
	return float64(p.Footprint().EventIDs) / float64(ids), nil
}

// idOf is the hash of a message's id, by its number.
func idOf(number int) uint64 {
	var text [8]byte
	for i := range text {
		text[i] = byte(number >> (8 * i))
	}
	return xxhash.Sum64(text[:])
}

// compareIDs adds the stream's events without and with ids of their own, in turns.
func (b *runner) compareIDs(ctx context.Context, r *result, events int) error {
	for done := 0; done < events && ctx.Err() == nil; done += len(b.chunk.ends) {
		if !b.chunk.fill(b.stream, events-done, never) {
			return errYearOver
		}
		for from, n := 0, len(b.chunk.ends); from < n; from += 2 * turn {
			middle := min(from+turn, n)
			if err := errors.Join(b.timed(&r.noIDs, b.batched, from, middle), b.timed(&r.withIDs, b.identified, middle, min(from+2*turn, n))); err != nil {
				return err
			}
		}
	}
	return nil
}

// identified is batched with an id for every event: none comes twice.
func (b *runner) identified(from, to int) error {
	b.withIDs = true
	defer func() { b.withIDs = false }()
	return b.batched(from, to)
}
