package mapping_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
	"winback/schemas/mapping"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block returns the manual's first block of code in the language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the manual has no block of " + language)
	}
	return code
}

// The manual's worked example does what it says.
func TestTheManualsExample(t *testing.T) {
	var file struct {
		Replay struct{ Mapping mapping.Config }
	}
	text := manual(t)
	if err := yaml.Unmarshal([]byte(block(t, text, "yaml")), &file); err != nil {
		t.Fatal(err)
	}
	m := compile(t, file.Replay.Mapping)
	scanner := m.NewScanner(strings.NewReader(block(t, text, "csv")))
	scanner.Scan()
	d := m.NewDecoder()
	if err := d.Header(scanner.Bytes()); err != nil {
		t.Fatal(err)
	}
	var got []decoded
	for scanner.Scan() {
		row, reason := decode(t, d, schemas.Record{Value: scanner.Bytes()})
		if reason != schemas.Accepted {
			t.Fatal(reason, d.Detail())
		}
		got = append(got, row)
	}
	second, fourth := at(t, "2026-03-02T00:00:00+01:00"), at(t, "2026-03-04T00:00:00+01:00")
	want := []decoded{{"C-17", "order", second, 1250, 0}, {"C-4", "order", second, 795, 0}, {"C-17", "other", fourth, -1250, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Every mapping in the table of short ones is a sound one.
func TestTheManualsShortMappings(t *testing.T) {
	found := regexp.MustCompile("(?m)^\\|.*\\| `(\\{preset: .*\\})` \\|$").FindAllStringSubmatch(manual(t), -1)
	if len(found) < 5 {
		t.Fatalf("only %d mappings", len(found))
	}
	for _, match := range found {
		if err := parse(t, match[1]).Validate(); err != nil {
			t.Errorf("%s: %v", match[1], err)
		}
	}
}

func TestTheManualNamesEveryOptionAndPreset(t *testing.T) {
	text := manual(t)
	var look func(prefix string, entry reflect.Type)
	look = func(prefix string, entry reflect.Type) {
		for field := range entry.Fields() {
			name := prefix + field.Tag.Get("yaml")
			if field.Type.Kind() == reflect.Struct {
				look(name+".", field.Type)
				continue
			}
			if !strings.Contains(text, "`"+name+"`") && name != "user.field" {
				t.Errorf("the manual does not name %s", name)
			}
		}
	}
	look("", reflect.TypeFor[mapping.Config]())
	for _, name := range mapping.Presets() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the manual does not name the preset %s", name)
		}
	}
	for _, reason := range schemas.Reasons() {
		if !strings.Contains(text, "`"+reason.String()+"`") {
			t.Errorf("the manual does not name the reason %s", reason)
		}
	}
}

// The manual has a table of what the products call our events: every name that a preset renames stands in the column of what it becomes.
func TestTheManualNamesWhatPresetsRename(t *testing.T) {
	columns, rows := tableOfNames(t)
	files, err := filepath.Glob("presets/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		preset := strings.TrimSuffix(filepath.Base(file), ".yaml")
		for foreign, ours := range parse(t, string(text)).Types {
			name := foreign
			at := slices.Index(columns, "`"+ours+"`")
			if at < 0 {
				at, name = len(columns)-1, foreign+": `"+ours+"`"
			}
			if row := rows[preset]; row == nil || !slices.Contains(strings.Split(row[at], ", "), name) {
				t.Errorf("%s: the manual does not say that %s is %s", preset, foreign, ours)
			}
		}
	}
}

// tableOfNames reads that table: our names, and a row of foreign ones for each preset.
func tableOfNames(t *testing.T) (columns []string, rows map[string][]string) {
	t.Helper()
	rows = map[string][]string{}
	for line := range strings.Lines(manual(t)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 10 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[1] == "preset" {
			columns = cells[2:9]
		} else {
			rows[strings.Trim(cells[1], "`")] = cells[2:9]
		}
	}
	return columns, rows
}
