package main

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/config"
	"winback/schemas"
)

// town is a file, in the order of arrival, of people who come every few days, less and less often in their last weeks, and then no more.
func town(people, days int) string {
	type line struct {
		came int64
		text string
	}
	var lines []line
	random := rand.New(rand.NewPCG(1, 2))
	for person := range people {
		at, mean := 60*random.Float64(), 1+3*random.Float64()
		leaves := at + 60 + 300*random.Float64()
		for ; at < min(leaves, float64(days)); at += mean * random.ExpFloat64() {
			ms := int64((20_000 + at) * float64(schemas.Day))
			late := int64(random.IntN(5_000))
			if random.IntN(50) == 0 {
				late = int64(random.IntN(5_400_000))
			}
			if lines = append(lines, line{ms + late, fmt.Sprintf("p%d,%d,order,100\n", person, ms)}); at > leaves-15 {
				at += 2 * mean
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.came, b.came) })
	var text strings.Builder
	text.WriteString("user,time,type,amount\n")
	for _, l := range lines {
		text.WriteString(l.text)
	}
	return text.String()
}

func calibrated(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	return winback(t, []string{"WINBACK_MAPPING_PRESET=csv", "WINBACK_KAFKA_SASL_PASSWORD=hunter2"}, stdin, append([]string{"calibrate"}, args...)...)
}

func TestCalibrateWritesSettingsWithTheirReasons(t *testing.T) {
	file := write(t, "town.csv", town(250, 365))
	got := calibrated(t, "", "--set", "scorer.drop.exit=0.1", file)
	if got.code != exitDone || !strings.Contains(got.stderr, "Read 1 file: ") || !strings.Contains(got.stderr, "scorer.window: ") {
		t.Fatalf("got %+v", got)
	}
	golden(t, "calibrate.yaml", got.stdout)
	if again := calibrated(t, "", "--set", "scorer.drop.exit=0.1", file); again.stdout != got.stdout {
		t.Errorf("the same input gives another file:\n%s", again.stdout)
	}
	loaded, err := config.Load(config.Sources{Path: write(t, "found.yaml", got.stdout)}, config.Files|config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	l := loaded.Scorer.Lifecycle
	if loaded.Mapping.Preset != "csv" || loaded.Scorer.Drop.Exit != 0.1 || loaded.State.Lateness <= 5*schemas.Minute || l.Churned == 90*schemas.Day {
		t.Errorf("got %+v, %+v and %+v", loaded.Mapping, loaded.Scorer, loaded.State)
	}
	if strings.Contains(got.stdout, "hunter2") {
		t.Error("a secret is in the file")
	}
}

func TestCalibrateWritesToFilesAndSaysSo(t *testing.T) {
	file := write(t, "town.csv", town(250, 365))
	directory := t.TempDir()
	out, charts := filepath.Join(directory, "my.yaml"), filepath.Join(directory, "new", "charts")
	got := calibrated(t, "", "--out", out, "--charts", charts, file)
	if got.code != exitDone || got.stderr != "" || !strings.Contains(got.stdout, "Wrote "+out+". See what is in force: winback config --config "+out) {
		t.Fatalf("got %+v", got)
	}
	if text := read(t, out); !strings.Contains(text, "#   winback train --config "+out+" --out model.json town.csv\n") || !strings.HasPrefix(text, "# Settings that fit town.csv") {
		t.Errorf("got %s", text)
	}
	if shown := winback(t, nil, "", "config", "--config", out); shown.code != exitDone {
		t.Errorf("the settings do not load: %s", shown.stderr)
	}
	chart := read(t, filepath.Join(charts, "returns.svg"))
	in := xml.NewDecoder(strings.NewReader(chart))
	for {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the chart is no XML: %v", err)
		}
	}
	for _, part := range []string{"<svg ", "<polyline ", ">silent_light ", ">churned "} {
		if !strings.Contains(chart, part) || strings.Contains(chart, "NaN") {
			t.Errorf("%q is missing from the chart", part)
		}
	}
	// What the file of the run before said is what is compared with.
	if again := winback(t, nil, "", "calibrate", "--config", out, file); again.code != exitDone || strings.Contains(again.stdout, " before\n") {
		t.Errorf("with its own settings in force it finds others: %s", again.stdout)
	}
}

func TestCalibrateRefusesWhatItCannotLearnFrom(t *testing.T) {
	header := "user,time,type,amount\n"
	var once, ten strings.Builder
	for person := range 300 {
		fmt.Fprintf(&once, "p%d,%d,order,1\n", person, int64(20_000+person/4)*int64(schemas.Day))
	}
	for d := range 900 {
		fmt.Fprintf(&ten, "p%d,%d,order,1\n", d%10, int64(20_000)*int64(schemas.Day)+int64(d)*int64(schemas.Day)/5)
	}
	for _, c := range []struct{ name, text, words string }{
		{"empty", "", "it is empty"},
		{"no event", header, "so there is nothing to learn from"},
		{"one user", header + "p,1700000000000,order,1\n", "only 1 user with activity: too few"},
		{"ten users", header + ten.String(), "only 10 users with activity: too few to tell how users come and go; at least 100 are needed"},
		{"too short", town(600, 20), "days of data: too few to tell a silence from a pause; at least 28 are needed"},
		{"nobody returns", header + once.String(), "only 0 returns from a silence of a day or longer"},
	} {
		got := calibrated(t, c.text, "-")
		if got.code != exitFailed || got.stdout != "" || !strings.Contains(got.stderr, c.words) {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

// In four months not every pair can be tried and not every length told: what is left out is said, and what is written loads.
func TestCalibrateLeavesOutWhatTheFilesDoNotTell(t *testing.T) {
	for _, days := range []int{40, 75, 120} {
		got := calibrated(t, town(300, days), "-")
		if got.code != exitDone || strings.Contains(got.stdout, "NaN") || !strings.Contains(got.stdout, "# Not told by the data, and left as it was:\n#   ") {
			t.Errorf("%d days: got %+v", days, got)
		}
		if _, err := config.Load(config.Sources{Path: write(t, "found.yaml", got.stdout)}, config.Files|config.Engine); err != nil {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func TestCalibrateRefusesFlagsThatMakeNoSense(t *testing.T) {
	file := write(t, "town.csv", "user,time,type,amount\n")
	own := write(t, "own.yaml", "mapping: {preset: csv}\n")
	for _, c := range []struct {
		args  []string
		words string
	}{
		{nil, "name at least one file to learn from"},
		{[]string{"--return-below", "0.2", file}, "--return-below"},
		{[]string{"--return-below", "NaN", file}, "--return-below"},
		{[]string{"--horizon", "36h", file}, "whole days"},
		{[]string{"--horizon", "soon", file}, "--horizon"},
		{[]string{"--out", "", file}, "--out is empty"},
		{[]string{"--out", file, file}, "would be written over"},
		{[]string{"--config", own, "--out", own, file}, "is the configuration in force and would be written over"},
		{[]string{file, file}, "is named twice"},
	} {
		if got := calibrated(t, "", c.args...); got.code != exitUsage || !strings.Contains(got.stderr, c.words) {
			t.Errorf("%q: got %+v", c.args, got)
		}
	}
}

// A time to be forgotten that is shorter than the churn found is a setting of the user's, who is told to change it.
func TestCalibrateSaysWhichSettingDoesNotGoWithWhatItFound(t *testing.T) {
	got := calibrated(t, town(250, 365), "--set", "scorer.lifecycle.silent_light=2d", "--set", "scorer.lifecycle.silent_moderate=3d",
		"--set", "scorer.lifecycle.silent_heavy=4d", "--set", "scorer.lifecycle.churned=5d", "--set", "scorer.lifecycle.forgotten=6d", "-")
	if got.code != exitFailed || got.stdout != "" || !strings.Contains(got.stderr, "does not go with your other settings") || !strings.Contains(got.stderr, "lifecycle.forgotten") {
		t.Errorf("got %+v", got)
	}
}

// Names of files come from outside: none ends a comment or a word of the command that comes next.
func TestCalibrateWritesNamesOfFilesSafely(t *testing.T) {
	found := &calibration{files: []string{"a b.csv", "it's\nlog: {level: loud}", "c.csv"}}
	if got, want := found.source(), "a b.csv, it's\uFFFDlog: {level: loud}, c.csv"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := found.next("-"), "winback train --config THIS_FILE --out model.json 'a b.csv' 'it'\\''s\uFFFDlog: {level: loud}' c.csv"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	found.files = []string{"1", "2", "3", "4", "5"}
	if got := found.source() + found.next("x.yaml"); got != "1, 2, 3 and 2 morewinback train --config x.yaml --out model.json FILE..." {
		t.Errorf("got %q", got)
	}
}
