package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

// village is a file of people who come every few days until they stop.
func village(people, days int) string {
	random := rand.New(rand.NewPCG(1, 1))
	var text strings.Builder
	text.WriteString("user,time,type,amount\n")
	for person := range people {
		rate, from, stay := 0.1+0.6*random.Float64(), random.IntN(days/2), 10+int(60*random.ExpFloat64())
		for day := from; day < min(days, from+stay); day++ {
			if random.Float64() < rate {
				fmt.Fprintf(&text, "p%d,%d,order,100\n", person, int64(19_700+day)*int64(schemas.Day)+int64(random.IntN(int(schemas.Day))))
			}
		}
	}
	return text.String()
}

func TestTrainWritesAModelAndReportsHowWellItDoes(t *testing.T) {
	file := write(t, "village.csv", village(400, 250))
	out := filepath.Join(t.TempDir(), "model.json")
	train := func(path string) outcome {
		return winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", "train", "--metrics", "orders,spend", "--pairs", "3", "--out", path, file)
	}
	got := train(out)
	if got.code != exitDone || got.stderr != "" {
		t.Fatalf("got %+v", got)
	}
	for _, part := range []string{"Read 1 file: ", " 0 refused", "later time", "unseen users", "Recency alone", "What moves the risk most", "P(alive) of orders", "Flagged from a risk of ", "recall 0.6", "New flags", "Wrote " + out + ": model village of "} {
		if !strings.Contains(got.stdout, part) {
			t.Errorf("%q is missing from %s", part, got.stdout)
		}
	}
	model, err := risk.Decode([]byte(read(t, out)))
	if err != nil {
		t.Fatal(err)
	}
	if f := model.Fit; model.HorizonDays != 30 || model.ActiveDays != 28 || model.Alive == nil || f == nil || f.Later == nil || f.Unseen == nil || f.Later.AUC < 0.7 || f.Data[0].Name != "village.csv" {
		text, _ := json.Marshal(model)
		t.Errorf("got %s", text)
	}
	if th := model.Threshold; th == nil || !(th.Enter > 0 && th.Enter < 100) || !strings.Contains(th.Why, "recall 0.6: ") ||
		!slices.ContainsFunc(model.Table, func(f risk.Flagging) bool { return f.Threshold == th.Enter }) {
		t.Errorf("got the threshold %+v of %+v", th, model.Table)
	}
	// The model alone goes to standard output, and is the same again.
	piped := train("-")
	if piped.code != exitDone || piped.stdout != read(t, out) || !strings.Contains(piped.stderr, "later time") {
		t.Errorf("got exit code %d, %q and %q", piped.code, piped.stdout, piped.stderr)
	}
}

// One clock that runs a year ahead makes nobody lost: the rows are those of the file without it.
func TestTrainDoesNotTakeALateEventForTheEndOfTheData(t *testing.T) {
	text := village(400, 250)
	train := func(text string) (model *risk.Model, report string) {
		out := filepath.Join(t.TempDir(), "model.json")
		got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", "train", "--metrics", "orders", "--out", out, write(t, "village.csv", text))
		model, err := risk.Decode([]byte(read(t, out)))
		if err != nil || got.code != exitDone {
			t.Fatalf("%v: got %+v", err, got)
		}
		return model, got.stdout
	}
	plain, quiet := train(text)
	ahead, report := train(text + fmt.Sprintf("p1,%d,order,100\n", int64(19_700+600)*int64(schemas.Day)))
	if ahead.Fit.Rows != plain.Fit.Rows || ahead.Fit.Lost != plain.Fit.Lost {
		t.Errorf("%d rows, %.3f lost; without the straggler %d, %.3f", ahead.Fit.Rows, ahead.Fit.Lost, plain.Fit.Rows, plain.Fit.Lost)
	}
	if note := "Complete up to "; !strings.Contains(report, note) || strings.Contains(quiet, note) {
		t.Errorf("%q belongs into the first alone:\n%s\n%s", note, report, quiet)
	}
}

func TestTrainRefusesInvalidFlags(t *testing.T) {
	file, long := write(t, "f.csv", village(5, 60)), write(t, "long.csv", village(300, 250))
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no file":       {nil, exitUsage, "name at least one file to train on, or - for stdin"},
		"horizon":       {[]string{"--horizon", "soon", file}, exitUsage, `--horizon: "soon" is not a duration: `},
		"all at once":   {[]string{"--active", "30h", "--pairs", "-1", "--users", "x", "--out", "", file}, exitUsage, "--active: 1d6h: use whole days, 1d to 400d; --pairs: -1: use 0 to 64; --users: \"x\": use all or seen; --out is empty"},
		"recall":        {[]string{"--recall", "60", file}, exitUsage, "--recall: 60: use a share above 0, up to 0.95"},
		"flags":         {[]string{"--flags-per-week", "-3", file}, exitUsage, "--flags-per-week: -3: use a number above 0"},
		"no flags":      {[]string{"--flags-per-week", "0", file}, exitUsage, "--flags-per-week: 0: use a number above 0"},
		"both targets":  {[]string{"--recall", "0.5", "--flags-per-week", "30", file}, exitUsage, "--recall and --flags-per-week exclude each other"},
		"generic":       {[]string{"--generic", "--recall", "0.5", "csv=" + file}, exitUsage, "--recall and --flags-per-week do not go with --generic"},
		"metrics":       {[]string{"--metrics", "ordres", file}, exitUsage, `--metrics: "ordres" is no metric: use some of visits, `},
		"alive":         {[]string{"--alive", "ordres", file}, exitUsage, `--alive: "ordres" is no metric: use one of visits, `},
		"twice":         {[]string{file, file}, exitUsage, file + " is named twice"},
		"over the data": {[]string{"--out", file, file}, exitUsage, file + " would be written over: name another file for --out and --dead-letters"},
		"one file":      {[]string{"--out", "x", "--dead-letters", "./x", file}, exitUsage, "--out and --dead-letters name the same file"},
		"too short":     {[]string{"--out", "-", file}, exitFailed, "train: "},
		"never used":    {[]string{"--out", "-", "--metrics", "orders,visits", long}, exitFailed, "train: metrics that never vary in the rows to fit on: visits. "},
		"no preset":     {[]string{"--generic", file, file}, exitUsage, `"` + file + `": with --generic every history is PRESET=FILE; the presets are cdnow, `},
		"one history":   {[]string{"--generic", "ecommerce=" + file}, exitUsage, "--generic: name two histories at least"},
		"its metrics":   {[]string{"--generic", "--metrics", "orders", "ecommerce=" + file}, exitUsage, "--metrics and --generic exclude each other"},
		"its preset":    {[]string{"--generic", "--preset", "ecommerce", "ecommerce=" + file}, exitUsage, "--preset and --generic exclude each other"},
		"history twice": {[]string{"--generic", "ecommerce=" + file, "daily_app=" + file}, exitUsage, file + " is named twice"},
	} {
		got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", append([]string{"train"}, c.args...)...)
		if got.code != c.code || !strings.HasPrefix(got.stderr, "winback: "+c.want) || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAFailedTrainingLeavesTheOldModel(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "model.json")
	if err := os.WriteFile(out, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", "train", "--out", out, write(t, "f.csv", village(5, 60)))
	left, err := os.ReadDir(dir)
	if err != nil || got.code != exitFailed || len(left) != 1 || read(t, out) != "before" {
		t.Errorf("%v: got %+v, and the directory holds %v", err, got, left)
	}
}

func TestTrainPoolsHistoriesIntoAGenericModel(t *testing.T) {
	out := filepath.Join(t.TempDir(), "generic.json")
	histories := []string{"ecommerce=" + write(t, "shop.csv", village(300, 250)), "daily_app=" + write(t, "club.csv", village(200, 300))}
	got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", append([]string{"train", "--generic", "--out", out}, histories...)...)
	if got.code != exitDone || got.stderr != "" {
		t.Fatalf("got %+v", got)
	}
	for _, part := range []string{"shop", "club", "From 50 on", "What moves the score most", "Wrote " + out + ": model generic of "} {
		if !strings.Contains(got.stdout, part) {
			t.Errorf("%q is missing from %s", part, got.stdout)
		}
	}
	model, err := risk.Decode([]byte(read(t, out)))
	if err != nil {
		t.Fatal(err)
	}
	if model.Chance || len(model.Metrics) > 0 || len(model.Fit.Data) != 2 || model.HorizonDays != 30 {
		t.Errorf("got %+v", model)
	}
}

// The users left out are those that the backtest calls unseen.
func TestTrainOnTheUsersSeen(t *testing.T) {
	file := write(t, "village.csv", village(400, 250))
	rows := map[string]int{}
	for _, users := range []string{"all", "seen"} {
		out := filepath.Join(t.TempDir(), "model.json")
		got := winback(t, []string{"WINBACK_MAPPING_PRESET=csv"}, "", "train", "--metrics", "orders", "--users", users, "--out", out, file)
		model, err := risk.Decode([]byte(read(t, out)))
		if err != nil || got.code != exitDone {
			t.Fatalf("%v: got %+v", err, got)
		}
		rows[users] = model.Fit.Rows
	}
	if share := float64(rows["seen"]) / float64(rows["all"]); share < 0.7 || share > 0.9 {
		t.Errorf("%v rows", rows)
	}
}
