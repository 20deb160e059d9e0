package oracle_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"winback/scorer/oracle"
)

var update = flag.Bool("update", false, "write the decisions made into the scenario scripts")

// The scripts' decisions were worked out by hand; -update is for a rule that changes on purpose.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario scripts: %v", err)
	}
	told := &tally{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { play(t, file, told) })
	}
	t.Logf("counts: %d stories, %v", len(files), told)
}

func play(t *testing.T, file string, told *tally) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := oracle.ParseScript(string(text))
	if err != nil {
		t.Fatal(err)
	}
	out := oracle.JudgeArrivals(script.Config, script.Events, script.Clock, script.Until)
	told.add(script.Events, out)
	got := script.Render(out.Decisions, out.Profiles, out.Refused)
	if *update {
		if err := os.WriteFile(file, []byte(script.With(got)), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != script.Decisions {
		t.Errorf("got\n%swant\n%s", got, script.Decisions)
	}
	if inOrder(script.Events) {
		same(t, oracle.Judge(script.Config, script.Events, script.Until), out)
	}
}

func inOrder(events []oracle.Event) bool {
	return slices.IsSortedFunc(events, func(a, b oracle.Event) int { return cmp.Compare(a.Time, b.Time) })
}

// same compares all that two runs told.
func same(t *testing.T, got, want oracle.Outcome) {
	t.Helper()
	all := oracle.Script{Profiles: true}
	if !slices.Equal(got.Decisions, want.Decisions) || !reflect.DeepEqual(got.Profiles, want.Profiles) {
		t.Errorf("got\n%swant\n%s", all.Render(got.Decisions, got.Profiles, nil), all.Render(want.Decisions, want.Profiles, nil))
	}
}

// tally counts what a test has looked at.
type tally struct{ events, users, decisions, profiles, refused int }

func (c *tally) add(events []oracle.Event, out oracle.Outcome) {
	c.events += len(events)
	c.users += len(out.Known)
	c.decisions += len(out.Decisions)
	c.profiles += len(out.Profiles)
	c.refused += len(out.Refused)
}

func (c *tally) String() string {
	return fmt.Sprintf("%d events, %d users, %d decisions, %d profile rows, %d events refused", c.events, c.users, c.decisions, c.profiles, c.refused)
}
