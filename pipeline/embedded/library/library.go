// Package library finds libchdb, the shared library that holds the ClickHouse engine: at a path the caller names, else in a
// cache directory, else through npm at a pinned version and checksum.
//
// cmd/winback and tests call it and hand the path to package engine.
package library

import (
	"context"
	"errors"
	"log/slog"
)

// ErrNoNPM says that the library is not on this machine and that there is no npm to fetch it with.
var ErrNoNPM = errors.New("npm not found")

// Config says where to look. The zero value looks into the user's cache directory.
type Config struct {
	Path     string         // a libchdb of the user's own (CHDB_LIB_PATH); used as it is, without a checksum
	CacheDir string         // WINBACK_CACHE_DIR; empty means winback below os.UserCacheDir
	Log      *slog.Logger   // nil discards
	Progress func(Progress) // called now and then while fetching, from one goroutine; may be nil
}

// Progress is how far a fetch has come.
type Progress struct {
	Stage string // "download" or "unpack"
	Done  int64  // bytes
	Total int64  // bytes
}

// Locate returns the path of a libchdb that engine.Start can load. It fetches it if need be (178 MB, once per machine);
// processes that ask at the same time wait for the first. Errors name the cause and the remedy in one line.
func Locate(ctx context.Context, c Config) (string, error) { return "", errors.New("to come") }
