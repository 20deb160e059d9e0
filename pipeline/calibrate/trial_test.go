package calibrate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// fading are users who come every few days, then less often for two weeks or so, then no more.
func fading(seed uint64, users, days int) (all []visit) {
	random := rand.New(rand.NewPCG(seed, 3))
	for u := range users {
		at, mean := 60*random.Float64(), 1+3*random.Float64()
		for leaves := at + 60 + 300*random.Float64(); at < min(leaves, float64(days)); at += mean * random.ExpFloat64() {
			if all = append(all, visit{u, at}); at > leaves-15 {
				at += 2 * mean
			}
		}
	}
	slices.SortFunc(all, func(a, b visit) int { return cmp.Compare(a.at, b.at) })
	return all
}

// entries are what an engine decided of one user.
type entries []struct{ from, to int64 }

// slowly counts the rows of every cut-off from the visits and the episodes, one user at a time.
func slowly(plan *Plan, pair Pair, visits []visit, episodes map[int]entries) Outcome {
	byUser := map[int][]int64{} // the active hours
	for _, v := range visits {
		hour := int64(schemas.Hour)
		byUser[v.user] = append(byUser[v.user], int64((start+v.at)*float64(dayLength))/hour*hour)
	}
	o, leads := Outcome{Pair: pair}, map[[2]int64]int64{}
	for at := plan.From; at < plan.Until; at += int64(schemas.Week) {
		for user, hours := range byUser {
			last, next := int64(-1), int64(-1)
			for _, hour := range hours {
				if hour < at {
					last = hour
				} else if next < 0 {
					next = hour
				}
			}
			if last < 0 || last < at-int64(plan.Active) {
				continue
			}
			o.Rows++
			lost := next < 0 || next >= at+int64(plan.Horizon)
			if lost {
				o.Lost++
			}
			for _, e := range episodes[user] {
				if e.from > at || e.to <= at {
					continue
				}
				if o.Flagged++; lost {
					o.Hits++
					key := [2]int64{int64(user), last}
					if _, counted := leads[key]; !counted {
						leads[key] = last + int64(schemas.Hour) + int64(plan.Horizon) - e.from
					}
				}
			}
		}
	}
	all := []int64{}
	for _, lead := range leads {
		all = append(all, lead)
	}
	slices.Sort(all)
	o.Lead = float64(all[(len(all)-1)/2]+all[len(all)/2]) / 2 / float64(dayLength)
	return o
}

// try runs the engine with a pair's bare rule and returns the outcome, and the episodes for a slow count.
func try(t *testing.T, plan *Plan, h *History, pair Pair, visits []visit) (Outcome, map[int]entries) {
	t.Helper()
	cfg := direct.Config{Scorer: BareRule(scorer.Defaults(), pair), State: state.Defaults()}
	cfg.State.MaxJump, cfg.State.Lateness = 0, 0
	vocabulary, err := cfg.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := direct.New(cfg, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	trial, episodes := plan.Trial(h, pair), map[int]entries{}
	engine.Every(int64(schemas.Week), func(at int64, _ *state.Partition) error { trial.Look(at); return nil })
	_, err = engine.Run(t.Context(), func(yield func(*schemas.Event) bool) {
		for _, v := range visits {
			if !yield(&schemas.Event{User: fmt.Appendf(nil, "u%d", v.user), Time: int64((start + v.at) * float64(dayLength)), Type: vocabulary.Lookup([]byte("visit"))}) {
				return
			}
		}
	}, func(ds []schemas.Decision) error {
		for _, d := range ds {
			var user int
			if _, err := fmt.Sscanf(d.User, "u%d", &user); err != nil {
				return err
			}
			switch own := episodes[user]; d.Kind {
			case schemas.KindEntered:
				episodes[user] = append(own, struct{ from, to int64 }{d.At, 1 << 60})
			case schemas.KindRecovered, schemas.KindSettled, schemas.KindLost:
				own[len(own)-1].to = d.At
			}
		}
		return trial.Decided(ds)
	})
	if err != nil {
		t.Fatal(err)
	}
	return trial.Outcome(), episodes
}

func TestOutcomesAreThoseCountedSlowlyFromTheDecisions(t *testing.T) {
	// One user is away from the day before a cut-off to the very end of its horizon.
	visits := append(fading(1, 200, 365), visit{900, 131}, visit{900, 162})
	slices.SortFunc(visits, func(a, b visit) int { return cmp.Compare(a.at, b.at) })
	h, err := told(t, visits)
	if err != nil {
		t.Fatal(err)
	}
	rules := scorer.Defaults()
	plan, err := h.Plan(Defaults(), &rules, 60)
	if err != nil || len(plan.Pairs) != 4 {
		t.Fatalf("%v: %+v", err, plan)
	}
	var outcomes []Outcome
	for _, pair := range plan.Pairs {
		got, episodes := try(t, plan, h, pair, visits)
		if want := slowly(plan, pair, visits, episodes); got != want || got.Hits == 0 || got.Lost == got.Rows {
			t.Errorf("%v: got %#v, want %#v", pair, got, want)
		}
		outcomes = append(outcomes, got)
	}
	chosen, err := plan.Choose(outcomes)
	if err != nil || chosen == nil {
		t.Fatalf("%v: nothing was chosen:\n%s", err, Table(outcomes, nil))
	}
	for _, o := range outcomes {
		if o.J() > chosen.J()+even || o.J() >= chosen.J() && o.Lead > chosen.Lead || chosen.J() < outcomes[0].J() {
			t.Errorf("%v was chosen of\n%s", chosen.Pair, Table(outcomes, chosen))
		}
	}
}

// Of pairs that tell alike the earlier is chosen, but none that tells less than the one in force.
func TestTheChoiceIsTheEarliestOfTheBest(t *testing.T) {
	plan := &Plan{Horizon: 30 * schemas.Day}
	outcome := func(hits, alarms int, lead float64) Outcome {
		return Outcome{Rows: 2000, Lost: 1000, Hits: hits, Flagged: hits + alarms, Lead: lead}
	}
	for _, c := range []struct {
		name     string
		outcomes []Outcome
		chosen   int // -1 for none
	}{
		{"the largest J", []Outcome{outcome(500, 300, 20), outcome(600, 300, 10), outcome(400, 300, 30)}, 1},
		{"an earlier one that is as good", []Outcome{outcome(500, 300, 20), outcome(600, 300, 10), outcome(595, 300, 15)}, 2},
		{"not one that is worse than that in force", []Outcome{outcome(598, 300, 12), outcome(600, 300, 10), outcome(595, 300, 15)}, 0},
		{"that in force, where all are alike", []Outcome{outcome(600, 300, 10), outcome(600, 300, 10)}, 0},
		{"none, where all are chance", []Outcome{outcome(300, 300, 10), outcome(600, 590, 20)}, -1},
	} {
		chosen, err := plan.Choose(c.outcomes)
		if err != nil || (chosen == nil) != (c.chosen < 0) || chosen != nil && *chosen != c.outcomes[c.chosen] {
			t.Errorf("%s: chosen is %+v, %v", c.name, chosen, err)
		}
	}
	if _, err := plan.Choose([]Outcome{{Rows: 500}}); err == nil {
		t.Error("nobody was lost, and a pair was chosen")
	}
	if _, err := plan.Choose([]Outcome{{Rows: 500, Lost: 500, Flagged: 500, Hits: 500}}); err == nil {
		t.Error("everybody was lost, and a pair was chosen")
	}
}

func TestAHistoryTooShortForCutOffsIsRefused(t *testing.T) {
	h, err := told(t, fading(1, 300, 80))
	if err != nil {
		t.Fatal(err)
	}
	rules := scorer.Defaults()
	if plan, err := h.Plan(Defaults(), &rules, 60); err == nil {
		t.Errorf("80 days: %+v", plan)
	} else if !strings.Contains(err.Error(), "100d are needed") {
		t.Errorf("got %v", err)
	}
	if h, err = told(t, fading(1, 300, 101)); err != nil {
		t.Fatal(err)
	}
	if plan, err := h.Plan(Defaults(), &rules, 60); err != nil || len(plan.Pairs) != 2 || len(plan.Untried) != 2 {
		t.Errorf("101 days: %+v, %v", plan, err)
	}
}

// A baseline of two weeks has no three weeks with events: such a pair would be refused when the settings are read back.
func TestPairsThatTheOtherSettingsDoNotAllowAreNotTried(t *testing.T) {
	h, err := told(t, fading(1, 300, 300))
	if err != nil {
		t.Fatal(err)
	}
	rules := scorer.Defaults()
	rules.Drop.MinWeeks = 3
	plan, err := h.Plan(Defaults(), &rules, 60)
	if err != nil || len(plan.Pairs) != 3 || len(plan.Untried) != 1 || plan.Untried[0].Baseline != 14*schemas.Day {
		t.Errorf("%v: %+v", err, plan)
	}
}
