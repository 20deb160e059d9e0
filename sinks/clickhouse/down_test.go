package clickhouse_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas"
	"winback/sinks/clickhouse"
	"winback/sinks/retry/retrytest"
)

// migratedAndLogged returns a sink with its tables, and what it logs.
func migratedAndLogged(t *testing.T, cfg clickhouse.Config) (*clickhouse.Sink, *retrytest.Log) {
	t.Helper()
	log := retrytest.NewLog()
	s, err := clickhouse.Open(t.Context(), cfg, log.Logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, log
}

// The engine is killed between inserts and comes back on the same directory: what was waiting goes in, once.
func TestInsertWaitsForServerThatWasKilled(t *testing.T) {
	config := embeddedtest.EngineConfig(t)
	first := embeddedtest.EngineAt(t, config)
	options := first.Options()
	p := newProxy(t, options.Auth.Password)
	p.point(options.Addr[0], options.Auth.Password)
	cfg := configFor(options)
	cfg.Addr = []string{p.listener.Addr().String()}
	s, log := migratedAndLogged(t, cfg)
	insert(t, s, rowsOf(0), rowsOf(1))

	first.Kill()
	p.point("", "")
	done := make(chan error, 1)
	go func() { done <- insertAll(t.Context(), s, rowsOf(1), rowsOf(2), rowsOf(3)) }()
	log.Await(t, "waiting for ClickHouse at "+cfg.Addr[0])
	second := embeddedtest.EngineAt(t, config)
	p.point(second.Options().Addr[0], second.Options().Auth.Password)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	log.Await(t, "is back: going on")
	if got, want := asker(t, second.Options())("SELECT count(), uniqExact(user) FROM transitions"), "(4000,4000)"; got != want {
		t.Errorf("after the restart: %s, want %s", got, want)
	}
}

func rowsOf(part int) *schemas.Rows {
	rows := &schemas.Rows{Topic: "shop", From: int64(part), To: int64(part) + 1, Watermark: at("2026-03-01 10:00")}
	for i := range 1000 {
		user := string(rune('a'+part)) + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
		rows.Decisions = append(rows.Decisions, schemas.Decision{User: user, At: at("2026-03-01 10:00"), Kind: schemas.KindLifecycle, To: "new"})
	}
	return rows
}

func insertAll(ctx context.Context, s *clickhouse.Sink, parts ...*schemas.Rows) error {
	for _, rows := range parts {
		if err := s.Insert(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// A server that hangs and then answers after all has the rows of the attempts that were given up, too.
func TestAttemptsGivenUpLeaveOneCopy(t *testing.T) {
	running := embeddedtest.Engine(t)
	cfg := configFor(running.Options())
	cfg.Timeout = 300
	s, log := migratedAndLogged(t, cfg)
	insert(t, s, rowsOf(0))
	freeze(t, running.PID())
	done := make(chan error, 1)
	go func() { done <- s.Insert(t.Context(), rowsOf(1)) }()
	log.Await(t, "waiting for ClickHouse")
	thaw(t, running.PID())
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	insert(t, s, rowsOf(1))
	if got, want := asker(t, running.Options())("SELECT count(), uniqExact(user) FROM transitions"), "(2000,2000)"; got != want {
		t.Errorf("after the pause: %s, want %s", got, want)
	}
}

func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

func thaw(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

func TestWaitingEndsWithContext(t *testing.T) {
	p := newProxy(t, "")
	options := embeddedtest.ClickHouse(t)
	p.point(options.Addr[0], "")
	cfg := configFor(options)
	cfg.Addr = []string{p.listener.Addr().String()}
	s := open(t, cfg)
	p.point("", "")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := s.Insert(ctx, sample())
	if err == nil || !strings.Contains(err.Error(), "stopped waiting for ClickHouse at "+cfg.Addr[0]) || ctx.Err() == nil {
		t.Errorf("got %v", err)
	}
}

func TestErrorsThatDoNotPassNameTheRemedy(t *testing.T) {
	_, cfg, _ := migrated(t)
	bare := configFor(embeddedtest.ClickHouse(t))
	missing := bare
	missing.Database = "nowhere"
	wrong := cfg
	wrong.Password = "wrong"
	down := cfg
	down.Addr = []string{"127.0.0.1:1"}
	for name, c := range map[string]struct {
		run  func() error
		want []string
	}{
		"no tables":   {func() error { return open(t, bare).Insert(t.Context(), sample()) }, []string{"activity", "winback migrate"}},
		"no database": {func() error { return open(t, missing).Insert(t.Context(), sample()) }, []string{"nowhere", "winback migrate"}},
		"password":    {func() error { return openError(t, wrong) }, []string{"check username and password"}},
		"no server":   {func() error { return openError(t, down) }, []string{"127.0.0.1:1", "is the server up"}},
	} {
		err := c.run()
		missing := func(part string) bool { return err == nil || !strings.Contains(err.Error(), part) }
		if slices.ContainsFunc(c.want, missing) {
			t.Errorf("%s: got %v, want it to name %q", name, err, c.want)
		}
	}
}

func openError(t *testing.T, cfg clickhouse.Config) error {
	s, err := clickhouse.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = s.Close()
	}
	return err
}
