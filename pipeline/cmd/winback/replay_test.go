package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shop is a small file: ann comes every day and stays away from March on, bob comes as before, eve comes twice.
func shop() string {
	var text strings.Builder
	text.WriteString("user,time,type,amount\n")
	for day := range 90 {
		date := fmt.Sprintf("2024-%02d-%02dT", 1+day/30, 1+day%30)
		if date == "2024-02-30T" {
			date = "2024-02-29T"
		}
		if day < 60 {
			fmt.Fprintf(&text, "ann,%s10:00:00Z,visit,\n", date)
		}
		fmt.Fprintf(&text, "bob,%s11:30:00Z,visit,\n", date)
	}
	text.WriteString("eve,2024-01-10T10:00:00Z,order,1999\n")
	text.WriteString("eve,whenever,order,1999\n")
	text.WriteString(",2024-01-10T10:00:00Z,order,1999\n")
	text.WriteString("\xff\xfe,,,\n")
	return text.String()
}

func TestReplayDirectPrintsASummaryATableAndWritesDecisions(t *testing.T) {
	file := write(t, "shop.csv", shop())
	dir := t.TempDir()
	decisions, letters := filepath.Join(dir, "decisions.ndjson"), filepath.Join(dir, "letters.ndjson")
	got := winback(t, nil, "", "replay", "--direct", "--set", "mapping.preset=csv", "--decisions", decisions, "--dead-letters", letters, file)
	if got.code != exitDone {
		t.Fatalf("got %+v", got)
	}
	golden(t, "replay.txt", strings.ReplaceAll("$ winback replay ...\n"+got.stdout+"--- standard error\n"+got.stderr, filepath.Dir(file)+"/", ""))
	golden(t, "decisions.ndjson", read(t, decisions))
	golden(t, "letters.ndjson", strings.ReplaceAll(read(t, letters), filepath.Dir(file)+"/", ""))
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v: the directory holds %v", err, left)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// bareRule is an environment in which no model has a say, so that ann alone is flagged.
func bareRule(environ ...string) []string {
	return append(environ, "WINBACK_SCORER_RISK_MODEL=none", "WINBACK_SCORER_DROP_MIN_BASELINE=4", "WINBACK_SCORER_DROP_MIN_WEEKS=2")
}

func TestReplayDirectPrintsJSONLines(t *testing.T) {
	got := winback(t, bareRule("WINBACK_MAPPING_PRESET=csv"), shop(), "replay", "--direct", "-o", "json", "-")
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if got.code != exitDone || len(lines) != 1 {
		t.Fatalf("got %+v", got)
	}
	var e episode
	if err := json.Unmarshal([]byte(lines[0]), &e); err != nil || e.User != "ann" || e.Status != statusOpen || e.Metric != "visits" || e.Episode != 1 {
		t.Errorf("%v: got %+v", err, e)
	}
	if !strings.Contains(got.stderr, "Read 1 file: 151 events, 3 refused (") {
		t.Errorf("the summary is missing from %q", got.stderr)
	}
}

func TestDecisionsCanGoToStandardOutputAndToADevice(t *testing.T) {
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, shop(), "replay", "--direct", "--decisions", "-", "-")
	if got.code != exitDone || !strings.HasPrefix(got.stdout, `{"user":"ann","at":`) || strings.Contains(got.stdout, "Read 1 file") {
		t.Errorf("got %+v", got)
	}
	got = winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, shop(), "replay", "--direct", "--decisions", os.DevNull, "-")
	if info, err := os.Stat(os.DevNull); got.code != exitDone || err != nil || info.Mode().IsRegular() {
		t.Errorf("%v: got %+v", err, got)
	}
}

func TestAFailedReplayLeavesNoPartialFiles(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if err := os.WriteFile(out, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := winback(t, nil, "", "replay", "--direct", "--set", "mapping.preset=csv", "--decisions", out, "--dead-letters", filepath.Join(dir, "l"), write(t, "f", shop()), "/no/such")
	if got.code != exitFailed || !strings.HasSuffix(got.stderr, "winback: open /no/such: no such file or directory: name a file that can be read, or - for stdin\n") {
		t.Errorf("got %+v", got)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || read(t, out) != "before" {
		t.Errorf("%v: the directory holds %v", err, left)
	}
	for path, want := range map[string]string{dir: "is a directory", "/no/such/dir/out": "no such file or directory: name a file in a directory that can be written to"} {
		got = winback(t, nil, "", "replay", "--direct", "--set", "mapping.preset=csv", "--decisions", path, write(t, "f", shop()))
		if got.code != exitFailed || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: got %+v", path, got)
		}
	}
}

func TestUntilAndTop(t *testing.T) {
	got := winback(t, bareRule("WINBACK_MAPPING_PRESET=csv"), shop(), "replay", "--direct", "--until", "2024-02-20", "--top", "1", "-")
	if got.code != exitDone || !strings.Contains(got.stdout, "judged up to 2024-02-20 00:00") || !strings.Contains(got.stdout, "No user was flagged.") {
		t.Errorf("got %+v", got)
	}
	got = winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "user,time,type\n", "replay", "--direct", "-")
	if got.code != exitDone || !strings.Contains(got.stdout, "No event, so nothing was decided.") {
		t.Errorf("got %+v", got)
	}
}

func TestAReplayWithoutEventsFails(t *testing.T) {
	for name, c := range map[string]struct {
		stdin, until string
		want         string // the last line
	}{
		"an empty file": {"", "", "-: it is empty: name a file of events"},
		"no event":      {"user,time,type\nann,never,visit\n", "", "none of 1 line is an event by the mapping: describe the files with --set mapping.preset=NAME, or a mapping of your own (docs/mapping.md)"},
		"a long line": {"user,time,type\n" + strings.Repeat("a", 1<<17) + ",2026-01-01,visit\n", "",
			"every line is longer than the mapping's max_bytes: raise it with --set mapping.max_bytes=NUMBER (1 line; docs/mapping.md)"},
		"until": {shop(), "2023-12-31", "--until 2023-12-31 00:00 leaves nothing: the first event is of 2024-01-01 10:00 UTC: name a later time"},
	} {
		decisions := filepath.Join(t.TempDir(), "d")
		got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, c.stdin, "replay", "--direct", "--decisions", decisions, "--until", c.until, "-")
		lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
		if got.code != exitFailed || lines[len(lines)-1] != "winback: "+c.want || got.stdout != "" {
			t.Errorf("%s: got %+v", name, got)
		}
		if _, err := os.Stat(decisions); !os.IsNotExist(err) {
			t.Errorf("%s: decisions were written (%v)", name, err)
		}
	}
}

func TestAFileIsNeitherReadTwiceNorWrittenOver(t *testing.T) {
	file := write(t, "f.csv", shop())
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	winback(t, nil, "", "replay", "--direct", file, link).want(t, exitUsage, "winback: "+link+" is named twice, and its events would count twice: name it once\n")
	winback(t, nil, "", "replay", "--direct", "--decisions", link, file).want(t, exitUsage, "winback: "+file+" would be written over: name another file for --decisions, --scores and --dead-letters\n")
	if read(t, file) != shop() {
		t.Error("the file has changed")
	}
}

func TestAFileOfAnotherShapeNamesItsColumns(t *testing.T) {
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "customer;date\n1;2\n", "replay", "--direct", "-")
	if got.code != exitFailed || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "customer;date") {
		t.Errorf("got %+v", got)
	}
}

func TestJSONForAMappingOfCSVIsCalledJSON(t *testing.T) {
	for _, text := range []string{`[{"user":"u1","time":"2026-03-01","type":"visit"}]`, "{\"user\": \"u1\"}\n", "[\n  {\n"} {
		got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, text, "replay", "--direct", "-")
		if want := "winback: stdin begins as JSON does, and the mapping reads CSV: take a preset that reads JSON, or set format: json (docs/mapping.md)\n"; got.code != exitFailed || got.stderr != want {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestReplaySaysHowManyEventsAreInAnUnknownTimeZone(t *testing.T) {
	const events = `{"user":"u","type":"visit","time":1,"utc_offset":"NA"}` + "\n" + `{"user":"u","type":"visit","time":2,"utc_offset":"Europe/Kyiv"}` + "\n"
	got := winback(t, nil, events, "replay", "--direct", "-")
	if got.code != exitDone || !strings.HasPrefix(got.stdout, "Read 1 file: 2 events, 0 refused, 1 in an unknown time zone, such as \"NA\"\n") {
		t.Errorf("got %+v", got)
	}
}
