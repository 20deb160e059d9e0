package cache_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winback/pipeline/embedded/cache"
	"winback/pipeline/embedded/filelock"
)

func TestOfManyWhoNeedAThingOneFetchesIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	thing := filepath.Join(dir, "thing")
	have := func() bool { _, err := os.Stat(thing); return err == nil }
	var fetched atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := cache.Once(t.Context(), dir, "lock", have, func() error {
				fetched.Add(1)
				return os.WriteFile(thing, nil, 0o600)
			})
			if err != nil || !have() {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := fetched.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestWaitingForAnotherFetchEndsWithTheContext(t *testing.T) {
	dir := t.TempDir()
	held, err := filelock.Acquire(t.Context(), filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err = cache.Once(ctx, dir, "lock", func() bool { return false }, func() error { t.Error("fetched without the lock"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

func TestTheNamedDirectoryComesBeforeTheUsers(t *testing.T) {
	named := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", "/elsewhere")
	for want, name := range map[string]string{named: named, "/elsewhere/winback": ""} {
		if got, err := cache.Dir(name); err != nil || got != want {
			t.Errorf("%q: got %s (%v), want %s", name, got, err, want)
		}
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := cache.Dir(""); err == nil || !strings.Contains(err.Error(), "set WINBACK_CACHE_DIR") {
		t.Errorf("without a home: %v", err)
	}
}
