package feed

import (
	"context"
	"time"

	"winback/bench/load"
)

// Source is a stream of events and how they are written; a load.Generator is one.
type Source interface {
	Next(e *load.Event) bool
	AppendJSON(dst []byte, e *load.Event) []byte
}

// Pace says how much of a source is written, and how fast.
type Pace struct {
	Rate  float64 // events a second of wall time; 0: as fast as the brokers take them
	Limit int64   // the most events written; 0: all
}

// pushEvery is how long a paced event may wait in a batch that is not full.
const pushEvery = 50 * time.Millisecond

// Run writes the source's events, keyed by user, until it ends, the limit is reached or ctx ends. It returns how many were given
// to the writer; the caller closes the writer and learns by that whether all were acknowledged.
func Run(ctx context.Context, w *Writer, source Source, pace Pace) (written int64, err error) {
	var e load.Event
	var key, value []byte
	clock := newMetronome(pace.Rate)
	for (pace.Limit == 0 || written < pace.Limit) && source.Next(&e) {
		key = load.AppendKey(key[:0], e.User)
		value = source.AppendJSON(value[:0], &e)
		if err := w.Write(key, value); err != nil {
			return written, err
		}
		written++
		if clock.due(written) {
			if err := w.Push(); err != nil {
				return written, err
			}
			if err := clock.wait(ctx, written); err != nil {
				return written, err
			}
		}
	}
	return written, context.Cause(ctx)
}

// metronome keeps a stream at a rate by letting it wait after every pushEvery's worth of events.
type metronome struct {
	start time.Time
	rate  float64
	step  int64
	next  int64
}

func newMetronome(rate float64) metronome {
	step := max(1, int64(rate*pushEvery.Seconds()))
	return metronome{start: time.Now(), rate: rate, step: step, next: step}
}

func (m *metronome) due(n int64) bool { return m.rate > 0 && n >= m.next }

// wait lets the wall clock catch up with the n events written. A stream that fell behind does not wait, so that it catches up.
func (m *metronome) wait(ctx context.Context, n int64) error {
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
