package ingest

import (
	"context"
	"log/slog"
	"math/bits"
	"time"
)

// backoff spaces the attempts at what keeps failing, and logs them: the first, and then every time their number has doubled.
type backoff struct {
	log      *slog.Logger
	failures uint // in a row
}

const (
	backoffFirst = 100 * time.Millisecond
	backoffLast  = 2 * time.Second
)

// failed logs the fault and waits until the next attempt is due or ctx ends.
func (b *backoff) failed(ctx context.Context, what string, err error) {
	b.failures++
	if bits.OnesCount(b.failures) == 1 {
		b.log.Warn(what+", trying again", "attempt", b.failures, "error", err)
	}
	pause(ctx, min(backoffFirst<<min(b.failures-1, 10), backoffLast))
}

// succeeded logs that the attempts have succeeded, if any had failed.
func (b *backoff) succeeded(what string) {
	if b.failures > 0 {
		b.log.Info(what, "attempts", b.failures)
		b.failures = 0
	}
}

func pause(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
