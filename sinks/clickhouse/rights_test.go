package clickhouse_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"winback/pipeline/embedded/embeddedtest"
	"winback/sinks/clickhouse"
)

// limitedUsers are people who may do less than Winback needs, as an administrator may make them. The password of each is x.
const limitedUsers = `<clickhouse>
  <profiles>
    <reading><readonly>1</readonly></reading>
    <settable><readonly>2</readonly></settable>
    <firm><constraints><insert_deduplication_token><const/></insert_deduplication_token></constraints></firm>
    <hurried><constraints><max_execution_time><max>3</max></max_execution_time></constraints></hurried>
  </profiles>
  <users>
    <enough><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT ON winback.*</query></grants></enough>
    <admin><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, DROP TABLE, ALTER TABLE ON winback.*</query>
      <query>GRANT TABLE ENGINE ON *</query></grants></admin>
    <reader><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON winback.*</query></grants></reader>
    <writer><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT INSERT ON winback.*</query></grants></writer>
    <partly><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON winback.*</query><query>GRANT INSERT ON winback.activity</query><query>GRANT INSERT ON winback.progress</query></grants></partly>
    <readonly><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>reading</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT ON winback.*</query></grants></readonly>
    <readonly2><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>settable</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT ON winback.*</query></grants></readonly2>
    <constrained><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>firm</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT ON winback.*</query></grants></constrained>
    <hurried><password>x</password><networks><ip>127.0.0.1</ip></networks><profile>hurried</profile><quota>default</quota>
      <grants><query>GRANT SELECT, INSERT ON winback.*</query></grants></hurried>
  </users>
</clickhouse>
`

// limited returns an engine that has these users, and how to connect as one of them.
func limited(t *testing.T) (admin *chgo.Options, as func(user string) clickhouse.Config) {
	t.Helper()
	config := embeddedtest.EngineConfig(t)
	directory := filepath.Join(config.Dir, "users.d") // whose files ClickHouse adds to users.xml
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "limited.xml"), []byte(limitedUsers), 0o600); err != nil {
		t.Fatal(err)
	}
	admin = embeddedtest.EngineAt(t, config).Options()
	return admin, func(user string) clickhouse.Config {
		cfg := configFor(admin)
		cfg.Username, cfg.Password = user, "x"
		return cfg
	}
}

func TestWhatAUserMayNotDoIsNamedWithTheGrantBeforeAnythingIsInserted(t *testing.T) {
	admin, as := limited(t)
	if _, err := open(t, configFor(admin)).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string][]string{
		"enough": nil,
		"writer": nil, // this inserts; reading the schema's version is another matter
		"reader": {
			"inserting into activity: ", "GRANT INSERT ON winback.activity TO reader",
			"GRANT INSERT ON winback.transitions TO reader", "GRANT INSERT ON winback.triggers TO reader", "GRANT INSERT ON winback.profiles TO reader", "GRANT INSERT ON winback.progress TO reader",
		},
		"partly":      {"inserting into transitions: ", "GRANT INSERT ON winback.transitions TO partly", "GRANT INSERT ON winback.triggers TO partly", "GRANT INSERT ON winback.profiles TO partly"},
		"readonly":    {"nothing can be written: the user readonly may only read: give it a settings profile without readonly (ALTER USER readonly SETTINGS readonly = 0"},
		"readonly2":   {"the user readonly2 may only read"},
		"constrained": {"insert_deduplication_token", "remove its constraint from the settings profile of the user constrained"},
		"hurried":     {"max_execution_time", "remove its constraint from the settings profile of the user hurried"},
	} {
		t.Run(user, func(t *testing.T) {
			problems, err := open(t, as(user)).TryInserts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, p := range problems {
				lines = append(lines, p.String())
			}
			got := strings.Join(lines, "\n")
			for _, part := range want {
				if !strings.Contains(got, part) {
					t.Errorf("%q is missing from\n%s", part, got)
				}
			}
			if (got == "") != (want == nil) || strings.Contains(got, "ON winback.activity TO partly") {
				t.Errorf("got %s", got)
			}
		})
	}
	if got, want := asker(t, admin)("SELECT count() FROM system.parts WHERE database = 'winback' AND table != 'goose_db_version'"), "(0)"; got != want {
		t.Errorf("trying has written %s parts", got)
	}
}

func TestAUserWhoMayNotReadIsToldTheGrant(t *testing.T) {
	admin, as := limited(t)
	if _, err := open(t, configFor(admin)).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, err := open(t, as("writer")).SchemaVersion(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), ": GRANT SELECT ON winback.goose_db_version TO writer") {
		t.Errorf("got %v", err)
	}
}

func TestWhatMigrateLacksIsNamedBeforehandAndWhenItFails(t *testing.T) {
	_, as := limited(t)
	s := open(t, as("reader"))
	problems, err := s.Lacking(t.Context())
	const want = "the user reader lacks INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, DROP TABLE, ALTER TABLE: " +
		"GRANT INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, DROP TABLE, ALTER TABLE ON winback.* TO reader"
	if err != nil || len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v (%v)", problems, err)
	}
	if _, err := s.Migrate(t.Context()); err == nil || !strings.HasSuffix(err.Error(), ": GRANT CREATE DATABASE ON winback.* TO reader") {
		t.Errorf("got %v", err)
	}
	if problems, err := open(t, as("readonly")).Lacking(t.Context()); err != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), "may only read") {
		t.Errorf("got %v (%v)", problems, err)
	}
}

// The rights that docs/clickhouse.md lists for an administrator are enough to make everything, and to make it again.
func TestTheRightsThatAreAskedForAreEnoughToMigrate(t *testing.T) {
	admin, as := limited(t)
	s := open(t, as("admin"))
	if problems, err := s.Lacking(t.Context()); err != nil || len(problems) > 0 {
		t.Fatalf("%v is lacking (%v)", problems, err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	execute(t, admin, "DROP VIEW episodes")
	execute(t, admin, "DROP TABLE profiles SYNC")
	problems, err := s.Compare(t.Context())
	if err != nil || len(problems) == 0 {
		t.Fatalf("%v differs (%v)", problems, err)
	}
	if made, err := s.Restore(t.Context(), problems); err != nil || len(made) != 2 {
		t.Errorf("made %v again: %v", made, err)
	}
}

// A dsn can make a session of its own readonly.
func TestAReadonlyDSNIsNoticed(t *testing.T) {
	_, cfg, _ := migrated(t)
	cfg.DSN = "clickhouse://" + cfg.Addr[0] + "/?readonly=1"
	s, err := clickhouse.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	problems, err := s.TryInserts(t.Context())
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), "may only read") {
		t.Errorf("got %v (%v)", problems, err)
	}
}

// The connection of an insert goes back to the pool; whoever has it next must not find it closed.
func TestAnInsertDoesNotCloseTheConnectionOfTheNextQuery(t *testing.T) {
	_, cfg, _ := migrated(t)
	cfg.MaxConns = 1
	s := open(t, cfg)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // what should come first comes late more often
	for i := range 300 {
		if problems, err := s.TryInserts(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("attempt %d: %v %v", i, problems, err)
		}
	}
}
