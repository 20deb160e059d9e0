// Package cache is the directory for what is fetched once per machine, and the rule by which several processes fetch a thing once.
//
// Package library keeps libchdb in it, and the test package apachekafka the jars of Apache Kafka.
package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"winback/pipeline/embedded/filelock"
)

// Dir returns the absolute path of the directory that is named (WINBACK_CACHE_DIR), or, if none is, of winback below os.UserCacheDir.
// It does not make it.
func Dir(named string) (string, error) {
	if named != "" {
		return filepath.Abs(named)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory: %w: set WINBACK_CACHE_DIR", err)
	}
	return filepath.Join(dir, "winback"), nil
}

// Once calls fetch unless have reports that the thing is there. It makes the directory and holds the lock file in it meanwhile, so that
// of several processes one fetches and the others wait for it, as long as ctx lasts.
func Once(ctx context.Context, dir, lockFile string, have func() bool, fetch func() error) error {
	if have() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the cache: %w: set WINBACK_CACHE_DIR to a directory that can be written", err)
	}
	lock, err := filelock.Acquire(ctx, filepath.Join(dir, lockFile))
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("waiting for another process that fetches the same into %s: %w", dir, context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("cannot use the cache: %w: set WINBACK_CACHE_DIR to a directory that can be written", err)
	}
	defer lock.Close()
	if have() {
		return nil
	}
	return fetch()
}
