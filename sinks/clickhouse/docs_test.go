package clickhouse_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/clickhouse.md names every view and column there is, and its examples run.
func TestTheDocumentationNamesEveryColumnAndItsQueriesRun(t *testing.T) {
	page, err := os.ReadFile("../../docs/clickhouse.md")
	if err != nil {
		t.Fatal(err)
	}
	s, cfg, ask := migrated(t)
	insert(t, s, append(shopDecisions(), assessedUsers())...)
	names := ask("SELECT DISTINCT arrayJoin([table, name]) FROM system.columns WHERE database = '" + cfg.Database +
		"' AND table != 'goose_db_version'")
	for _, line := range strings.Split(names, "\n") {
		name := strings.Trim(line, "()'")
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is not described", name)
		}
	}
	examples := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) < 12 {
		t.Fatalf("only %d examples found", len(examples))
	}
	for _, example := range examples {
		if query := example[1]; strings.HasPrefix(query, "SELECT") {
			ask(strings.TrimSpace(query))
		} else {
			execute(t, optionsOf(cfg), query)
		}
	}
}
