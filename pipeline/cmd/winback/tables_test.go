package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/segmentio/kafka-go"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
)

// tablesOf returns a connection to the database that the environment names.
func tablesOf(t *testing.T, environ []string) driver.Conn {
	t.Helper()
	value := func(name string) string {
		for _, entry := range environ {
			if text, found := strings.CutPrefix(entry, name+"="); found {
				return text
			}
		}
		t.Fatalf("%s is not set", name)
		return ""
	}
	return embeddedtest.Connect(t, &clickhouse.Options{Addr: []string{value("WINBACK_CLICKHOUSE_ADDR")}, Auth: clickhouse.Auth{
		Database: value("WINBACK_CLICKHOUSE_DATABASE"), Username: value("WINBACK_CLICKHOUSE_USERNAME"), Password: value("WINBACK_CLICKHOUSE_PASSWORD"),
	}})
}

func statement(t *testing.T, conn driver.Conn, text string) {
	t.Helper()
	if err := conn.Exec(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// started gives servers with an input topic and the tables.
func started(t *testing.T) (environ []string, conn *ingest.Connection, tables driver.Conn) {
	t.Helper()
	environ, conn = servers(t)
	if err := conn.EnsureTopic(t.Context(), "winback.events", 1, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	if got := winback(t, environ, "", "migrate"); got.code != exitDone {
		t.Fatalf("got %+v", got)
	}
	return environ, conn, tablesOf(t, environ)
}

// Whatever would keep rows out is said at the start, by the doctor too, before a topic is made or a trigger is sent.
func TestTheServiceDoesNotStartOnTablesThatCannotTakeItsRows(t *testing.T) {
	environ, conn, tables := started(t)
	for _, c := range []struct {
		name, breaks, want string
		mends              string // the statement that mends it; empty: winback migrate does
	}{
		{"column", "ALTER TABLE transitions DROP COLUMN returned", "the table transitions has no column returned: run `winback migrate`", ""},
		{"table", "DROP TABLE triggers SYNC", "the table triggers is missing: run `winback migrate`", ""},
		{"type", "ALTER TABLE transitions MODIFY COLUMN episode String CODEC(NONE)", "the column episode of the table transitions is String instead of UInt32", "ALTER TABLE transitions MODIFY COLUMN episode UInt32"},
		{"another's view", "CREATE MATERIALIZED VIEW theirs TO gone AS SELECT user FROM transitions", ".theirs, which is not Winback's, fails", "DROP VIEW theirs SYNC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "another's view" {
				statement(t, tables, "CREATE TABLE gone (user String) ENGINE = MergeTree ORDER BY user")
			}
			statement(t, tables, c.breaks)
			if c.name == "another's view" {
				statement(t, tables, "DROP TABLE gone SYNC")
			}
			got := winback(t, environ, "", "run")
			if got.code != exitFailed || !strings.Contains(got.stderr, "winback: ClickHouse cannot take the rows: ") || !strings.Contains(got.stderr, c.want) {
				t.Errorf("run: got %+v", got)
			}
			if _, err := conn.Partitions(t.Context(), "winback.triggers"); !errors.Is(err, kafka.UnknownTopicOrPartition) {
				t.Errorf("run has made the trigger topic (%v)", err)
			}
			if got = winback(t, environ, "", "doctor"); got.code != exitFailed || !strings.Contains(got.stdout, c.want) {
				t.Errorf("doctor: got %+v", got)
			}
			got = winback(t, environ, "", "migrate")
			switch {
			case c.mends == "" && (got.code != exitDone || !strings.HasPrefix(got.stdout, "made again ")):
				t.Errorf("migrate: got %+v", got)
			case c.name == "type" && (got.code != exitFailed || got.stdout != "" || !strings.Contains(got.stderr, c.want)):
				t.Errorf("migrate: got %+v", got)
			}
			if c.mends != "" {
				statement(t, tables, c.mends)
			}
			if got = winback(t, environ, "", "doctor"); got.code != exitDone {
				t.Errorf("mended: got %+v", got)
			}
		})
	}
}

// Dashboards suffer by it, triggers and rows do not: the service starts and says so.
func TestAMissingViewIsNamedAndMadeAgain(t *testing.T) {
	environ, _, tables := started(t)
	statement(t, tables, "DROP VIEW episodes")
	const want = "the view episodes is missing"
	if got := winback(t, environ, "", "doctor"); got.code != exitFailed || !strings.Contains(got.stdout, want) {
		t.Errorf("doctor: got %+v", got)
	}
	if got := winback(t, environ, "", "migrate"); got.code != exitDone || !strings.HasPrefix(got.stdout, "made again episodes\nThe schema is up to date: version ") {
		t.Errorf("migrate: got %+v", got)
	}
}

// A step that failed is never reported as done; what was done before it is.
func TestAMigrationThatFailsSaysHowFarItCameAndNothingOfSuccess(t *testing.T) {
	environ, conn := servers(t)
	if err := conn.EnsureTopic(t.Context(), "winback.events", 1, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	statement(t, tablesOf(t, environ), "CREATE TABLE triggers (a UInt8) ENGINE = MergeTree ORDER BY a")
	const failed = ": 007_trigger_risk.sql failed after 5 were applied: "
	got := winback(t, environ, "", "migrate")
	if got.code != exitFailed || !strings.Contains(got.stderr, failed) || strings.Contains(got.stdout, "The schema") ||
		!strings.HasPrefix(got.stdout, "applied 001_progress.sql\n") || strings.Contains(got.stdout, "007") {
		t.Errorf("migrate: got %+v", got)
	}
	for name, args := range map[string][]string{"first": {"run", "--migrate"}, "again": {"run", "--migrate", "--set", "log.level=info"}} {
		got = winback(t, environ, "", args...)
		if got.code != exitFailed || !strings.Contains(got.stderr, ": 007_trigger_risk.sql failed after none was applied: ") || strings.Contains(got.stderr, "migrated") {
			t.Errorf("run, %s: got %+v", name, got)
		}
	}
}
