package produce_test

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// ear is a log handler that can be waited on.
type ear struct{ heard chan string }

func newEar() *ear { return &ear{heard: make(chan string, 1000)} }

func (e *ear) Enabled(context.Context, slog.Level) bool { return true }
func (e *ear) WithAttrs([]slog.Attr) slog.Handler       { return e }
func (e *ear) WithGroup(string) slog.Handler            { return e }

func (e *ear) Handle(_ context.Context, r slog.Record) error {
	e.heard <- r.Message
	return nil
}

// await returns once the message was logged.
func (e *ear) await(t *testing.T, message string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case got := <-e.heard:
			if got == message {
				return
			}
		case <-limit:
			t.Fatalf("%q was not logged", message)
		}
	}
}
