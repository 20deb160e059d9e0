package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winback/schemas"
)

// shopOfWeeks is a file of two customers who order each week; bob stops after ten of twenty weeks.
func shopOfWeeks(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("user_id,date,quantity,amount_usd\n")
	for day := 3; day < 140; day += 7 {
		at := schemas.Day * schemas.Duration(10_000+day)
		fmt.Fprintf(&text, "ann,%s,1,12.50\n", dateOf(int64(at)))
		if day < 70 {
			fmt.Fprintf(&text, "bob,%s,1,12.50\n", dateOf(int64(at)))
		}
	}
	path := filepath.Join(t.TempDir(), "shop.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func dateOf(ms int64) string { return moment(ms)[:10] }

// At each cut-off stands what was known then: who has ordered in the model's 28 days has a risk with reasons, who has not has none, and the
// longer the silence the smaller the chance of being alive, of which nothing is said before the second order.
func TestScoresAreWhatWasKnownAtEachCutOff(t *testing.T) {
	out := filepath.Join(t.TempDir(), "scores.ndjson")
	got := winback(t, nil, "", "replay", "--direct", "--preset", "cdnow", "--scores", out, "--score-every", "7d", shopOfWeeks(t))
	if got.code != exitDone {
		t.Fatalf("got %+v", got)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	byUser, alive := map[string]int{}, 2.0
	for line := range strings.Lines(string(text)) {
		var s scoreLine
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		once := s.At <= int64(schemas.Day)*(10_000+10) // when the second order comes
		if s.At%int64(schemas.Week) != 0 || once != (s.Alive == nil) || s.Reasons == nil {
			t.Errorf("line %s", line)
			continue
		}
		last := int64(schemas.Day) * (10_000 + 66)
		if quiet := s.User == "bob" && s.At > last+29*int64(schemas.Day); quiet != (s.Risk == nil) || quiet != (len(s.Reasons) == 0) {
			t.Errorf("line %s: a risk, or none, where there should be", line)
		} else if quiet {
			if *s.Alive >= alive {
				t.Errorf("line %s: more alive than a week before", line)
			}
			alive = *s.Alive
		}
		byUser[s.User]++
	}
	if byUser["ann"] < 19 || byUser["bob"] < 19 || alive > 1 {
		t.Errorf("lines by user: %v", byUser)
	}
}

func TestScoresNeedAModelAndAPeriod(t *testing.T) {
	file := shopOfWeeks(t)
	for want, args := range map[string][]string{
		"scorer.risk.model":     {"--preset", "cdnow", "--set", "scorer.risk.model="},
		"multiple of the grain": {"--preset", "cdnow", "--score-every", "90m"},
		"--max-jump":            {"--preset", "cdnow", "--max-jump", "1d"},
		"neither a file":        {"--preset", "cdnow", "--set", "scorer.risk.model=nosuch"},
		"the model cdnow does not fit the metrics visits, clicks: it needs orders, spend too: add what is missing to scorer.metrics, or train a model": {"--preset", "oulad", "--set", "scorer.risk.model=cdnow"},
		"names the same file": {"--preset", "cdnow", "--decisions", "out.ndjson"},
	} {
		full := append([]string{"replay", "--direct", "--scores", "out.ndjson"}, args...)
		got := winback(t, nil, "", append(full, file)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: got %+v, want %q", args, got, want)
		}
	}
}
