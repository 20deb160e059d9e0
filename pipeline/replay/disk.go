package replay

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// unnamedFile makes a temporary file that goes with the process, however that ends.
func unnamedFile(cfg Config) (*os.File, error) {
	f, err := os.CreateTemp(cfg.TempDir, "winback-replay-*")
	if err != nil {
		return nil, fmt.Errorf("%w: set replay.temp_dir to a directory that can be written to", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// diskFault says why a temporary file could not be written.
func diskFault(cfg Config, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("sorting on disk: the disk is full: set replay.temp_dir to one with room, or raise replay.memory (%d bytes)", cfg.Memory)
	}
	return fmt.Errorf("sorting on disk: %w", err)
}
