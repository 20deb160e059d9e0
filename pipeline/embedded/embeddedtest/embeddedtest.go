// Package embeddedtest gives tests a real ClickHouse server and a Kafka-protocol broker. Only tests import it.
package embeddedtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/engine"
	"winback/pipeline/embedded/library"
)

const stopPatience = 10 * time.Second

// Main runs the tests of a package that uses ClickHouse, Engine or EngineConfig. Its TestMain is
//
//	func TestMain(m *testing.M) { embeddedtest.Main(m) }
//
// It never returns.
func Main(m *testing.M) {
	engine.Main()
	shared = &server{}
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// shared is the one server of a test binary. It is global because a testing.T cannot carry it from one test to the next;
// Main sets it before the first test.
var shared *server

type server struct {
	mu        sync.Mutex
	dir       string
	running   *engine.Server
	err       error // of the first start: the next tests fail alike, without trying
	databases int
}

// get starts the server at its first call.
func (s *server) get(libchdb string) (running *engine.Server, database string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil && s.err == nil {
		s.running, s.err = s.start(libchdb)
	}
	s.databases++
	return s.running, fmt.Sprintf("test_%d", s.databases), s.err
}

func (s *server) start(libchdb string) (running *engine.Server, err error) {
	if s.dir, err = os.MkdirTemp("", "winback-clickhouse-"); err != nil {
		return nil, err
	}
	config := engine.Defaults()
	config.Dir, config.Library = s.dir, libchdb
	return engine.Start(context.Background(), config)
}

func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.running != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
		defer cancel()
		err = s.running.Stop(ctx)
	}
	if s.dir == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// ClickHouse returns options for a database of the test's own, dropped when the test ends, on a server that all tests of
// the binary share. It skips, saying so, only where libchdb is not on the machine and no npm is there to fetch it.
func ClickHouse(t testing.TB) *clickhouse.Options {
	t.Helper()
	if shared == nil {
		t.Fatal("embeddedtest: TestMain must call embeddedtest.Main")
	}
	running, database, err := shared.get(Library(t))
	if err != nil {
		t.Fatal(err)
	}
	execute(t, running, "CREATE DATABASE "+database+" ENGINE = Atomic")
	t.Cleanup(func() { execute(t, running, "DROP DATABASE "+database+" SYNC") })
	options := running.Options()
	options.Auth.Database = database
	return options
}

// execute has a context of its own: t.Context has ended when cleanups run.
func execute(t testing.TB, running *engine.Server, query string) {
	t.Helper()
	conn, err := clickhouse.Open(running.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(context.Background(), query); err != nil {
		t.Errorf("%s: %v", query, err)
	}
}

// EngineConfig returns what starts a server of the test's own in a directory of the test's own. The test stops what it starts.
func EngineConfig(t testing.TB) engine.Config {
	t.Helper()
	config := engine.Defaults()
	config.Dir, config.Library = t.TempDir(), Library(t)
	return config
}

// Engine returns a server of the test's own, for tests that stop or kill it. It is gone when the test ends.
func Engine(t testing.TB) *engine.Server {
	t.Helper()
	return EngineAt(t, EngineConfig(t))
}

// EngineAt returns a server where the test says, for tests that start it again. It is gone when the test ends.
func EngineAt(t testing.TB, cfg engine.Config) *engine.Server {
	t.Helper()
	running, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Kill)
	return running
}

// Library returns the path of libchdb, which it fetches if need be.
func Library(t testing.TB) string {
	t.Helper()
	path, err := library.Locate(t.Context(), library.Config{
		Path:     os.Getenv("CHDB_LIB_PATH"),
		CacheDir: os.Getenv("WINBACK_CACHE_DIR"),
		Log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})),
	})
	if errors.Is(err, library.ErrNoNPM) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Broker returns a broker of the test's own with an empty data directory. It is gone when the test ends.
func Broker(t testing.TB) *broker.Broker {
	t.Helper()
	return BrokerAt(t, broker.Config{Dir: t.TempDir()})
}

// BrokerAt returns a broker where the test says, for tests that stop it and start it again. It is gone when the test ends.
func BrokerAt(t testing.TB, cfg broker.Config) *broker.Broker {
	t.Helper()
	running, err := broker.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil { // again what the first said, if the test has closed it
			t.Error(err)
		}
	})
	return running
}

// Connect returns a connection to a ClickHouse server that is closed when the test ends.
func Connect(t testing.TB, options *clickhouse.Options) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// FreePort returns a port on loopback where nobody listens.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
