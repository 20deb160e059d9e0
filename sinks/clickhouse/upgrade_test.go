package clickhouse_test

import (
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"

	"winback/pipeline/embedded/embeddedtest"
	migrations "winback/schemas/clickhouse"
)

// Databases of schema version 5 are in use: what they hold stays, and reads on.
func TestMigrateKeepsWhatAnOlderSchemaHolds(t *testing.T) {
	options := embeddedtest.ClickHouse(t)
	db := chgo.OpenDB(options)
	t.Cleanup(func() { _ = db.Close() })
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, migrations.Migrations, goose.WithDisableGlobalRegistry(true), goose.WithIsolateDDL(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	execute(t, options, "INSERT INTO triggers (user, journey, episode, at, lifecycle, topic) VALUES ('old', 'default', 1, '2026-01-01 00:00:00', 'active', 'shop')")
	execute(t, options, "INSERT INTO transitions (user, at, kind, to_state, topic) VALUES ('old', '2026-01-01 00:00:00', 'lifecycle', 'active', 'shop')")
	s := open(t, configFor(options))
	if have, want := schemaVersion(t, s); have != 5 || want <= have {
		t.Fatalf("before: schema version %d of %d", have, want)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert(t, s, sample())
	ask := asker(t, options)
	for query, want := range map[string]string{
		"SELECT user, lifecycle, risk, rfm FROM triggers_current ORDER BY user": "('ann','active',81.5,'high')\n('old','active',NULL,'')",
		"SELECT user, state FROM lifecycle_current ORDER BY user":               "('ann','active')\n('old','active')",
		"SELECT user FROM profiles_current ORDER BY user":                       "('ann')\n('bob')\n('cid')",
	} {
		if got := ask(query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}
