package main

import (
	"errors"
	"fmt"
	"time"

	"winback/bench/measure"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
)

// runner lets events go through a partition and takes the time.
type runner struct {
	engine    *engine
	partition *state.Partition
	stream    *stream
	chunk     *chunk

	decoder *mapping.Decoder
	events  [state.AddBatch]schemas.Event
	reasons [state.AddBatch]schemas.Reason
	ids     []byte
	withIDs bool // events have ids of their own
	sent    int  // events that had one
	outbox  state.Outbox
	emptied work     // what the outbox held before
	batches []uint32 // how long each batch took, nanoseconds
}

// feed lets the records of the chunk from one number to another through.
type feed func(from, to int) error

// stretch feeds so many events, or up to the first one at or after a border of event time.
func (b *runner) stretch(events int, border int64, step feed) (s stretch, err error) {
	for s.events < events && b.chunk.last < border {
		if !b.chunk.fill(b.stream, events-s.events, border) {
			return s, errYearOver
		}
		if err := b.timed(&s, step, 0, len(b.chunk.ends)); err != nil {
			return s, err
		}
	}
	return s, nil
}

var errYearOver = errors.New("the population's time is over: ask for fewer -events")

// timed adds what it costs to feed some records.
func (b *runner) timed(sum *stretch, step feed, from, to int) error {
	before, mark := b.work(), measure.Start()
	if err := step(from, to); err != nil {
		return err
	}
	cost := mark.Cost()
	sum.add(stretch{to - from, b.work().minus(before), cost})
	return nil
}

func (b *runner) work() work {
	w := b.emptied
	w.judged = b.partition.Counts().Judged
	w.decisions += uint64(len(b.outbox.Decisions))
	w.profiles += uint64(len(b.outbox.Profiles))
	w.activity += uint64(len(b.outbox.Activity))
	return w
}

// batched is what the pipeline's worker does: gather some events, look them up together, add them one after the other.
func (b *runner) batched(from, to int) error {
	for at := time.Now(); from < to; from += state.AddBatch {
		n, err := b.gather(from, min(from+state.AddBatch, to))
		if err != nil {
			return err
		}
		b.partition.AddAll(b.events[:n], b.reasons[:n], &b.outbox)
		if err := b.check(n); err != nil {
			return err
		}
		now := time.Now()
		b.batches = append(b.batches, uint32(min(now.Sub(at), 1<<32-1)))
		at = now
	}
	return nil
}

// oneByOne adds each event by itself.
func (b *runner) oneByOne(from, to int) error {
	for ; from < to; from += state.AddBatch {
		n, err := b.gather(from, min(from+state.AddBatch, to))
		if err != nil {
			return err
		}
		for i := range n {
			b.reasons[i] = b.partition.Add(&b.events[i], &b.outbox)
		}
		if err := b.check(n); err != nil {
			return err
		}
	}
	return nil
}

// decode decodes alone.
func (b *runner) decode(from, to int) error {
	for ; from < to; from += state.AddBatch {
		if _, err := b.gather(from, min(from+state.AddBatch, to)); err != nil {
			return err
		}
	}
	return nil
}

// gather decodes records and keeps their users' ids, which the decoder's next one would void.
func (b *runner) gather(from, to int) (int, error) {
	var r schemas.Record
	b.ids = b.ids[:0]
	for i := from; i < to; i++ {
		b.chunk.record(i, &r)
		e := &b.events[i-from]
		if reason := b.decoder.Decode(&r, e); reason != schemas.Accepted {
			return 0, fmt.Errorf("record %s was refused: %v: %s", r.Value, reason, b.decoder.Detail())
		}
		at := len(b.ids)
		b.ids = append(b.ids, e.User...)
		e.User = b.ids[at:]
		if b.withIDs {
			b.sent++
			e.ID = idOf(b.sent)
		}
	}
	return to - from, nil
}

// check refuses a run in which an event was not added, and lets go of what follows from the events.
func (b *runner) check(n int) error {
	for i, reason := range b.reasons[:n] {
		if reason != schemas.Accepted {
			return fmt.Errorf("an event at %d was refused: %v", b.events[i].Time, reason)
		}
	}
	if o := &b.outbox; len(o.Decisions)+len(o.Profiles)+len(o.Activity) >= mostRows {
		b.emptied = b.work()
		b.outbox.Reset()
	}
	return nil
}

// mostRows is how many rows are kept before they are let go of.
const mostRows = 10_000
