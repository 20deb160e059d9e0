// Package library finds libchdb, the shared library that holds the ClickHouse engine: at a path the caller names, else in a
// cache directory, else through npm at a pinned version and checksum.
//
// cmd/winback and tests call it and hand the path to package engine.
package library

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"winback/pipeline/embedded/cache"
)

// ErrNoNPM says that the library is not on this machine and that there is no npm to fetch it with.
var ErrNoNPM = errors.New("npm not found")

// remedy ends every error after which the user can still get on without the download.
const remedy = "set CHDB_LIB_PATH to a libchdb you have, or clickhouse.dsn to a server of your own"

// Config says where to look. The zero value looks into the user's cache directory.
type Config struct {
	Path     string         // a libchdb of the user's own (CHDB_LIB_PATH); used as it is, without a checksum
	CacheDir string         // WINBACK_CACHE_DIR; empty means winback below os.UserCacheDir
	Log      *slog.Logger   // nil discards
	Progress func(Progress) // called now and then while fetching, never from two goroutines at once; may be nil
}

// Progress is how far a fetch has come.
type Progress struct {
	Stage string // "download", then "unpack"
	Done  int64  // bytes
	Total int64  // bytes
}

func (c Config) report(stage string, done, total int64) {
	if c.Progress != nil {
		c.Progress(Progress{Stage: stage, Done: min(done, total), Total: total})
	}
}

// Locate returns the path of a libchdb that engine.Start can load. It fetches it if need be (178 MB, once per machine);
// processes that ask at the same time wait for the first. Errors name the cause and the remedy in one line.
func Locate(ctx context.Context, c Config) (string, error) {
	path, err := locate(ctx, c, host{goos: runtime.GOOS, arch: runtime.GOARCH, root: os.DirFS("/"), pins: pinned()})
	if err != nil {
		return "", fmt.Errorf("clickhouse engine: %w", err)
	}
	return path, nil
}

func locate(ctx context.Context, c Config, h host) (string, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Path != "" {
		return checkOwnLibrary(c.Path)
	}
	pin, err := h.pin()
	if err != nil {
		return "", err
	}
	if c.CacheDir, err = cache.Dir(c.CacheDir); err != nil {
		return "", err
	}
	path := filepath.Join(c.CacheDir, pin.fileName())
	return path, cache.Once(ctx, c.CacheDir, "lock", func() bool { return pin.isAt(path) }, func() error { return fetch(ctx, c, pin, path) })
}

// checkOwnLibrary checks the library the user named as far as can be done without loading it.
func checkOwnLibrary(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("CHDB_LIB_PATH: %w: unset it to have libchdb fetched, or mend it", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("CHDB_LIB_PATH: %s is no file: name libchdb.so itself", path)
	}
	return filepath.Abs(path)
}
