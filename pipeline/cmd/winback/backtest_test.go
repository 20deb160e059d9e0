package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"winback/pipeline/backtest"
	"winback/pipeline/backtest/chart"
)

// shopBacktest is the shop of replay's tests: ann's silence is seen by cut-offs with a horizon of ten days.
func shopBacktest(t *testing.T, args ...string) outcome {
	t.Helper()
	return winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, shop(), append([]string{"backtest", "--horizon", "10d"}, append(args, "-")...)...)
}

func TestBacktestPrintsItsReport(t *testing.T) {
	got := shopBacktest(t)
	if got.code != exitDone {
		t.Fatalf("got %+v", got)
	}
	golden(t, "backtest.txt", "$ winback backtest ...\n"+got.stdout+"--- standard error\n"+got.stderr)
}

func TestBacktestPrintsJSONLinesAndDrawsCharts(t *testing.T) {
	charts := filepath.Join(t.TempDir(), "new", "charts")
	got := winback(t, nil, "", "backtest", "--preset", "cdnow", "--charts", charts, "-o", "json", shopOfWeeks(t))
	if got.code != exitDone || !strings.HasPrefix(got.stderr, "Read 1 file: 30 events, 0 refused") {
		t.Fatalf("got %+v", got)
	}
	seen := map[backtest.Part]int{}
	for line := range strings.Lines(got.stdout) {
		var part struct{ Part backtest.Part }
		if err := json.Unmarshal([]byte(line), &part); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		seen[part.Part]++
	}
	if seen[backtest.PartRun] != 1 || seen[backtest.PartAll] != 3 || seen[backtest.PartRanking] != 2 || seen[backtest.PartThreshold] != 19 ||
		seen[backtest.PartReliability] != 10 || seen[backtest.PartWeek] == 0 || seen[backtest.PartLifecycle] == 0 || seen[backtest.PartValue] == 0 {
		t.Errorf("got %v", seen)
	}
	for _, name := range chart.Names() {
		if svg := read(t, filepath.Join(charts, name)); !strings.HasPrefix(svg, "<svg ") {
			t.Errorf("%s: got %q", name, svg)
		}
	}
	if left, err := os.ReadDir(charts); err != nil || len(left) != len(chart.Names()) {
		t.Errorf("%v: the directory holds %v", err, left)
	}
}

func TestBacktestRefusesWhatItCannotReport(t *testing.T) {
	const word = `[^\n]*`
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"duration":  {[]string{"--cut", "soon"}, exitUsage, `--cut: "soon" is not a duration: ` + word},
		"all":       {[]string{"--active", "30h", "--users", "few"}, exitUsage, `--active: 1d6h: use whole days, 1d to 400d; --users: "few": use all, seen or unseen`},
		"from":      {[]string{"--from", "yesterday"}, exitUsage, `--from: "yesterday" is no time: ` + word},
		"order":     {[]string{"--from", "2024-02-01", "--to", "2024-02-01"}, exitUsage, `--from: it does not lie before --to: no cut-off is left`},
		"stdout":    {[]string{"-o", "json", "--dead-letters", "-"}, exitUsage, `--output json has standard output for itself: name a file instead of -`},
		"too short": {[]string{"--horizon", "200d"}, exitFailed, `backtest: the history is too short: ` + word},
		"no week":   {[]string{"--from", "2030-01-01"}, exitFailed, `backtest: no cut-off with active users lies within --from and --to: with a horizon of 10d there are some from 2024-01-04 to 2024-03-14`},
	} {
		got := shopBacktest(t, c.args...)
		last := got.stderr[strings.LastIndex(strings.TrimSpace(got.stderr), "\n")+1:]
		if got.code != c.code || !regexp.MustCompile(`^winback: `+c.want+`\n$`).MatchString(last) || got.stdout != "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	winback(t, nil, "", "backtest").want(t, exitUsage, "winback: name at least one file to look back on, or - for stdin\n")
	dir := t.TempDir()
	file := filepath.Join(dir, chart.LeadTime)
	if err := os.WriteFile(file, []byte(shop()), 0o600); err != nil {
		t.Fatal(err)
	}
	winback(t, nil, "", "backtest", "--charts", dir, file).want(t, exitUsage, "winback: "+file+" would be written over: name another file for --charts and --dead-letters\n")
}

// The generic model gives a score until the base rate is told, and the report calls it one.
func TestBacktestCallsAScoreAScoreAndAChanceAChance(t *testing.T) {
	const scores, chances, note = "Scores given and the share that came", "Chances given and what came", "The risk is a score that ranks, not a chance"
	for _, c := range []struct {
		args   []string
		chance bool
	}{{nil, false}, {[]string{"--set", "scorer.risk.base_rate=0.2"}, true}} {
		got := shopBacktest(t, c.args...)
		if got.code != exitDone || strings.Contains(got.stdout, chances) != c.chance || strings.Contains(got.stdout, scores) == c.chance || strings.Contains(got.stdout, note) == c.chance {
			t.Errorf("%v: got %+v", c.args, got)
		}
		var run backtest.RunLine
		if err := json.NewDecoder(strings.NewReader(shopBacktest(t, append(c.args, "-o", "json")...).stdout)).Decode(&run); err != nil || run.Chance != c.chance {
			t.Errorf("%v: %v: got %+v", c.args, err, run)
		}
	}
}

// One user who stays: every figure that cannot be told is a dash, and words say why.
func TestBacktestSaysInWordsWhatItCannotTell(t *testing.T) {
	var bob strings.Builder
	for line := range strings.Lines(shop()) {
		if !strings.HasPrefix(line, "ann") && !strings.HasPrefix(line, "eve") {
			bob.WriteString(line)
		}
	}
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, bob.String(), "backtest", "-")
	if got.code != exitDone || strings.Contains(got.stdout, "NaN") || strings.Contains(got.stdout, "Inf") {
		t.Errorf("got %+v", got)
	}
	for _, words := range []string{"There is one user", "Nobody was lost", "Nobody was flagged"} {
		if !strings.Contains(got.stdout, words) {
			t.Errorf("%q is missing from %s", words, got.stdout)
		}
	}
}

// docs/backtest.md has the keys of the lines, the parts and the charts, and no others.
func TestTheLinesOfABacktestAreDocumented(t *testing.T) {
	page := readPage(t, "docs/backtest.md")
	var has []string
	for _, line := range []any{backtest.RunLine{}, backtest.RuleLine{}, backtest.RankingLine{}, backtest.BinLine{}, backtest.WeekLine{}, backtest.GroupLine{}} {
		has = append(has, keysOfAll(reflect.TypeOf(line))...)
	}
	sameWords(t, page.name, "key", sortedOnce(first(page.headed(t, "key")...)), sortedOnce(has))
	sameWords(t, page.name, "part", first(page.headed(t, "part")...), constants(t, "pipeline/backtest", "Part"))
	sameWords(t, page.name, "chart", first(page.headed(t, "chart")...), chart.Names())
}

// keysOfAll are the JSON keys of a struct and of those that it embeds.
func keysOfAll(of reflect.Type) (keys []string) {
	for field := range of.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			keys = append(keys, keysOfAll(field.Type)...)
		case key != "-":
			keys = append(keys, key)
		}
	}
	return keys
}
