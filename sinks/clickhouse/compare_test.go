package clickhouse_test

import (
	"slices"
	"strings"
	"testing"

	"winback/sinks/clickhouse"
)

func compare(t *testing.T, s *clickhouse.Sink) []clickhouse.Problem {
	t.Helper()
	problems, err := s.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// difference is a change that somebody makes, and what is said of it. DB stands for the database's name.
type difference struct {
	change []string
	what   string
	remedy string
	stops  bool
}

// makeAndName makes the change and returns what Compare says of it.
func (d *difference) makeAndName(t *testing.T, s *clickhouse.Sink, cfg clickhouse.Config) []clickhouse.Problem {
	t.Helper()
	for _, statement := range d.change {
		execute(t, optionsOf(cfg), statement)
	}
	problems := compare(t, s)
	remedy := strings.ReplaceAll(d.remedy, "DB", cfg.Database)
	if len(problems) != 1 || problems[0].What != d.what || problems[0].Stops != d.stops || !strings.Contains(problems[0].Remedy, remedy) {
		t.Fatalf("got %+v", problems)
	}
	return problems
}

func TestWhatIsMissingIsNamedAndRestored(t *testing.T) {
	s, cfg, _ := migrated(t)
	for name, c := range map[string]struct {
		difference
		made string
	}{
		"column of an ALTER dropped": {difference{[]string{"ALTER TABLE triggers DROP COLUMN risk"}, "the table triggers has no column risk", "winback migrate", true}, "column triggers.risk"},
		"column dropped":             {difference{[]string{"ALTER TABLE transitions DROP COLUMN reason"}, "the table transitions has no column reason", "winback migrate", true}, "column transitions.reason"},
		"column with default":        {difference{[]string{"ALTER TABLE transitions DROP COLUMN returned"}, "the table transitions has no column returned", "winback migrate", true}, "column transitions.returned"},
		"column renamed":             {difference{[]string{"ALTER TABLE profiles RENAME COLUMN tags TO labels"}, "the table profiles has no column tags", "winback migrate", true}, "column profiles.tags"},
		"table dropped":              {difference{[]string{"DROP TABLE profiles SYNC"}, "the table profiles is missing", "winback migrate", true}, "profiles"},
		"view dropped":               {difference{[]string{"DROP VIEW episodes"}, "the view episodes is missing", "winback migrate", false}, "episodes"},
		"view replaced":              {difference{[]string{"CREATE OR REPLACE VIEW tags_current AS SELECT topic, '' AS tag, 1 AS users FROM profiles"}, "the view tags_current has no column complete_until", "winback migrate", false}, "tags_current"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := c.makeAndName(t, s, cfg)
			made, err := s.Restore(t.Context(), problems)
			if err != nil || strings.Join(made, " ") != c.made {
				t.Errorf("restored %q (%v), want %q", made, err, c.made)
			}
			if left := compare(t, s); len(left) != 0 {
				t.Errorf("after the restoration: %v", left)
			}
			insert(t, s, sample())
		})
	}
}

func TestWhatIsNotRestoredIsNamedWithTheStatement(t *testing.T) {
	for name, c := range map[string]difference{
		"type":             {[]string{"ALTER TABLE transitions MODIFY COLUMN episode String CODEC(NONE)"}, "the column episode of the table transitions is String instead of UInt32", "ALTER TABLE DB.transitions MODIFY COLUMN episode UInt32", false},
		"no default":       {[]string{"ALTER TABLE progress MODIFY COLUMN inserted_at REMOVE DEFAULT"}, "the column inserted_at of the table progress has lost its default, now()", "ALTER TABLE DB.progress MODIFY COLUMN inserted_at DateTime('UTC') DEFAULT now()", false},
		"materialized":     {[]string{"ALTER TABLE activity MODIFY COLUMN amount Int64 MATERIALIZED 1"}, "the column amount of the table activity is MATERIALIZED, and cannot be inserted", "ALTER TABLE DB.activity MODIFY COLUMN amount Int64 DEFAULT 1", true},
		"engine":           {[]string{"CREATE TABLE other AS progress ENGINE = MergeTree ORDER BY (topic, partition)", "DROP TABLE progress SYNC", "RENAME TABLE other TO progress"}, "the table progress has the engine MergeTree instead of ReplacingMergeTree", "RENAME TABLE DB.progress TO DB.progress_old", true},
		"key":              {[]string{"CREATE TABLE other AS progress ENGINE = ReplacingMergeTree(watermark) PRIMARY KEY topic ORDER BY topic", "DROP TABLE progress SYNC", "RENAME TABLE other TO progress"}, "the table progress is ordered by (topic) instead of (topic, partition, build)", "RENAME TABLE DB.progress TO DB.progress_old", true},
		"table for a view": {[]string{"DROP VIEW episodes", "CREATE TABLE episodes (a UInt8) ENGINE = MergeTree ORDER BY a"}, "episodes is a MergeTree where a view of Winback's belongs", "RENAME TABLE DB.episodes", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg, _ := migrated(t)
			problems := c.makeAndName(t, s, cfg)
			if made, err := s.Restore(t.Context(), problems); err != nil || len(made) != 0 {
				t.Errorf("restored %q (%v)", made, err)
			}
		})
	}
}

func TestADatabaseThatSomebodyHasExtendedIsNoDifferent(t *testing.T) {
	s, cfg, ask := migrated(t)
	for _, statement := range []string{
		"ALTER TABLE transitions ADD COLUMN loaded_at DateTime DEFAULT now()",
		"ALTER TABLE transitions ADD COLUMN note String FIRST",
		"ALTER TABLE activity MODIFY TTL minute + INTERVAL 200 YEAR",
		"ALTER TABLE triggers MODIFY COLUMN reason CODEC(ZSTD(9))",
		"ALTER TABLE profiles ADD INDEX by_topic topic TYPE set(10)",
		"ALTER TABLE profiles MODIFY COMMENT 'ours'",
		"CREATE TABLE notes (a UInt8) ENGINE = MergeTree ORDER BY a",
		"CREATE VIEW ours AS SELECT 1 AS one",
	} {
		execute(t, optionsOf(cfg), statement)
	}
	if problems := compare(t, s); len(problems) != 0 {
		t.Errorf("got %v", problems)
	}
	insert(t, s, sample())
	if got, want := ask("SELECT DISTINCT note, loaded_at > '2026-01-01' FROM transitions"), "('',1)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestADatabaseWithoutTablesLacksThemAll(t *testing.T) {
	_, cfg, _ := migrated(t)
	cfg.Database += "_nowhere"
	problems := compare(t, open(t, cfg))
	if len(problems) < 18 || !slices.ContainsFunc(problems, func(p clickhouse.Problem) bool { return p.What == "the table activity is missing" }) {
		t.Errorf("got %v", problems)
	}
}

func TestEveryColumnThatIsInsertedIsInTheListing(t *testing.T) {
	s, _, _ := migrated(t)
	if problems, err := s.TryInserts(t.Context()); err != nil || len(problems) != 0 {
		t.Errorf("got %v (%v)", problems, err)
	}
}

// A failed insert says what is wrong in the database, not that a migration is due which is not.
func TestAnInsertThatFailsNamesTheDifference(t *testing.T) {
	for name, c := range map[string]struct{ change, want string }{
		"column dropped": {"ALTER TABLE transitions DROP COLUMN returned", "the table transitions has no column returned: run `winback migrate`"},
		"type":           {"ALTER TABLE transitions MODIFY COLUMN episode String CODEC(NONE)", "the column episode of the table transitions is String instead of UInt32: ALTER TABLE"},
		"table dropped":  {"DROP TABLE triggers SYNC", "the table triggers is missing: run `winback migrate`"},
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg, _ := migrated(t)
			execute(t, optionsOf(cfg), c.change)
			if err := s.Insert(t.Context(), sample()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			problems, err := s.TryInserts(t.Context())
			if err != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("tried beforehand: got %v (%v)", problems, err)
			}
		})
	}
}
