package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"winback/scorer/oracle"
)

// TestScenariosAreDecidedAsWritten tells the stories of scorer/testdata/scenarios, decisions checked in and checked against the oracle there.
func TestScenariosAreDecidedAsWritten(t *testing.T) {
	files, err := filepath.Glob("../../scorer/testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios found: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			story, err := oracle.ParseScript(string(text))
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, story.Config, story.Events, story.Clock, story.Until)
			if text := story.Render(sorted(got.Decisions), profiles(got), got.Refused); text != story.Decisions {
				t.Errorf("decisions:\n%swant:\n%s", text, story.Decisions)
			}
		})
	}
	t.Logf("counts: %d stories", len(files))
}
