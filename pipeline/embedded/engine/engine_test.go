package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline/embedded/embeddedtest"
)

func TestMain(m *testing.M) {
	becomeParent()
	embeddedtest.Main(m)
}

func number(t *testing.T, conn driver.Conn, query string) (n uint64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestStopAndStartAgain(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	s := embeddedtest.EngineAt(t, c)
	conn := embeddedtest.Connect(t, s.Options())
	ctx := t.Context()
	for _, q := range []string{"CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x", "INSERT INTO kept SELECT number FROM numbers(1000)"} {
		if err := conn.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	begun := time.Now()
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("an idle server took %v to stop", took)
	}
	select {
	case <-s.Exited():
	default:
		t.Error("Stop returned before the server was gone")
	}
	if err := s.Err(); err != nil {
		t.Errorf("after Stop, Err is %v", err)
	}
	if err := s.Stop(ctx); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	again := embeddedtest.Connect(t, embeddedtest.EngineAt(t, c).Options())
	if n := number(t, again, "SELECT count() FROM kept"); n != 1000 {
		t.Errorf("%d rows after a restart, want 1000", n)
	}
}

func TestStopWithConnectionsOpen(t *testing.T) {
	s := embeddedtest.EngineAt(t, embeddedtest.EngineConfig(t))
	conn := embeddedtest.Connect(t, s.Options())
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("stop took %v", took)
	}
}

func TestStopDuringQueryGivesUpWithContext(t *testing.T) {
	s := embeddedtest.EngineAt(t, embeddedtest.EngineConfig(t))
	conn := embeddedtest.Connect(t, s.Options())
	running := make(chan error, 1)
	go func() {
		running <- conn.Exec(context.Background(), "SELECT sleepEachRow(3) FROM numbers(100) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
	}()
	watcher := embeddedtest.Connect(t, s.Options())
	for number(t, watcher, "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(3)%' AND query NOT LIKE '%processes%'") == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Stop(ctx); err == nil {
		t.Error("Stop does not say that it had to kill the server")
	}
	select {
	case <-s.Exited():
	case <-time.After(time.Second):
		t.Fatal("the server is still there")
	}
	if err := <-running; err == nil {
		t.Error("the query outlived its server")
	}
}

func TestCrashIsNoticed(t *testing.T) {
	s := embeddedtest.EngineAt(t, embeddedtest.EngineConfig(t))
	p, err := os.FindProcess(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Exited():
	case <-time.After(5 * time.Second):
		t.Fatal("the crash was not noticed")
	}
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Err after a crash: %v", err)
	}
}

func TestParallelServers(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := embeddedtest.Engine(t)
			if err := embeddedtest.Connect(t, s.Options()).Exec(t.Context(), "CREATE TABLE same_name (x UInt8) ENGINE = MergeTree ORDER BY x"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestNothingIsReadableByOthers(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	c.Dir = filepath.Join(c.Dir, "new")
	embeddedtest.EngineAt(t, c)
	err := filepath.WalkDir(c.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == filepath.Join(c.Dir, "data") { // closed itself, so what is below does not matter
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		below, err := filepath.Rel(filepath.Join(c.Dir, "data"), path)
		if err == nil && !strings.HasPrefix(below, "..") {
			return nil
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(c.Dir, "data")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data: %v, %v", info.Mode(), err)
	}
}
