package events_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"winback/schemas"
	"winback/sinks/events"
)

func TestAPacedStreamIsNeverAheadOfItsRateAndCatchesUpWhenBehind(t *testing.T) {
	const minute = int64(schemas.Minute)
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := events.NewPacer(60_000*1000, time.Now) // an hour of event time in 60 ms
		for _, step := range []struct {
			takes time.Duration // of the caller's, before it waits
			at    int64
			until time.Duration // since the beginning
		}{
			{0, 100 * minute, 0},
			{time.Millisecond, 101 * minute, time.Millisecond}, // neither ahead nor behind
			{0, 103 * minute, 3 * time.Millisecond},
			{0, 103 * minute, 3 * time.Millisecond},
			{10 * time.Millisecond, 104 * minute, 13 * time.Millisecond}, // behind
			{0, 113*minute + minute/2, 13 * time.Millisecond},            // too little to wait for
			{0, 102 * minute, 13 * time.Millisecond},                     // out of order
			{0, 1100 * minute, time.Second},
		} {
			time.Sleep(step.takes)
			if err := p.Wait(t.Context(), step.at); err != nil {
				t.Fatal(err)
			}
			if passed := time.Since(begun); passed != step.until {
				t.Errorf("position %d minutes: went on after %v, want %v", step.at/minute, passed, step.until)
			}
		}
	})
}

func TestWithoutARateNothingWaits(t *testing.T) {
	p := events.NewPacer(0, func() time.Time { t.Error("the clock was read"); return time.Time{} })
	for _, position := range []int64{0, 1 << 60} {
		if err := p.Wait(t.Context(), position); err != nil {
			t.Error(err)
		}
	}
}

func TestAPacedStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("told to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		begun, p := time.Now(), events.NewPacer(1, time.Now)
		if err := errors.Join(p.Wait(ctx, 0), p.Wait(ctx, 1)); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(ctx, 3600); !errors.Is(err, cause) || time.Since(begun) != time.Minute {
			t.Errorf("while it waited: %v after %v", err, time.Since(begun))
		}
		if err := p.Wait(ctx, 2); !errors.Is(err, cause) {
			t.Errorf("while it was behind: %v", err)
		}
		if err := events.NewPacer(0, time.Now).Wait(ctx, 2); !errors.Is(err, cause) {
			t.Errorf("without a rate: %v", err)
		}
	})
}
