package tags_test

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"winback/scorer/tags"
)

// blocks returns the fenced blocks of docs/tags.md in that language.
func blocks(t testing.TB, language string) (all []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/tags.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(page), "```") {
		if name, text, _ := strings.Cut(block, "\n"); i%2 == 1 && name == language {
			all = append(all, text)
		}
	}
	return all
}

// manual returns the tags of the manual's configurations.
func manual(t testing.TB) (all [][]tags.Tag) {
	t.Helper()
	for _, block := range blocks(t, "yaml") {
		var c struct {
			Scorer struct {
				Tags []tags.Tag `yaml:"tags"`
			} `yaml:"scorer"`
		}
		if err := yaml.Unmarshal([]byte(block), &c); err != nil {
			t.Fatalf("%s\n%v", block, err)
		}
		all = append(all, c.Scorer.Tags)
	}
	return all
}

func TestManualConfigurations(t *testing.T) {
	total := 0
	for _, m := range manual(t) {
		if _, err := tags.Compile(m); err != nil {
			t.Error(err)
		}
		total += len(m)
	}
	if total < 9 {
		t.Errorf("only %d tags", total)
	}
}

func TestManualRules(t *testing.T) {
	total := 0
	for _, block := range blocks(t, "rule") {
		for text := range strings.Lines(block) {
			total++
			if rule := parse(t, strings.TrimSpace(text)); rule.String() != strings.TrimSpace(text) {
				t.Errorf("%swritten as %s", text, rule)
			}
		}
	}
	if total < 10 {
		t.Errorf("only %d rules", total)
	}
}

// TestManualFaults checks the table of rules and what is said about them.
func TestManualFaults(t *testing.T) {
	total := 0
	for _, block := range blocks(t, "faults") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			total++
			if _, err := tags.Parse(lines[i]); err == nil || err.Error() != strings.TrimSpace(lines[i+1]) {
				t.Errorf("%s\n got %v\nwant %s", lines[i], err, lines[i+1])
			}
		}
	}
	if total < 5 {
		t.Errorf("only %d faults", total)
	}
}
