package retry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"winback/schemas"
	"winback/sinks/retry"
)

var errDown = errors.New("down")

// lines returns what was logged, without times.
func lines(log *bytes.Buffer) []string {
	text := regexp.MustCompile(`time=\S+ `).ReplaceAllString(strings.TrimSpace(log.String()), "")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func logger(log *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }

// until fails before the moment d from now and succeeds after.
func until(d time.Duration) func(context.Context) error {
	end := time.Now().Add(d)
	return func(context.Context) error {
		if time.Now().Before(end) {
			return errDown
		}
		return nil
	}
}

func TestALongWaitIsLoggedNowAndThenAndAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		begun := time.Now()
		if err := retry.New(retry.Defaults(), "the server", logger(&log)).Do(t.Context(), until(35*time.Second)); err != nil {
			t.Fatal(err)
		}
		waited := time.Since(begun)
		if waited < 35*time.Second || waited > 40*time.Second {
			t.Errorf("came back after %v", waited)
		}
		logged := lines(&log)
		if len(logged) < 3 || len(logged) > 5 {
			t.Fatalf("%d lines for 35 s:\n%s", len(logged), &log)
		}
		for _, line := range logged[:len(logged)-1] {
			if !strings.Contains(line, `level=WARN msg="waiting for the server"`) || !strings.Contains(line, "error=down") {
				t.Errorf("logged %s", line)
			}
		}
		if !strings.Contains(logged[len(logged)-1], `level=INFO msg="the server is back: going on"`) {
			t.Errorf("logged at last %s", logged[len(logged)-1])
		}
	})
}

func TestAShortWaitIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		if err := retry.New(retry.Defaults(), "the server", logger(&log)).Do(t.Context(), until(300*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if log.Len() > 0 {
			t.Errorf("logged %s", &log)
		}
	})
}

func TestManyWhoWaitAreLoggedAsOneWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		loop := retry.New(retry.Defaults(), "the server", logger(&log))
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if err := loop.Do(t.Context(), until(time.Duration(10+i%3)*time.Second)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		logged := lines(&log)
		if len(logged) < 2 || len(logged) > 3 || !strings.Contains(logged[len(logged)-1], "is back") {
			t.Errorf("logged %d lines:\n%s", len(logged), &log)
		}
	})
}

func TestAFatalErrorIsReturnedUnwrapped(t *testing.T) {
	tries := 0
	err := retry.New(retry.Defaults(), "the server", slog.New(slog.DiscardHandler)).Do(t.Context(), func(context.Context) error {
		if tries++; tries < 3 {
			return errDown
		}
		return retry.Fatal(context.Canceled)
	})
	if err != context.Canceled || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

func TestWaitingEndsWithTheContextAndNamesTheLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cause := errors.New("revoked")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(cause) })
		begun := time.Now()
		err := retry.New(retry.Defaults(), "the server", logger(&log)).Do(ctx, until(time.Hour))
		if !errors.Is(err, cause) || !errors.Is(err, errDown) || time.Since(begun) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if strings.Contains(log.String(), "is back") {
			t.Errorf("logged %s", &log)
		}
	})
}

func TestValidateNamesEveryFault(t *testing.T) {
	if err := retry.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	var fields []string
	for _, f := range schemas.FaultsOf(retry.Config{Max: -1, Quiet: -1}.Validate()) {
		fields = append(fields, f.Field)
	}
	if want := []string{"first", "max", "quiet", "log_every"}; !slices.Equal(fields, want) {
		t.Errorf("faults in %v, want %v", fields, want)
	}
}
