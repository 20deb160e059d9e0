package clickhouse_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"winback/pipeline/embedded/embeddedtest"
	migrations "winback/schemas/clickhouse"
	"winback/sinks/clickhouse"
)

func schemaVersion(t *testing.T, s *clickhouse.Sink) (have, want int64) {
	t.Helper()
	have, want, err := s.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return have, want
}

func TestMigrateMakesDatabaseAndTables(t *testing.T) {
	options := embeddedtest.ClickHouse(t)
	ask := asker(t, options)
	cfg := configFor(options)
	cfg.Database += "_new"
	s := open(t, cfg)
	t.Cleanup(func() { dropDatabase(t, options, cfg.Database) })
	if have, want := schemaVersion(t, s); have != 0 || want < 10 {
		t.Errorf("before: schema version %d of %d", have, want)
	}
	if got := ask("SELECT count() FROM system.databases WHERE name = '" + cfg.Database + "'"); got != "(0)" {
		t.Error("asking for the schema version made the database")
	}
	applied, err := s.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := migrations.Migrations.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	have, want := schemaVersion(t, s)
	if have != want || len(applied) != len(files) || !slices.IsSorted(applied) {
		t.Errorf("after: schema version %d of %d, applied %q", have, want, applied)
	}
	if applied, err = s.Migrate(t.Context()); err != nil || len(applied) != 0 {
		t.Errorf("a second run applied %q, error %v", applied, err)
	}
	insert(t, s, sample())
}

// A run that dies between a migration's statements, or before its version is noted, leaves its tables behind.
func TestMigrateCanBeRepeatedAfterAnInterruption(t *testing.T) {
	options := embeddedtest.ClickHouse(t)
	cfg := configFor(options)
	s := open(t, cfg)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert(t, s, sample())
	execute(t, options, "TRUNCATE TABLE goose_db_version")
	execute(t, options, "DROP VIEW episodes")
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if have, want := schemaVersion(t, s); have != want {
		t.Errorf("schema version %d of %d", have, want)
	}
	ask := asker(t, options)
	if got, want := ask(counts), "(2,2,1,3,1)"; got != want {
		t.Errorf("rows after the repetition: %s, want %s", got, want)
	}
	if got, want := ask("SELECT count() FROM episodes"), "(1)"; got != want {
		t.Errorf("episodes: %s, want %s", got, want)
	}
}

func TestTwoCanMigrateAtOnce(t *testing.T) {
	cfg := configFor(embeddedtest.ClickHouse(t))
	var all sync.WaitGroup
	var errs [2]error
	for i := range errs {
		s := open(t, cfg)
		all.Go(func() { _, errs[i] = s.Migrate(t.Context()) })
	}
	all.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	s := open(t, cfg)
	if have, want := schemaVersion(t, s); have != want {
		t.Errorf("schema version %d of %d", have, want)
	}
	if applied, err := s.Migrate(t.Context()); err != nil || len(applied) != 0 {
		t.Errorf("a third run applied %q, error %v", applied, err)
	}
	insert(t, s, sample())
}

func TestMigrateEndsWithContext(t *testing.T) {
	s := open(t, configFor(embeddedtest.ClickHouse(t)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Migrate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEveryTableAndColumnIsDescribed(t *testing.T) {
	_, cfg, ask := migrated(t)
	database := "'" + cfg.Database + "'"
	for _, query := range []string{
		"SELECT name FROM system.tables WHERE database = " + database + " AND comment = '' AND name != 'goose_db_version'",
		"SELECT table, name FROM system.columns WHERE database = " + database + " AND comment = '' AND table IN ('activity', 'transitions', 'triggers', 'profiles', 'progress')",
	} {
		if got := ask(query); got != "" {
			t.Errorf("without a comment:\n%s", got)
		}
	}
}

// What migrating itself fails on is not mended by migrating.
func TestAMigrationThatMeetsAStrangeTableDoesNotSendToMigrate(t *testing.T) {
	options := embeddedtest.ClickHouse(t)
	execute(t, options, "CREATE TABLE triggers (x Int64) ENGINE = MergeTree ORDER BY x")
	_, err := open(t, configFor(options)).Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "somebody has changed or dropped") || strings.Contains(err.Error(), "run `winback migrate`") {
		t.Errorf("got %v", err)
	}
}
