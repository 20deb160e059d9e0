package direct_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
)

// fileCase is a file and what a replay of it must come to. The files are small ones that other tools, or earlier versions, read wrongly.
type fileCase struct {
	name     string
	file     string   // below the directory of cases; the case is skipped where that is not there
	config   string   // a YAML file beside it, or none
	text     string   // or the file itself
	settings []string // "mapping.preset=csv"
	want     came
}

// came is what a replay came to.
type came struct {
	events, refused int64
	users, kept     int
	decided         string // "3 lifecycle, 1 entered"
	twice           int64  // events that were there already
	noZone          int64  // events whose time zone is not known
}

// TestCasesComeToWhatIsRight. Decisions must also come in their order, whatever the case is.
func TestCasesComeToWhatIsRight(t *testing.T) {
	csv, segment := []string{"mapping.preset=csv"}, []string{"mapping.preset=segment"}
	for _, c := range []fileCase{
		{name: "an array of an element a line", file: "json_array/arr.ndjson", want: came{2, 0, 2, 2, "2 lifecycle", 0, 0}},
		{name: "an array of one line", file: "json_array/arr1.ndjson", want: came{2, 0, 2, 2, "2 lifecycle", 0, 0}},
		{name: "a batch of CloudEvents is an array", file: "batches/cloudevents.ndjson", settings: []string{"mapping.preset=cloudevents"}, want: came{2, 0, 1, 1, "1 lifecycle", 0, 0}},
		{name: "a batch call of Segment is as many events as it holds", file: "batches/segment.ndjson", settings: segment, want: came{events: 2, users: 1, kept: 1, decided: "1 lifecycle"}},
		{name: "calls sent once", file: "retried/once.ndjson.gz", settings: segment, want: came{events: 158, users: 1, kept: 1, decided: "2 lifecycle, 1 entered"}},
		{name: "the same calls, the last week's sent twice", file: "retried/retried.ndjson.gz", settings: segment, want: came{events: 158, users: 1, kept: 1, decided: "2 lifecycle, 1 entered", twice: 18}},
		{name: "properties that are no numbers", file: "segment_values/in.ndjson", settings: segment, want: came{events: 9, users: 1, kept: 1, decided: "1 lifecycle"}},
		{name: "time zones as clients write them", file: "time_zones/in.ndjson", settings: segment, want: came{events: 12, users: 12, kept: 12, decided: "12 lifecycle", noZone: 3}},
		{name: "a lone quote in tab separated text", file: "snowplow_tsv/snow.tsv", config: "snowplow_tsv/c.yaml", want: came{events: 2, users: 2, kept: 2}},
		{name: "the same by the preset", file: "snowplow_tsv/snow.tsv", settings: []string{"mapping.preset=snowplow"}, want: came{events: 2, users: 2, kept: 2}},
		{name: "20,001 users due at the last border", text: onceEach(20_001), settings: csv, want: came{20_001, 0, 20_001, 20_001, "20001 lifecycle", 0, 0}},
		{name: "25,000 silent users due at the last border", text: silent(25_000), settings: csv, want: came{450_001, 0, 25_001, 25_001, "50001 lifecycle, 25000 entered", 0, 0}},
		{name: "the same, drained at once", text: silent(25_000), settings: append([]string{"state.drain=0"}, csv...), want: came{450_001, 0, 25_001, 25_001, "50001 lifecycle, 25000 entered", 0, 0}},
		{name: "500 users, some forgotten at the end", text: spread(500), settings: csv, want: came{500, 0, 500, 200, "3182 lifecycle", 0, 0}},
		{name: "a row of the year 2100", text: silent(200) + "u7,2100-01-01T00:00:00Z,visit\n", settings: csv, want: came{3601, 1, 201, 201, "401 lifecycle, 200 entered", 0, 0}},
		{name: "rows that end in a lone CR", text: strings.ReplaceAll(silent(200), "\n", "\r"), settings: csv, want: came{3601, 0, 201, 201, "401 lifecycle, 200 entered", 0, 0}},
		{name: "zeros behind gzip", text: gzipped(t, silent(200)) + strings.Repeat("\x00", 512), settings: csv, want: came{3601, 0, 201, 201, "401 lifecycle, 200 entered", 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.replay(t); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// shared is where a file of the directory of cases lies.
func shared(t *testing.T, file string) string {
	t.Helper()
	data := cmp.Or(os.Getenv("WINBACK_DATA"), "../../../shared/data")
	path := filepath.Join(filepath.Dir(data), "cases", file)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the case is not here; set WINBACK_DATA to a directory beside which there is one of cases: %v", err)
	}
	return path
}

// path is where the case's file lies.
func (c *fileCase) path(t *testing.T) string {
	t.Helper()
	if c.file != "" {
		return shared(t, c.file)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *fileCase) replay(t *testing.T) came {
	t.Helper()
	path := c.path(t)
	bare := []string{"scorer.risk.model=none", "scorer.drop.min_baseline=4", "scorer.drop.min_weeks=2"} // so that no model has a say
	sources := config.Sources{Settings: append(bare, c.settings...)}
	if c.config != "" {
		sources.Path = shared(t, c.config)
	}
	loaded, err := config.Load(sources, config.Files|config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	loaded.State.MaxJump = 0
	vocabulary, err := loaded.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(loaded.FileMapping(), vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	sorted, err := replay.Read(t.Context(), loaded.Replay.Config, replay.Input{Files: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	engine, err := direct.New(direct.Config{Scorer: loaded.Scorer, Model: loaded.Model, State: loaded.PartitionState()}, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	var all []schemas.Decision
	result, err := engine.Run(t.Context(), watch(sorted, func(*schemas.Event) {}), func(ds []schemas.Decision) error {
		all = append(all, ds...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(all, func(a, b schemas.Decision) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.User, b.User))
	}) {
		t.Error("the decisions do not come in order of their border and their user")
	}
	return came{result.Events, sorted.Stats().RefusedTotal(), result.Users, result.Kept, count(all), result.Twice, sorted.Stats().UnknownZones.Events}
}

// count writes how many decisions of each kind there are, in the order in which kinds first come.
func count(all []schemas.Decision) string {
	numbers := map[schemas.DecisionKind]int{}
	var kinds []schemas.DecisionKind
	for i := range all {
		if numbers[all[i].Kind]++; numbers[all[i].Kind] == 1 {
			kinds = append(kinds, all[i].Kind)
		}
	}
	var parts []string
	for _, kind := range kinds {
		parts = append(parts, fmt.Sprintf("%d %s", numbers[kind], kind))
	}
	return strings.Join(parts, ", ")
}

const csvHeader = "user,time,type\n"

// onceEach is users with a visit each on one day.
func onceEach(users int) string {
	var text strings.Builder
	text.WriteString(csvHeader)
	for u := range users {
		fmt.Fprintf(&text, "u%d,2026-03-01T10:00:00Z,visit\n", u)
	}
	return text.String()
}

// silent is users with a visit every second day from 2026-01-01 to 02-05, and one who comes on 02-11.
func silent(users int) string {
	var text strings.Builder
	text.WriteString(csvHeader)
	start := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	for d := 0; d <= 35; d += 2 {
		for u := range users {
			fmt.Fprintf(&text, "u%d,%s,visit\n", u, start.AddDate(0, 0, d).Format(time.RFC3339))
		}
	}
	text.WriteString("late,2026-02-11T12:00:00Z,visit\n")
	return text.String()
}

// spread is users with one visit each, two days after the one before. With the default rules they are forgotten after 400 days.
func spread(users int) string {
	var text strings.Builder
	text.WriteString(csvHeader)
	start := time.Date(2022, 1, 1, 10, 0, 0, 0, time.UTC)
	for u := range users {
		fmt.Fprintf(&text, "u%d,%s,visit\n", u, start.AddDate(0, 0, 2*u).Format(time.RFC3339))
	}
	return text.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
