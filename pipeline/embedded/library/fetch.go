package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	workName  = "fetch.tmp" // below the cache; whoever holds the lock owns it
	pollEvery = 250 * time.Millisecond
	spareRoom = 64 << 20 // bytes
)

// fetch gets the library to path, or leaves the cache as it was. The caller holds the cache's lock.
func fetch(ctx context.Context, c Config, pin pin, path string) (err error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("libchdb is not on this machine and %w: install npm, or %s", ErrNoNPM, remedy)
	}
	work := filepath.Join(c.CacheDir, workName)
	if err := os.RemoveAll(work); err != nil { // of a process that was killed
		return fmt.Errorf("cannot clean the cache: %w: remove %s", err, work)
	}
	if err := checkRoom(c.CacheDir, pin); err != nil {
		return err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return fmt.Errorf("cannot use the cache: %w: set WINBACK_CACHE_DIR to a directory that can be written", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	begun := time.Now()
	c.Log.Info("fetching the ClickHouse engine, once per machine", "package", pin.String(), "megabytes", pin.archive/1e6, "to", c.CacheDir)
	archive, err := download(ctx, c, pin, npm, work)
	if err != nil {
		return err
	}
	if err := install(ctx, c, pin, archive, path); err != nil {
		return withRemedy(err, c.CacheDir)
	}
	c.Log.Info("the ClickHouse engine is here", "path", path, "took", time.Since(begun).Round(time.Second))
	return nil
}

// checkRoom wants room for npm's own copy, the package and the library beside each other. A file system that cannot say how
// much it has is tried.
func checkRoom(dir string, pin pin) error {
	need := 2*pin.archive + pin.size + spareRoom
	if free, known := freeBytes(dir); known && free < need {
		return fmt.Errorf("no room for libchdb: %s has %d MB free and fetching needs %d: make room, or set WINBACK_CACHE_DIR to another disk", dir, free/1e6, need/1e6)
	}
	return nil
}

func freeBytes(dir string) (free int64, known bool) {
	var stat unix.Statfs_t
	err := unix.Statfs(dir, &stat)
	return int64(stat.Bavail) * int64(stat.Bsize), err == nil //nolint:unconvert // the types differ between systems
}

// download has npm put the package into work and returns its path. npm knows the user's registry, proxy and certificates,
// and checks the package against the registry.
func download(ctx context.Context, c Config, pin pin, npm, work string) (string, error) {
	cmd := exec.CommandContext(ctx, npm, "pack", pin.String(), "--pack-destination="+work, "--cache="+filepath.Join(work, "npm"),
		"--ignore-scripts", "--no-update-notifier", "--loglevel=error")
	cmd.Dir = work // not where a project's .npmrc could be
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its children end with it
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	stop := watch(c, work, pin.archive)
	err := cmd.Run()
	stop()
	if ctx.Err() != nil {
		return "", fmt.Errorf("fetching libchdb: %w", context.Cause(ctx))
	}
	if err != nil {
		return "", withRemedy(fmt.Errorf("npm pack %s: %w: %s", pin, err, firstLines(complaint.String(), 2)), c.CacheDir)
	}
	packed, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(packed) != 1 {
		return "", fmt.Errorf("npm pack %s left %d packages instead of one: update npm, or %s", pin, len(packed), remedy)
	}
	return packed[0], nil
}

// watch reports the size of the largest file below work, which is what npm is writing, until stop is called.
func watch(c Config, work string, total int64) (stop func()) {
	if c.Progress == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(pollEvery)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				c.report("download", largest(work), total)
			}
		}
	}()
	return func() { close(quit); <-done }
}

// largest passes over files that vanish while it looks.
func largest(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				size = max(size, info.Size())
			}
		}
		return nil
	})
	return size
}

// firstLines returns npm's complaint in one line.
func firstLines(text string, n int) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "npm error"))
		if line != "" && !strings.HasPrefix(line, "npm warn") && len(lines) < n {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

func withRemedy(err error, dir string) error {
	if errors.Is(err, unix.ENOSPC) || strings.Contains(err.Error(), "ENOSPC") {
		return fmt.Errorf("%w: make room in %s, or set WINBACK_CACHE_DIR to another disk", err, dir)
	}
	return fmt.Errorf("%w: %s", err, remedy)
}
