package main

import (
	"context"
	"fmt"
	"time"

	"winback/bench/load"
	"winback/pipeline/state"
)

// past is a smaller population that has lived the standard days, for others to be copied from.
type past struct {
	partition *state.Partition
	patterns  *load.Generator
	config    load.Config
	took      time.Duration
}

// newPast makes the template that populations are copied from; nil if they live by themselves.
func (o *options) newPast(ctx context.Context, e *engine) (*past, error) {
	if o.fill != 0 {
		return nil, nil
	}
	from, err := newPast(ctx, e, o.population(o.template))
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return from, nil
}

// newPast lets the template live.
func newPast(ctx context.Context, e *engine, c load.Config) (*past, error) {
	start := time.Now()
	t := &past{config: c}
	var err error
	if t.patterns, err = load.New(c); err != nil {
		return nil, err
	}
	if t.partition, err = e.newPartition(); err != nil {
		return nil, err
	}
	err = e.runUntil(ctx, t.partition, t.patterns, c.End)
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
	s.patterns, s.copies, s.numbers = t.patterns, copies, numbersByPhase(e.phaseOf, c.Users, copies)
	return s, nil
}

// longest is how much event time a run can take: a year.
const longest = 365 * day
