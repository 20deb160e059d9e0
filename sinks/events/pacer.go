package events

import (
	"context"
	"time"
)

// Pacer holds back whoever sends a stream, so that the stream's position moves at a set rate of the wall clock. The position is
// whatever the caller counts in: records sent, or milliseconds of event time. It is for one goroutine.
type Pacer struct {
	rate  float64 // positions a second; 0: never wait
	now   func() time.Time
	start time.Time // of the first Wait, which is at position first
	first int64
}

// NewPacer returns a Pacer whose clock starts with the first Wait. rate is in positions a second, 0 for no waiting; now is the wall clock.
func NewPacer(rate float64, now func() time.Time) *Pacer { return &Pacer{rate: rate, now: now} }

// shortestWait is what a timer can keep: a stream that is ahead by less goes on.
const shortestWait = time.Millisecond

// Wait returns once the wall clock has caught up with the position. A stream that has fallen behind does not wait, so that it catches up.
// The error is the cause for which ctx ended.
func (p *Pacer) Wait(ctx context.Context, position int64) error {
	if p.rate == 0 {
		return context.Cause(ctx)
	}
	if p.start.IsZero() {
		p.start, p.first = p.now(), position
	}
	due := p.start.Add(time.Duration(float64(position-p.first) / p.rate * float64(time.Second)))
	ahead := due.Sub(p.now())
	if ahead < shortestWait {
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
