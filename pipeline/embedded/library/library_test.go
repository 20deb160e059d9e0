package library

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// build is a library as npm would bring it, on a machine whose npm is a script of the test's.
type build struct {
	t      *testing.T
	config Config
	host   host
	pin    pin
	calls  string // a file with one line per call of npm
}

// content is large enough for the progress to have steps.
var content = bytes.Repeat([]byte("not really a library. "), 100_000)

func newBuild(t *testing.T) *build {
	t.Helper()
	sum := sha256.Sum256(content)
	p := pin{pkg: "@chdb/test", version: "1", sha256: hex.EncodeToString(sum[:]), size: int64(len(content)), archive: 1000}
	return &build{
		t: t, pin: p,
		config: Config{CacheDir: filepath.Join(t.TempDir(), "cache")},
		host:   host{goos: "linux", arch: "test", root: fstest.MapFS{"lib64/ld-linux-x86-64.so.2": {}}, pins: map[string]pin{"linux/test": p}},
		calls:  filepath.Join(t.TempDir(), "calls"),
	}
}

// npm puts a script first into PATH that notes its call, does what body says, and can use $dest and $archive.
func (b *build) npm(body string, archive []byte) {
	b.t.Helper()
	dir := b.t.TempDir()
	packed := filepath.Join(dir, "archive")
	script := "#!/bin/sh\necho called >> " + b.calls + "\narchive=" + packed + "\nfor a in \"$@\"; do case $a in --pack-destination=*) dest=${a#*=};; esac; done\n" + body + "\n"
	if err := errors.Join(os.WriteFile(packed, archive, 0o600), os.WriteFile(filepath.Join(dir, "npm"), []byte(script), 0o700)); err != nil {
		b.t.Fatal(err)
	}
	b.t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

const brings = `cp "$archive" "$dest/chdb-test-1.tgz"`

func (b *build) locate() (string, error) { return locate(b.t.Context(), b.config, b.host) }

// wantClean fails if the cache holds anything but its lock and the names given.
func (b *build) wantClean(names ...string) {
	b.t.Helper()
	entries, err := os.ReadDir(b.config.CacheDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		if e.Name() != "lock" {
			left = append(left, e.Name())
		}
	}
	if strings.Join(left, " ") != strings.Join(names, " ") {
		b.t.Errorf("the cache holds %v, want %v", left, names)
	}
}

func (b *build) timesCalled() int {
	calls, _ := os.ReadFile(b.calls)
	return strings.Count(string(calls), "\n")
}

func tgz(t *testing.T, name string, body []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	files := tar.NewWriter(zip)
	for n, data := range map[string][]byte{"package/package.json": []byte("{}"), name: body} {
		if err := files.WriteHeader(&tar.Header{Name: n, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(files.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestFetchOnceThenFromCache(t *testing.T) {
	b := newBuild(t)
	b.npm(brings, tgz(t, "package/libchdb.so", content))
	var last Progress
	steps := 0
	b.config.Progress = func(p Progress) { last = p; steps++ }
	path, err := b.locate()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	b.wantClean(b.pin.fileName())
	if last.Stage != "unpack" || last.Total != b.pin.size || last.Done < last.Total*9/10 || steps < 10 {
		t.Errorf("%d reports, the last %+v", steps, last)
	}
	if again, err := b.locate(); err != nil || again != path || b.timesCalled() != 1 {
		t.Errorf("%s, %v, npm called %d times", again, err, b.timesCalled())
	}
}

func TestProcessesAtOnceFetchOnce(t *testing.T) {
	b := newBuild(t)
	b.npm("sleep 0.2; "+brings, tgz(t, "package/libchdb.so", content))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { // a flock holds between two files of one process as it does between processes
			if _, err := b.locate(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if b.timesCalled() != 1 {
		t.Errorf("npm called %d times", b.timesCalled())
	}
}

func TestWhatAKilledFetchLeftIsCleared(t *testing.T) {
	b := newBuild(t)
	b.npm(brings, tgz(t, "package/libchdb.so", content))
	stale := filepath.Join(b.config.CacheDir, workName)
	torn := filepath.Join(b.config.CacheDir, b.pin.fileName())
	if err := errors.Join(os.MkdirAll(stale, 0o700), os.WriteFile(filepath.Join(stale, "old.tgz"), nil, 0o600), os.WriteFile(torn, content[:10], 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.locate(); err != nil {
		t.Fatal(err)
	}
	b.wantClean(b.pin.fileName())
}

func TestFailuresLeaveNothing(t *testing.T) {
	other := bytes.Repeat([]byte("x"), len(content))
	for name, tc := range map[string]struct {
		npm     string
		archive []byte
		words   []string
	}{
		"another build":   {brings, tgz(t, "package/libchdb.so", other), []string{"sha256", "not the build", "CHDB_LIB_PATH", "clickhouse.dsn"}},
		"a longer build":  {brings, tgz(t, "package/libchdb.so", append(other, other...)), []string{"sha256", "CHDB_LIB_PATH"}},
		"no library":      {brings, tgz(t, "package/readme", content), []string{"no libchdb.so", "CHDB_LIB_PATH"}},
		"cut off":         {brings, tgz(t, "package/libchdb.so", content)[:500], []string{"unpack", "CHDB_LIB_PATH"}},
		"no package":      {"exit 0", nil, []string{"0 packages", "CHDB_LIB_PATH"}},
		"npm fails":       {"echo 'npm warn x' >&2; echo 'npm error code E404' >&2; echo 'npm error 404 Not Found' >&2; exit 1", nil, []string{"code E404; 404 Not Found", "CHDB_LIB_PATH"}},
		"npm out of disk": {"echo 'npm error code ENOSPC' >&2; touch $dest/half.tgz; exit 1", nil, []string{"ENOSPC", "make room"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuild(t)
			b.npm(tc.npm, tc.archive)
			_, err := b.locate()
			wantOneLine(t, err, tc.words...)
			b.wantClean()
		})
	}
}

func TestNoNPM(t *testing.T) {
	b := newBuild(t)
	t.Setenv("PATH", t.TempDir())
	_, err := b.locate()
	if !errors.Is(err, ErrNoNPM) {
		t.Error("not ErrNoNPM")
	}
	wantOneLine(t, err, "install npm", "CHDB_LIB_PATH", "clickhouse.dsn")
	b.wantClean()
}

func TestNoRoom(t *testing.T) {
	b := newBuild(t)
	b.pin.archive = 1 << 60
	b.host.pins["linux/test"] = b.pin
	b.npm(brings, nil)
	_, err := b.locate()
	wantOneLine(t, err, "no room", "MB free", "WINBACK_CACHE_DIR")
	b.wantClean()
}

func TestCancelledFetchLeavesNothing(t *testing.T) {
	b := newBuild(t)
	b.npm("echo > $dest/half.tgz; sleep 60 & wait", nil) // the sleep must go with it
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for b.timesCalled() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	begun := time.Now()
	_, err := locate(ctx, b.config, b.host)
	if !errors.Is(err, context.Canceled) || time.Since(begun) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	b.wantClean()
}

func TestOwnLibrary(t *testing.T) {
	b := newBuild(t)
	own := filepath.Join(t.TempDir(), "mine.so")
	b.config.Path = own
	_, err := b.locate()
	wantOneLine(t, err, "CHDB_LIB_PATH", "unset it")
	b.config.Path = t.TempDir()
	_, err = b.locate()
	wantOneLine(t, err, "CHDB_LIB_PATH", "is no file")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.config.Path, b.host.arch = own, "unheard of" // whoever brings a library needs no pin
	if path, err := b.locate(); err != nil || path != own {
		t.Errorf("%s, %v", path, err)
	}
}

func TestUnusableCache(t *testing.T) {
	b := newBuild(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.config.CacheDir = filepath.Join(file, "cache")
	_, err := b.locate()
	wantOneLine(t, err, "cannot make the cache", "WINBACK_CACHE_DIR")
}

func TestUnsupportedHosts(t *testing.T) {
	musl := fstest.MapFS{"lib/ld-musl-x86_64.so.1": {}}
	both := fstest.MapFS{"lib/ld-musl-x86_64.so.1": {}, "lib64/ld-linux-x86-64.so.2": {}}
	for _, tc := range []struct {
		goos, arch string
		root       fstest.MapFS
		words      []string
	}{
		{"plan9", "amd64", nil, []string{"plan9/amd64", "CHDB_LIB_PATH", "clickhouse.dsn"}},
		{"linux", "amd64", musl, []string{"musl", "glibc", "clickhouse.dsn"}},
		{"linux", "amd64", both, nil},
	} {
		_, err := host{goos: tc.goos, arch: tc.arch, root: tc.root, pins: pinned()}.pin()
		if tc.words == nil {
			if err != nil {
				t.Errorf("%s/%s: %v", tc.goos, tc.arch, err)
			}
			continue
		}
		wantOneLine(t, err, tc.words...)
	}
}

func wantOneLine(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %q", fmt.Sprint(err))
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}
