package clickhouse_test

import (
	"strings"
	"testing"

	"winback/sinks/clickhouse"
)

// withTheirs returns tables whose rows a materialized view of somebody else's takes on, by the query.
func withTheirs(t *testing.T, query string) (clickhouse.Config, func(string) string) {
	t.Helper()
	_, cfg, ask := migrated(t)
	for _, statement := range []string{
		"CREATE TABLE names (user String, name String) ENGINE = MergeTree ORDER BY user",
		"CREATE TABLE target (user String) ENGINE = MergeTree ORDER BY user",
		"CREATE MATERIALIZED VIEW theirs TO target AS " + query,
	} {
		execute(t, optionsOf(cfg), statement)
	}
	return cfg, ask
}

// What waiting does not mend ends the insert, by the view's name. Beforehand it is found too, without a row.
func TestAViewOfSomebodyElsesThatCannotBePushedToIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ query, breaks string }{
		"target dropped":        {"SELECT user FROM transitions", "DROP TABLE target SYNC"},
		"joined table dropped":  {"SELECT user FROM transitions INNER JOIN names USING (user)", "DROP TABLE names SYNC"},
		"joined column dropped": {"SELECT name AS user FROM transitions INNER JOIN names USING (user)", "ALTER TABLE names DROP COLUMN name"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, ask := withTheirs(t, c.query)
			execute(t, optionsOf(cfg), c.breaks)
			s := open(t, cfg)
			want := "the materialized view " + cfg.Database + ".theirs, which is not Winback's, fails and every insert into transitions with it"
			problems, err := s.TryInserts(t.Context())
			if err != nil || len(problems) != 1 || !problems[0].Stops || !strings.Contains(problems[0].String(), want) {
				t.Errorf("beforehand: got %v (%v)", problems, err)
			}
			if err := s.Insert(t.Context(), sample()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "winback migrate") {
				t.Errorf("got %v, want %q", err, want)
			}
			execute(t, optionsOf(cfg), "DROP VIEW theirs SYNC")
			insert(t, s, sample())
			if got, want := ask(counts), "(2,2,1,3,1)"; got != want {
				t.Errorf("once the view is gone: %s, want %s", got, want)
			}
		})
	}
}

// A view may fail on these rows alone: Winback waits until somebody mends it, says which it is, and goes on without loss.
func TestAViewThatFailsOnSomeRowsIsNamedAndWaitedFor(t *testing.T) {
	cfg, ask := withTheirs(t, "SELECT if(throwIf(user = 'ann', 'not ann') = 0, user, '') AS user FROM transitions")
	s, log := migratedAndLogged(t, cfg)
	if problems, err := s.TryInserts(t.Context()); err != nil || len(problems) != 0 {
		t.Errorf("no row, no failure: got %v (%v)", problems, err)
	}
	if views, err := s.PushedTo(t.Context()); err != nil || strings.Join(views, "; ") != cfg.Database+".theirs on transitions" {
		t.Errorf("views on the tables: %q (%v)", views, err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Insert(t.Context(), sample()) }()
	log.Await(t, "the materialized view "+cfg.Database+".theirs, which is not Winback's, fails")
	execute(t, optionsOf(cfg), "DROP VIEW theirs SYNC")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, want := ask("SELECT count(), uniqExact(user, at, kind) FROM transitions_current"), "(2,2)"; got != want {
		t.Errorf("once the view is gone: %s, want %s", got, want)
	}
}
