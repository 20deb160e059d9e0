package backtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"winback/pipeline/backtest"
	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer"
)

// tryThresholds takes the looks that training takes.
func tryThresholds(t *testing.T, events []told) *train.HeldOutLooks {
	t.Helper()
	loaded, err := config.Load(config.Sources{Preset: "cdnow"}, config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	c.State.MaxJump = 0
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := scorer.Compile(c.Scorer, vocabulary, c.Model)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, Model: c.Model, State: c.PartitionState()}, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	var days train.Days
	for i := range events {
		days.Seen(events[i].at)
	}
	held := &train.HeldOut{Model: c.Model, Unseen: 1, Complete: days.CompleteUntil(events[len(events)-1].at/rules.Grain()*rules.Grain() + rules.Grain())}
	g := train.NewFlaggingGather(train.Defaults(), held, train.FlaggingEngine{
		Activity: func(e *schemas.Event) bool { return rules.Activity(e.Type, e.Category) }, Grain: rules.Grain(),
		Window: int64(c.Scorer.Window), Baseline: int64(c.Scorer.Baseline), Churned: int64(c.Scorer.Lifecycle.Churned),
	})
	engine.Every(rules.Grain(), func(at int64, p *state.Partition) error {
		g.Take(at, p.Standings(at))
		return nil
	})
	if _, err := engine.Run(t.Context(), g.Watch(sent(events, vocabulary)), func([]schemas.Decision) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return g.Looks()
}

// Training tells what every threshold would be worth without running the engine with each. Here it is run.
func TestAThresholdIsWorthInTheServiceWhatTrainingTells(t *testing.T) {
	var events []told
	for _, e := range town(rand.New(rand.NewPCG(3, 7)), 150, 200) {
		if !e.again { // training counts what is sent twice
			events = append(events, e)
		}
	}
	looks := tryThresholds(t, events)
	for _, threshold := range []float64{1, 50, 70, 80} {
		t.Run(fmt.Sprint(threshold), func(t *testing.T) {
			r, _ := runAt(t, backtest.Defaults(), events, threshold)
			got, ok := looks.Try(threshold, threshold)
			want := &r.Rules[0]
			if !ok || want.Flagged == 0 || want.Flagged == want.Rows {
				t.Fatalf("the run shows nothing: %+v", want)
			}
			for _, f := range []struct {
				name      string
				got, want float64
			}{
				{"flagged", got.Flagged, float64(want.ShareFlagged)}, {"precision", got.Precision, float64(want.Precision)}, {"recall", got.Recall, float64(want.Recall)},
				{"lift", got.Lift, float64(want.Lift)}, {"days to last", got.DaysToLast, float64(want.DaysToLast)}, {"days to loss", got.DaysToLoss, float64(want.DaysToLoss)},
				{"new flags", got.NewFlags, float64(want.NewPerWeek)},
			} {
				if math.Abs(f.got-f.want) > 1e-9*max(1, math.Abs(f.want)) {
					t.Errorf("%s: got %v, in the service %v", f.name, f.got, f.want)
				}
			}
		})
	}
}
