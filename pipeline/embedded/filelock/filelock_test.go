package filelock_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"winback/pipeline/embedded/filelock"
)

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.AcquireWithin(t.Context(), path, 50*time.Millisecond); !errors.Is(err, filelock.ErrHeld) {
		t.Fatalf("a second holder: %v", err)
	}
	taken := make(chan error, 1)
	go func() {
		second, err := filelock.Acquire(context.Background(), path)
		if err == nil {
			err = second.Close()
		}
		taken <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
}

func TestUnusablePath(t *testing.T) {
	if _, err := filelock.Acquire(t.Context(), filepath.Join(t.TempDir(), "missing", "lock")); err == nil || errors.Is(err, filelock.ErrHeld) {
		t.Fatalf("error %v", err)
	}
}
