package retry

import (
	"log/slog"
	"sync"
	"time"
)

// waitLog logs for everybody who waits for the same destination: many partitions that wait are one fact, not many.
type waitLog struct {
	destination  string
	quiet, every time.Duration
	log          *slog.Logger

	mu      sync.Mutex
	waiting int       // callers between begin and end
	since   time.Time // when the first of them began
	logged  time.Time // when a line was last written; zero while nothing was logged of this wait
}

// begin counts one more caller who waits.
func (w *waitLog) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting++; w.waiting == 1 {
		w.since, w.logged = time.Now(), time.Time{}
	}
}

// failed logs an attempt's error, unless the wait is short yet or a line was written lately.
func (w *waitLog) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(w.since) < w.quiet || now.Sub(w.logged) < w.every {
		return
	}
	w.logged = now
	w.log.Warn("waiting for "+w.destination, "for", now.Sub(w.since).Round(time.Millisecond), "error", err)
}

// end counts one caller less. The last one logs that the wait is over, if it was logged and ended with a delivery.
func (w *waitLog) end(delivered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting--; w.waiting > 0 || w.logged.IsZero() || !delivered {
		return
	}
	w.log.Info(w.destination+" is back: going on", "waited", time.Since(w.since).Round(time.Millisecond))
}
