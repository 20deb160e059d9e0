package clickhouse_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/embedded/engine"
	"winback/schemas"
	"winback/sinks/clickhouse"
)

// journal is a log that can be waited for.
type journal struct {
	mu     sync.Mutex
	text   bytes.Buffer
	notify chan struct{}
}

func newJournal() *journal { return &journal{notify: make(chan struct{}, 1)} }

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(line)
	select {
	case j.notify <- struct{}{}:
	default:
	}
	return len(line), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// await returns once part stands in the log.
func (j *journal) await(t *testing.T, part string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for !strings.Contains(j.String(), part) {
		select {
		case <-j.notify:
		case <-limit:
			t.Fatalf("nothing in the log about %q:\n%s", part, j)
		}
	}
}

// The engine is killed between inserts and comes back on the same directory: what was waiting goes in, once.
func TestInsertWaitsForServerThatWasKilled(t *testing.T) {
	config := embeddedtest.EngineConfig(t)
	first := startEngine(t, config)
	options := first.Options()
	p := newProxy(t, options.Auth.Password)
	p.point(options.Addr[0], options.Auth.Password)
	cfg := configFor(options)
	cfg.Addr = []string{p.listener.Addr().String()}
	log := newJournal()
	s, err := clickhouse.Open(t.Context(), cfg, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert(t, s, rowsOf(0), rowsOf(1))

	first.Kill()
	p.point("", "")
	done := make(chan error, 1)
	go func() { done <- insertAll(t.Context(), s, rowsOf(1), rowsOf(2), rowsOf(3)) }()
	log.await(t, "waiting for ClickHouse at "+cfg.Addr[0])
	second := startEngine(t, config)
	p.point(second.Options().Addr[0], second.Options().Auth.Password)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	log.await(t, "is back: going on")
	if got, want := asker(t, second.Options())("SELECT count(), uniqExact(user) FROM transitions"), "(4000,4000)"; got != want {
		t.Errorf("after the restart: %s, want %s", got, want)
	}
}

func startEngine(t *testing.T, config engine.Config) *engine.Server {
	t.Helper()
	running, err := engine.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Kill)
	return running
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
	log := newJournal()
	s, err := clickhouse.Open(t.Context(), cfg, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert(t, s, rowsOf(0))
	freeze(t, running.PID())
	done := make(chan error, 1)
	go func() { done <- s.Insert(t.Context(), rowsOf(1)) }()
	log.await(t, "waiting for ClickHouse")
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

func TestErrorsThatDoNotHealNameTheRemedy(t *testing.T) {
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
