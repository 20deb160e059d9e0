package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// logger passes kfake's log on, and keeps its last error: closing has no other way to report that something was not written.
type logger struct {
	to   *slog.Logger
	mu   sync.Mutex
	last error
}

// Logf takes warnings and errors. The levels below them log every request.
func (l *logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if level > kfake.LogLevelWarn {
		return
	}
	message := fmt.Sprintf(format, args...)
	at := slog.LevelWarn
	if level == kfake.LogLevelError {
		at = slog.LevelError
		l.set(errors.New(message))
	}
	l.to.Log(context.Background(), at, "embedded broker", "says", message)
}

// errorDuring returns the last error logged while f ran.
func (l *logger) errorDuring(f func()) error {
	l.set(nil)
	f()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *logger) set(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = err
}
