package oracle_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

var update = flag.Bool("update", false, "write the decisions made into the scenario scripts")

// The scripts' decisions were worked out by hand; -update is for a rule that changes on purpose.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { play(t, file) })
	}
}

func play(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := oracle.ParseScript(string(text))
	if err != nil {
		t.Fatal(err)
	}
	decisions, refused := oracle.DecideArrivals(script.Config, script.Events, script.Lateness, script.Until)
	got := oracle.Render(decisions, refused)
	if *update {
		if err := os.WriteFile(file, []byte(script.With(got)), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != script.Decisions {
		t.Errorf("got\n%swant\n%s", got, script.Decisions)
	}
	if inOrder(script.Events) {
		same(t, oracle.Decide(script.Config, script.Events, script.Until), decisions)
	}
}

func inOrder(events []oracle.Event) bool {
	return slices.IsSortedFunc(events, func(a, b oracle.Event) int { return int(a.Time - b.Time) })
}

func same(t *testing.T, got, want []schemas.Decision) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%swant\n%s", oracle.Render(got, nil), oracle.Render(want, nil))
	}
}
