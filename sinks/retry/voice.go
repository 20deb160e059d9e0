package retry

import (
	"log/slog"
	"sync"
	"time"
)

// voice logs for everybody who waits for the same destination: many partitions waiting are one fact, not many.
type voice struct {
	what         string
	quiet, every time.Duration
	log          *slog.Logger

	mu      sync.Mutex
	waiting int
	since   time.Time
	said    time.Time // zero while nothing was said of this wait
}

func (v *voice) enter() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waiting++; v.waiting == 1 {
		v.since, v.said = time.Now(), time.Time{}
	}
}

func (v *voice) say(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if now.Sub(v.since) < v.quiet || now.Sub(v.said) < v.every {
		return
	}
	v.said = now
	v.log.Warn("waiting for "+v.what, "for", now.Sub(v.since).Round(time.Millisecond), "error", err)
}

func (v *voice) leave(delivered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waiting--; v.waiting > 0 || v.said.IsZero() || !delivered {
		return
	}
	v.log.Info(v.what+" is back: going on", "waited", time.Since(v.since).Round(time.Millisecond))
}
