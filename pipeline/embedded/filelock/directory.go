package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// DataDir is the folder that TakeDirectory makes in a server's directory, beside its lock file.
const DataDir = "data"

const lockFile = "lock"

// TakeDirectory makes an embedded server's directory if it is not there, with DataDir in it, and locks it for this process. It waits
// for patience while another process holds it. Closing the file gives the directory up. Errors name the remedy.
func TakeDirectory(ctx context.Context, dir string, patience time.Duration) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(dir, DataDir), 0o700); err != nil {
		return nil, unusable(err)
	}
	lock, err := AcquireWithin(ctx, filepath.Join(dir, lockFile), patience)
	if errors.Is(err, ErrHeld) {
		return nil, fmt.Errorf("directory %s is %w: stop the other winback, or choose another directory", dir, ErrHeld)
	}
	if err != nil {
		return nil, unusable(err)
	}
	return lock, nil
}

func unusable(err error) error {
	return fmt.Errorf("cannot use its directory: %w: choose one that can be written", err)
}
