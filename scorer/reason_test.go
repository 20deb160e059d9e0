package scorer_test

import (
	"testing"

	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// A user visits daily for five weeks and then stays away: what is said when they enter depends on what the model's number is.
func TestTheReasonOfAnEntryTellsTheDropAndTheRisk(t *testing.T) {
	const drop = "visits -42 % against own 28 days: 4 instead of 7.0"
	for name, c := range map[string]struct {
		chance bool
		rate   float64
		bias   float64
		want   string
	}{
		"a score":                       {false, 0, 0.9, drop + "; risk 71: silent 3 days"},  // 71.09
		"rounded down":                  {false, 0, 0.94, drop + "; risk 71: silent 3 days"}, // 71.9
		"a chance":                      {true, 0, 0.9, drop + "; risk 71 %: silent 3 days"},
		"a score by the base rate told": {false, 0.5, 0.9, drop + "; risk 71 %: silent 3 days"},
	} {
		t.Run(name, func(t *testing.T) {
			model := &risk.Model{
				Format: risk.Format, Name: "one", Chance: c.chance, HorizonDays: 30, ActiveDays: 28, Threshold: &risk.Threshold{Enter: 60},
				Features: []risk.Feature{{Name: "recency", Cuts: []float64{3}, Points: []float64{-2, c.bias}}},
			}
			cfg := scorer.Defaults()
			cfg.Risk.BaseRate = c.rate
			if got := firstReason(t, cfg, model); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got, want := firstReason(t, scorer.Defaults(), nil), "visits -42 % against own 28 days: 4 instead of 7.0"; got != want {
		t.Errorf("without a model: got %q, want %q", got, want)
	}
}

// firstReason is why the user enters their first episode.
func firstReason(t *testing.T, cfg scorer.Config, model *risk.Model) string {
	t.Helper()
	vocabulary, err := cfg.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := scorer.Compile(cfg, vocabulary, model)
	if err != nil {
		t.Fatal(err)
	}
	var u scorer.User
	track, s := make([]byte, 0, 4096), r.NewScratch()
	visit := schemas.Event{Type: vocabulary.Lookup([]byte("visit"))}
	for day := range int64(35) {
		visit.Time = (19_000+day)*int64(schemas.Day) + int64(schemas.Hour)/2
		longer, _, need := r.Step(&u, track, &visit, scorer.StepContext{}, s)
		if track = longer; need > 0 {
			t.Fatalf("%d bytes are missing", need)
		}
	}
	for h := r.GrainOf(visit.Time) + 1; h < r.GrainOf(visit.Time)+24*20; h++ {
		verdict, _ := r.Judge(&u, track, h, scorer.JudgeContext{UserHash: 1}, s)
		if verdict.Kind == schemas.KindEntered {
			return r.Reason(&verdict, s)
		}
	}
	t.Fatal("nobody entered")
	return ""
}
