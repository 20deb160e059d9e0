// Package retry repeats a delivery until it is acknowledged, its context ends, or an error shows that waiting will not help. A wait is
// logged when it starts, now and then while it lasts, and once when it is over.
//
// The sinks that talk to a server use it; nobody else needs to.
package retry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"winback/schemas"
)

// Config says how patiently to retry.
type Config struct {
	First    schemas.Duration `yaml:"first"`     // pause after the first failure; it doubles from there
	Max      schemas.Duration `yaml:"max"`       // longest pause
	Quiet    schemas.Duration `yaml:"quiet"`     // a wait shorter than this is not logged
	LogEvery schemas.Duration `yaml:"log_every"` // how often a longer one is
}

// Defaults suits servers that restart within a minute: a first pause short enough for a topic that was just created, a longest
// one that does not keep a partition back once the server is there again.
func Defaults() Config {
	return Config{First: 50, Max: 5 * schemas.Second, Quiet: schemas.Second, LogEvery: 10 * schemas.Second}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.First <= 0 {
		faults.Add("first", "must be above 0, such as %q", Defaults().First)
	}
	if c.Max < c.First {
		faults.Add("max", "must not be below first (%s)", c.First)
	}
	if c.Quiet < 0 {
		faults.Add("quiet", "must not be negative")
	}
	if c.LogEvery <= 0 {
		faults.Add("log_every", "must be above 0, such as %q", Defaults().LogEvery)
	}
	return faults.Err()
}

// Fatal marks an error that retrying cannot heal. Do returns the error itself, unmarked.
func Fatal(err error) error { return &fatalError{err} }

type fatalError struct{ error }

func (f *fatalError) Unwrap() error { return f.error }

// Loop retries deliveries to one destination. It is safe for concurrent use; all who wait at the same time are logged as one wait.
type Loop struct {
	cfg   Config
	waits waitLog
}

// New returns a Loop for a destination, as it is to be named in "waiting for <destination>".
func New(cfg Config, destination string, log *slog.Logger) *Loop {
	return &Loop{cfg: cfg, waits: waitLog{destination: destination, quiet: cfg.Quiet.Std(), every: cfg.LogEvery.Std(), log: log}}
}

// Do calls attempt until it returns nil or a Fatal error, or until ctx ends. The error it then returns wraps the context's and
// names the last failure.
func (l *Loop) Do(ctx context.Context, attempt func(context.Context) error) error {
	err := attempt(ctx)
	if final, done := outcome(err); done {
		return final
	}
	delivered := false
	l.waits.begin()
	defer func() { l.waits.end(delivered) }()
	for pause := l.cfg.First.Std(); ; pause = min(2*pause, l.cfg.Max.Std()) {
		if ctx.Err() == nil {
			l.waits.failed(err)
		}
		if !sleep(ctx, pause) {
			return fmt.Errorf("stopped waiting for %s: %w (last failure: %w)", l.waits.destination, context.Cause(ctx), err)
		}
		next := attempt(ctx)
		if final, done := outcome(next); done {
			delivered = final == nil
			return final
		}
		if ctx.Err() == nil { // else it failed for that, and the failure before says more
			err = next
		}
	}
}

// outcome reports whether an attempt ends the retrying, and with which error.
func outcome(err error) (final error, done bool) {
	if err == nil {
		return nil, true
	}
	if f := (*fatalError)(nil); errors.As(err, &f) {
		return f.error, true
	}
	return nil, false
}

// sleep pauses for about d; members that failed together do not come back together. It returns false if ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
