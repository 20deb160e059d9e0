package main

import (
	"context"
	"time"

	"winback/bench/load"
	"winback/pipeline/state"
)

// past is a smaller population that has lived the standard days, for others to be copied from.
type past struct {
	partition *state.Partition
	fates     *load.Generator
	config    load.Config
	took      time.Duration
}

// newPast lets the template live.
func newPast(ctx context.Context, e *engine, c load.Config) (*past, error) {
	start := time.Now()
	t := &past{config: c}
	var err error
	if t.fates, err = load.New(c); err != nil {
		return nil, err
	}
	if t.partition, err = e.newPartition(); err != nil {
		return nil, err
	}
	err = e.live(ctx, t.partition, t.fates, c.End)
	t.took = time.Since(start)
	return t, err
}

// stream goes on where the template's ended, for so many copies of it together.
func (t *past) stream(e *engine, copies int) (*stream, error) {
	c := t.config
	c.Start, c.End = t.config.End, t.config.End+longest
	c.EventsPerUserDay *= float64(copies)
	c.Shares = load.Shares{}
	s, err := newStream(c)
	if err != nil {
		return nil, err
	}
	s.fates, s.copies, s.numbers = t.fates, copies, alike(e.phaseOf, c.Users, copies)
	return s, nil
}

// longest is how much event time a run can take: a year.
const longest = 365 * day
