package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"winback/bench/load"
	"winback/pipeline/ingest"
	"winback/sinks/events"
)

// fill writes the population's events, keyed by user, to a topic, and returns when all are acknowledged.
func fill(ctx context.Context, o *options, conn *ingest.Connection, topic string, partitions int, log *slog.Logger) error {
	source, err := o.generator()
	if err != nil {
		return err
	}
	cfg := events.Defaults()
	cfg.Topic, cfg.Partitions = topic, int32(partitions)
	producer := events.New(conn.Client(), cfg, log)
	err = send(ctx, producer, source, o.events, newMetronome(o.rate))
	return errors.Join(err, producer.Close(ctx))
}

func send(ctx context.Context, to *events.Producer, source *load.Generator, limit int64, clock metronome) error {
	var e load.Event
	var key, value []byte
	for n := int64(1); n <= limit && source.Next(&e); n++ {
		key = load.AppendKey(key[:0], e.User)
		value = source.AppendJSON(value[:0], &e)
		if err := to.Send(ctx, key, value, 0); err != nil {
			return err
		}
		if err := clock.wait(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// metronome keeps a stream at a rate by letting it wait after every stepLength's worth of events.
type metronome struct {
	start time.Time
	rate  float64 // events a second; 0 for no waiting
	step  int64
	next  int64
}

const stepLength = 50 * time.Millisecond

func newMetronome(rate float64) metronome {
	step := max(1, int64(rate*stepLength.Seconds()))
	return metronome{start: time.Now(), rate: rate, step: step, next: step}
}

// wait lets the wall clock catch up with the n events written. A stream that fell behind does not wait, so that it catches up.
func (m *metronome) wait(ctx context.Context, n int64) error {
	if m.rate == 0 || n < m.next {
		return nil
	}
	m.next = n + m.step
	ahead := time.Duration(float64(n)/m.rate*float64(time.Second)) - time.Since(m.start)
	if ahead <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
