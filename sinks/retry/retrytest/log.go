// Package retrytest is a log that a test can wait on, so that it goes on at the moment a sink says that it waits. Only tests import it.
package retrytest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

const patience = 30 * time.Second

// Log keeps what is written to it. NewLog makes one; it is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // holds one token after a write that Await has not seen
}

// NewLog returns an empty Log.
func NewLog() *Log { return &Log{written: make(chan struct{}, 1)} }

// Logger returns a logger that writes to the Log.
func (l *Log) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// Write appends to the log.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(line)
	select {
	case l.written <- struct{}{}:
	default:
	}
	return len(line), nil
}

// String returns what was written by now.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Await returns once part stands in the log, which may be already. One goroutine of a test calls it.
func (l *Log) Await(t testing.TB, part string) {
	t.Helper()
	limit := time.After(patience)
	for !strings.Contains(l.String(), part) {
		select {
		case <-l.written:
		case <-limit:
			t.Fatalf("nothing in the log about %q:\n%s", part, l)
		}
	}
}
