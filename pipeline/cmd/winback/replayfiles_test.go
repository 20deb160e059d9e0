package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// visits is a CSV of users who come once, a day after each other, and of further rows "user,time".
func visits(users int, further ...string) string {
	text := "user,time,type\n"
	start := time.Date(2022, 1, 1, 10, 0, 0, 0, time.UTC)
	for u := range users {
		text += fmt.Sprintf("u%d,%s,visit\n", u, start.AddDate(0, 0, u).Format(time.RFC3339))
	}
	for _, row := range further {
		text += row + ",visit\n"
	}
	return text
}

func TestTheSummaryCountsUsersWhoAreForgottenByTheEnd(t *testing.T) {
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, visits(500), "replay", "--direct", "-")
	if got.code != exitDone || !strings.Contains(got.stdout, ", 500 users (100 forgotten by the end), judged up to") {
		t.Errorf("got %+v", got)
	}
}

func TestARowOfTheFarFutureIsSetAsideUnlessAskedFor(t *testing.T) {
	environ := []string{"WINBACK_MAPPING_PRESET=csv"}
	dir := t.TempDir()
	before, after, letters := filepath.Join(dir, "before"), filepath.Join(dir, "after"), filepath.Join(dir, "letters")
	winback(t, environ, visits(200), "replay", "--direct", "--decisions", before, "-")
	got := winback(t, environ, visits(200, "u7,2100-01-01T00:00:00Z"), "replay", "--direct", "--decisions", after, "--dead-letters", letters, "-")
	if got.code != exitDone || read(t, before) != read(t, after) || !strings.Contains(got.stdout, "200 events, 1 refused (1 future)") {
		t.Errorf("got %+v", got)
	}
	if want := `winback: one row of one user, after 77.5 years in which nobody did anything: stdin:202 (user "u7", 2100-01-01 00:00 UTC); set aside, ` +
		"or the replay would go on until then and all 200 users count as lost: set replay.max_gap to 0 to have it so\n"; !strings.Contains(got.stderr, want) {
		t.Errorf("got %s", got.stderr)
	}
	if want := `{"file":"stdin","line":202,"reason":"future","detail":"time 2100-01-01 00:00 UTC of user \"u7\": set aside`; !strings.HasPrefix(read(t, letters), want) {
		t.Errorf("got %s", read(t, letters))
	}
	got = winback(t, environ, visits(200, "u7,2100-01-01T00:00:00Z"), "replay", "--direct", "--set", "replay.max_gap=0", "-")
	if got.code != exitDone || !strings.Contains(got.stdout, "judged up to 2100-01-01 01:00") || !strings.Contains(got.stderr, "comes 77.5 years after everybody else: stdin:202") {
		t.Errorf("got %+v", got)
	}
}

// A row long before all others makes the first border early, and that is all: the other users' decisions stay.
func TestARowOfTheFarPastChangesNobodyElse(t *testing.T) {
	environ := []string{"WINBACK_MAPPING_PRESET=csv"}
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	winback(t, environ, visits(200), "replay", "--direct", "--decisions", before, "-")
	winback(t, environ, visits(200, "x,1970-01-01T00:00:00Z"), "replay", "--direct", "--decisions", after, "-").want(t, exitDone, "")
	var others []string
	for line := range strings.Lines(read(t, after)) {
		if !strings.HasPrefix(line, `{"user":"x"`) {
			others = append(others, line)
		}
	}
	if strings.Join(others, "") != read(t, before) {
		t.Error("decisions of other users have changed")
	}
}

func TestTrainingSetsRowsOfTheFarFutureAside(t *testing.T) {
	out := filepath.Join(t.TempDir(), "model.json")
	file := write(t, "f.csv", visits(200, "u7,2100-01-01T00:00:00Z"))
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", "train", "--out", out, file)
	if !strings.Contains(got.stderr, file+`:202 (user "u7", 2100-01-01 00:00 UTC)`) {
		t.Errorf("got %+v", got)
	}
}

func TestPackedFilesAndArraysAreReadFromStandardInput(t *testing.T) {
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	array := "[\n"
	for i := range 5 {
		array += fmt.Sprintf("  {\"user\": \"u%d\", \"type\": \"visit\", \"time\": 1772359200000},\n", i)
	}
	array = strings.TrimSuffix(array, ",\n") + "\n]\n"
	for _, stdin := range []string{array, string(packer.EncodeAll([]byte(array), nil))} {
		got := winback(t, nil, stdin, "replay", "--direct", "-")
		if got.code != exitDone || !strings.Contains(got.stdout, "5 events, 0 refused") {
			t.Errorf("got %+v", got)
		}
	}
}
