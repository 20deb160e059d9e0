// Package filelock keeps two processes out of one directory. The kernel gives a lock up when the last process that holds the
// file is gone, so a crash leaves nothing to clean. The embedded broker, engine and library use it.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrHeld says that another process, or another part of this one, holds the lock.
var ErrHeld = errors.New("in use by another process")

const retryEvery = 20 * time.Millisecond

// Acquire locks the file at path, making it if it is not there, and waits while it is held until ctx ends; then it returns
// ErrHeld. Closing the file gives the lock up, once every process that inherited it has closed it too.
func Acquire(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = flock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ErrHeld, f.Close())
		case <-time.After(retryEvery):
		}
	}
}

// AcquireWithin is Acquire with patience as the longest wait.
func AcquireWithin(ctx context.Context, path string, patience time.Duration) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return Acquire(ctx, path)
}

// flock goes through SyscallConn because Fd would put the file into blocking mode for good.
func flock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	if err := raw.Control(func(fd uintptr) { locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		return err
	}
	return locked
}
