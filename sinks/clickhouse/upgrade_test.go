package clickhouse_test

import (
	"fmt"
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"

	"winback/pipeline/embedded/embeddedtest"
	migrations "winback/schemas/clickhouse"
)

// Databases of these schema versions are in use: what they hold stays, and reads on. Their last migration made the views, which
// stand in a later file now.
func TestMigrateKeepsWhatAnOlderSchemaHolds(t *testing.T) {
	for _, version := range []int64{5, 8} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			options := embeddedtest.ClickHouse(t)
			migrateTo(t, options, version-1)
			execute(t, options, "CREATE VIEW lifecycle_current AS SELECT topic, user, to_state AS state FROM transitions")
			execute(t, options, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)", version))
			execute(t, options, "INSERT INTO triggers (user, journey, episode, at, lifecycle, topic) VALUES ('old', 'default', 1, '2026-01-01 00:00:00', 'active', 'shop')")
			execute(t, options, "INSERT INTO transitions (user, at, kind, from_state, to_state, topic) VALUES ('old', '2026-01-01 00:00:00', 'lifecycle', 'churned', 'active', 'shop'), ('new', '2026-01-01 00:00:00', 'lifecycle', '', 'new', 'shop')")
			s := open(t, configFor(options))
			if have, want := schemaVersion(t, s); have != version || want <= have {
				t.Fatalf("before: schema version %d of %d", have, want)
			}
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			insert(t, s, sample())
			ask := asker(t, options)
			wantAnswers(t, ask, map[string]string{
				"SELECT user, lifecycle, risk, rfm FROM triggers_current ORDER BY user":                       "('ann','active',81.5,'high')\n('old','active',NULL,'')",
				"SELECT user, state, since FROM lifecycle_current WHERE user = 'old'":                         "('old','active','2026-01-01 00:00:00.000')",
				"SELECT user FROM profiles_current ORDER BY user":                                             "('ann')\n('bob')\n('cid')",
				"SELECT user, returned FROM transitions_current WHERE kind = 'lifecycle' ORDER BY user, kind": "('ann',1)\n('new',0)\n('old',1)",
			})
		})
	}
}

// migrateTo applies the migrations up to the version.
func migrateTo(t *testing.T, options *chgo.Options, version int64) {
	t.Helper()
	db := chgo.OpenDB(options)
	t.Cleanup(func() { _ = db.Close() })
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, migrations.Migrations, goose.WithDisableGlobalRegistry(true), goose.WithIsolateDDL(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}
