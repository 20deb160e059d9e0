package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"winback/bench/load"
	"winback/pipeline/state"
)

// result is what one population came to.
type result struct {
	users     int
	filled    time.Duration
	stretches []stretch // batched: what the rate is taken from
	batches   []uint32  // sorted nanoseconds
	batched   stretch   // and one by one, in turns
	oneByOne  stretch
	decode    stretch
	parts     parts
	pauses    pauses
	memory    footprint
	noIDs     stretch // batched, and with ids of the events' own, in turns
	withIDs   stretch
}

// measurePopulation fills a partition and takes its figures. from is nil for a population that grows by itself.
func measurePopulation(ctx context.Context, e *engine, o *options, from *past, users int) (*result, error) {
	return measurePhases(ctx, e, o, from, users, func(b *runner, r *result) []func() error {
		return []func() error{
			func() error { return b.warmUp(o.events / 4) },
			func() error { return b.rate(ctx, r, o.events) },
			func() (err error) { r.parts, err = b.parts(o); return err },
			func() error { return b.compare(ctx, r, o.events/4) },
			func() (err error) { r.pauses, err = b.pauses(o.events / 4); return err },
		}
	}, func(b *runner, r *result) error { return b.compareIDs(ctx, r, o.events/4) })
}

// measureRate fills a partition and takes its rate, over half as many events, its parts and its bytes.
func measureRate(ctx context.Context, e *engine, o *options, from *past, users int) (*result, error) {
	return measurePhases(ctx, e, o, from, users, func(b *runner, r *result) []func() error {
		return []func() error{
			func() error { return b.warmUp(o.events / 4) },
			func() error { return b.rate(ctx, r, max(1, o.events/2)) },
			func() (err error) { r.parts, err = b.parts(o); return err },
		}
	}, func(*runner, *result) error { return nil })
}

// measurePhases fills a partition, runs the phases, takes its memory, and runs what would add to it.
func measurePhases(ctx context.Context, e *engine, o *options, from *past, users int, phases func(*runner, *result) []func() error, last func(*runner, *result) error) (*result, error) {
	r := &result{users: users}
	b, before, err := newRunner(ctx, e, o, from, r)
	if err != nil {
		return nil, err
	}
	if err := inTurn(ctx, phases(b, r)...); err != nil {
		return nil, err
	}
	r.memory = b.footprint(before)
	runtime.KeepAlive(from) // it was there before
	return r, last(b, r)
}

// inTurn runs phases until one fails or the context ends.
func inTurn(ctx context.Context, phases ...func() error) error {
	for _, phase := range phases {
		if err := errors.Join(phase(), context.Cause(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// newRunner makes a partition of so many users with a past, and the stream that follows. heap is what was in use before.
func newRunner(ctx context.Context, e *engine, o *options, from *past, r *result) (b *runner, heap uint64, err error) {
	b = &runner{engine: e, decoder: e.mapping.NewDecoder(), chunk: newChunk()}
	grown := o.population(r.users)
	if from == nil {
		b.stream, err = newStream(grown)
	} else {
		b.stream, err = from.stream(e, r.users/o.template)
	}
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	heap = heapInUse()
	if b.partition, err = e.newPartition(); err != nil {
		return nil, 0, err
	}
	if from == nil {
		err = e.runUntil(ctx, b.partition, b.stream.generator, grown.Start+int64(o.fill)*day)
	} else {
		err = from.copyInto(b.partition, b.stream)
	}
	r.filled = time.Since(start)
	return b, heap, err
}

const (
	hour = int64(3_600_000)
	day  = 24 * hour
)

// warmUp lets events through, and then those up to the next border, so that what is measured after it are whole grains.
func (b *runner) warmUp(events int) error {
	_, err := b.stretch(events, never, b.batched)
	if err == nil {
		_, err = b.stretch(unlimited, b.borderAfter(hour), b.batched)
	}
	b.batches = b.batches[:0]
	return err
}

// borderAfter is the first multiple of a span of event time after the last event.
func (b *runner) borderAfter(span int64) int64 { return (b.chunk.last/span + 1) * span }

const (
	never     = int64(1<<63 - 1)
	unlimited = int(1<<63 - 1)
)

// rate takes stretches of whole hours, some eight of them, until there are events enough.
func (b *runner) rate(ctx context.Context, r *result, events int) error {
	perHour := max(1, int(load.Defaults().EventsPerUserDay*float64(r.users)/24))
	span := int64(max(1, events/8/perHour)) * hour
	for done := 0; done < events && ctx.Err() == nil; {
		s, err := b.stretch(unlimited, b.chunk.last/hour*hour+span, b.batched)
		if err != nil {
			return err
		}
		r.stretches = append(r.stretches, s)
		done += s.events
	}
	r.batches = slices.Sorted(slices.Values(b.batches))
	return nil
}

// turn is how many events each way has at a time: long enough to take the time of, short against what a border's judging takes.
const turn = 64 * state.AddBatch

// compare adds the same stream's events in batches and one by one, in turns, and then decodes the same records once more alone.
func (b *runner) compare(ctx context.Context, r *result, events int) error {
	for done := 0; done < events && ctx.Err() == nil; done += len(b.chunk.ends) {
		if !b.chunk.fill(b.stream, events-done, never) {
			return errYearOver
		}
		for from, n := 0, len(b.chunk.ends); from < n; from += 2 * turn {
			middle := min(from+turn, n)
			if err := errors.Join(b.timed(&r.batched, b.batched, from, middle), b.timed(&r.oneByOne, b.oneByOne, middle, min(from+2*turn, n))); err != nil {
				return err
			}
		}
		if err := b.timed(&r.decode, b.decode, 0, len(b.chunk.ends)); err != nil {
			return err
		}
	}
	return nil
}
