package mapping_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winback/schemas"
	"winback/schemas/mapping"
)

// testdata/presets has records as the products write them, and by hand what each is, beside it: NAME.golden.
func TestPresetsReadWhatTheirProductsWrite(t *testing.T) {
	for _, name := range []string{"segment", "ga4", "snowplow", "posthog", "amplitude", "matomo"} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob("testdata/presets/" + name + ".[nt]*")
			if err != nil || len(files) != 1 {
				t.Fatalf("%v: %v", files, err)
			}
			input, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile("testdata/presets/" + name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			got := describeAll(t, mapping.Config{Preset: name, Key: mapping.KeyIgnore}, string(input))
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// describeAll reads a file's rows and describes each event in a line.
func describeAll(t *testing.T, cfg mapping.Config, input string) string {
	t.Helper()
	m := compile(t, cfg, "shoes")
	d, rows := m.NewDecoder(), m.NewScanner(strings.NewReader(input))
	if m.NeedsHeader() {
		t.Fatal("the columns are not known")
	}
	var text strings.Builder
	ids := map[uint64]int{}
	var e schemas.Event
	for rows.Scan() {
		for reason := range d.Events(&schemas.Record{Value: rows.Bytes()}, &e) {
			if reason != schemas.Accepted {
				fmt.Fprintln(&text, "refused", reason)
				continue
			}
			if ids[e.ID] == 0 && e.ID != 0 {
				ids[e.ID] = len(ids) + 1
			}
			text.WriteString(describe(t, &e, ids[e.ID]))
		}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return text.String()
}

// describe writes an event, without what is zero. id is the number of its id among those of the file.
func describe(t *testing.T, e *schemas.Event, id int) string {
	t.Helper()
	words := vocabulary(t, "shoes")
	text := fmt.Sprintf("%s %s %s", e.User, words.Name(e.Type), time.UnixMilli(e.Time).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	for _, part := range []struct {
		name  string
		value int64
	}{{"amount", e.Amount}, {"duration", e.Duration}, {"offset", int64(e.Offset)}} {
		if part.value != 0 {
			text += fmt.Sprintf(" %s=%d", part.name, part.value)
		}
	}
	if e.Category != schemas.OtherCategory {
		text += " category=" + words.CategoryName(e.Category)
	}
	if id != 0 {
		text += fmt.Sprintf(" id=%d", id)
	}
	return text + "\n"
}

// The enriched event has 131 columns: with one more or less every row would be refused.
func TestThePresetOfSnowplowNamesEveryColumnOnce(t *testing.T) {
	row := strings.Repeat("\t", 130)
	d := compile(t, mapping.Config{Preset: "snowplow", Key: mapping.KeyIgnore}).NewDecoder()
	if _, reason := decode(t, d, schemas.Record{Value: []byte(row)}); reason != schemas.NoUser {
		t.Errorf("131 empty columns: %s (%s), want no_user", reason, d.Detail())
	}
	for _, row := range []string{row + "\t", row[1:]} {
		if _, reason := decode(t, d, schemas.Record{Value: []byte(row)}); reason != schemas.Malformed {
			t.Errorf("%d columns: %s", len(row)+1, reason)
		}
	}
}
