package engine_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/embedded/engine"
)

// What can be tried on one server is tried on one: a start takes time.
func TestAnApplicationMayNotReachOutsideItsDatabases(t *testing.T) {
	s := embeddedtest.Engine(t)
	for name, try := range map[string]func(*testing.T, *engine.Server){
		"bad clients do not end the server":   badClientsDoNotEndTheServer,
		"default user can do nothing":         defaultUserCanDoNothing,
		"no way out of the database":          noWayOutOfTheDatabase,
		"DSN reaches the same database":       dsnReachesTheSameDatabase,
		"interrupt does not reach the server": interruptDoesNotReachTheServer,
	} {
		t.Run(name, func(t *testing.T) { try(t, s) })
	}
}

func badClientsDoNotEndTheServer(t *testing.T, s *engine.Server) {
	wrong := s.Options()
	wrong.Auth.Password = "wrong"
	garbage := [][]byte{make([]byte, 200), []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 4096), {}}
	for range 10 {
		for _, address := range []string{s.Options().Addr[0], s.HTTPAddr()} {
			for _, packet := range garbage {
				send(t, address, packet)
			}
		}
		conn := embeddedtest.Connect(t, wrong)
		if err := conn.Ping(t.Context()); err == nil {
			t.Fatal("a wrong password was accepted")
		}
		conn.Close()
	}
	if n := number(t, embeddedtest.Connect(t, s.Options()), "SELECT toUInt64(1)"); n != 1 {
		t.Errorf("answer %d", n)
	}
}

// send writes a packet and waits until the server has answered or hung up.
func send(t *testing.T, address string, packet []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("the server no longer listens: %v", err)
	}
	defer conn.Close()
	_, _ = conn.Write(packet)
	_ = conn.(*net.TCPConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, conn)
}

func defaultUserCanDoNothing(t *testing.T, s *engine.Server) {
	t.Helper()
	options := s.Options()
	options.Auth.Username, options.Auth.Password, options.Auth.Database = "default", "", ""
	conn := embeddedtest.Connect(t, options)
	for _, q := range []string{
		"SYSTEM STOP LISTEN HTTP", "SYSTEM START LISTEN TCP", "SYSTEM STOP LISTEN TCP", "SYSTEM SHUTDOWN", "CREATE DATABASE mine", "SELECT count() FROM system.tables",
		"DROP DATABASE winback", "SELECT * FROM file('/etc/hostname', 'LineAsString')",
	} {
		if err := conn.Exec(t.Context(), q); err == nil {
			t.Errorf("default may: %s", q)
		}
	}
	for _, q := range []string{"SELECT+count()+FROM+system.tables", "SYSTEM+STOP+LISTEN+TCP"} {
		response, err := http.Post("http://"+s.HTTPAddr()+"/?query="+q, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Errorf("default may over HTTP: %s", q)
		}
	}
	if err := embeddedtest.Connect(t, s.Options()).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What the application's user must not reach: each statement would read, write or run something outside its databases.
func noWayOutOfTheDatabase(t *testing.T, s *engine.Server) {
	t.Helper()
	conn := embeddedtest.Connect(t, s.Options())
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.csv")
	if err := os.WriteFile(secret, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec(t.Context(), "CREATE TABLE inside (x UInt64) ENGINE = MergeTree ORDER BY x"); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(outside, "written")
	web := http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server fetched a URL") })}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = web.Serve(listener) }()
	t.Cleanup(func() { web.Close() })
	url := "http://" + listener.Addr().String() + "/x.csv"
	for _, q := range []string{
		"SELECT * FROM file('" + secret + "', 'CSV', 'x UInt64')",
		"SELECT * FROM `" + secret + "`",
		"INSERT INTO FUNCTION file('" + target + "', 'CSV', 'x UInt64') SELECT 1",
		"CREATE TABLE f (x UInt64) ENGINE = File(CSV, '" + secret + "')",
		"CREATE DATABASE fs ENGINE = Filesystem('" + outside + "')",
		"SELECT * FROM url('" + url + "', 'CSV', 'x UInt64')",
		"CREATE TABLE u (x UInt64) ENGINE = URL('" + url + "', CSV)",
		"SELECT * FROM s3('" + url + "', 'CSV', 'x UInt64')",
		"SELECT * FROM remote('" + s.Options().Addr[0] + "', 'system.one', 'default', '')",
		"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
		"SELECT * FROM sqlite('" + secret + "', 't')", // it opens the file before it asks for the right; nothing is read
		"SELECT * FROM executable('id', 'TSV', 'x String')",
		"CREATE TABLE e (x String) ENGINE = Executable('id', 'TSV')",
		"CREATE FUNCTION f AS x -> x",
		"CREATE DICTIONARY d (x UInt64) PRIMARY KEY x SOURCE(FILE(PATH '" + secret + "' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(0)",
		"CREATE TABLE dk (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS disk = disk(type = 'local', path = '" + outside + "/')",
		"CREATE TABLE dw (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS disk = disk(type = 'web', endpoint = '" + url + "/')",
		"ATTACH TABLE stolen FROM '" + outside + "' (x UInt64) ENGINE = MergeTree ORDER BY x",
		"BACKUP TABLE inside TO File('" + target + "')",
		"BACKUP TABLE inside TO Disk('default', '" + target + "')",
		"CREATE USER mallory", "GRANT ALL ON *.* TO winback", "SYSTEM SHUTDOWN", "SYSTEM STOP LISTEN TCP", "SYSTEM RELOAD CONFIG",
		"CREATE NAMED COLLECTION n AS url = '" + url + "'",
	} {
		if err := conn.Exec(t.Context(), q); err == nil {
			t.Errorf("allowed: %s", q)
		}
	}
	// Over the native protocol this clause is the client's to carry out: no error, but no file either.
	_ = conn.Exec(t.Context(), "SELECT 1 INTO OUTFILE '"+target+"'")
	left, err := os.ReadDir(outside)
	if err != nil || len(left) != 1 {
		t.Errorf("outside the database lie now %v, %v", left, err)
	}
}

// What an application does must go on working under so few rights.
func TestAnApplicationMayDoWhatItNeeds(t *testing.T) {
	conn := embeddedtest.Connect(t, embeddedtest.ClickHouse(t))
	ctx := t.Context()
	for _, q := range []string{
		"CREATE TABLE a (t DateTime64(3), k LowCardinality(String), v UInt64, b AggregateFunction(groupBitmap, UInt32)) ENGINE = ReplacingMergeTree ORDER BY (k, t) TTL toDateTime(t) + INTERVAL 1 DAY SETTINGS non_replicated_deduplication_window = 1000",
		"CREATE TABLE s (k String, v UInt64) ENGINE = SummingMergeTree ORDER BY k",
		"CREATE MATERIALIZED VIEW m TO s AS SELECT k, v FROM a",
		"CREATE VIEW w AS SELECT k, sum(v) AS v FROM s GROUP BY k",
		"INSERT INTO a (t, k, v) SELECT now64(3), 'x', number FROM numbers(10)",
		"ALTER TABLE a ADD COLUMN c UInt8 DEFAULT 1",
		"ALTER TABLE a DELETE WHERE v = 3 SETTINGS mutations_sync = 1",
		"ALTER TABLE a MODIFY TTL toDateTime(t) + INTERVAL 2 DAY",
		"ALTER TABLE m MODIFY QUERY SELECT k, v * 2 AS v FROM a",
		"OPTIMIZE TABLE a FINAL",
		"SYSTEM STOP MERGES a", "SYSTEM START MERGES a",
		"CREATE TEMPORARY TABLE tmp (x UInt8)",
		"RENAME TABLE a TO a2", "EXCHANGE TABLES a2 AND s", "TRUNCATE TABLE s",
		"SHOW TABLES", "SHOW CREATE TABLE w", "DESCRIBE TABLE w", "EXPLAIN SELECT * FROM w",
		"KILL QUERY WHERE query_id = 'none'",
		"SELECT * FROM system.parts", "SELECT * FROM system.mutations", "SELECT * FROM numbers(3)", "SELECT * FROM system.metrics",
		"DROP VIEW w", "DROP TABLE m", "DROP TABLE a2",
	} {
		if err := conn.Exec(ctx, q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
	if n := number(t, conn, "SELECT count() FROM system.databases WHERE name = currentDatabase() AND engine = 'Atomic'"); n != 1 {
		t.Error("the test's database is not Atomic")
	}
}

func TestMemoryCap(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	c.MaxMemory = 512 << 20
	s := embeddedtest.EngineAt(t, c)
	conn := embeddedtest.Connect(t, s.Options())
	err := conn.Exec(t.Context(), "SELECT length(groupArray(number)) FROM numbers(500000000)")
	if err == nil || !strings.Contains(strings.ToLower(err.Error()), "memory limit") {
		t.Errorf("a query of 4 GB: %v", err)
	}
	if n := number(t, conn, "SELECT toUInt64(1)"); n != 1 {
		t.Errorf("afterwards: %d", n)
	}
}

func dsnReachesTheSameDatabase(t *testing.T, s *engine.Server) {
	t.Helper()
	options, err := clickhouse.ParseDSN(s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	var user, database string
	row := embeddedtest.Connect(t, options).QueryRow(context.Background(), "SELECT currentUser(), currentDatabase()")
	if err := row.Scan(&user, &database); err != nil || user != "winback" || database != "winback" {
		t.Errorf("user %q, database %q, error %v", user, database, err)
	}
}
