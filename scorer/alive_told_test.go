package scorer

import (
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

// P(alive) is 1 to the model for who bought once, and stays so for a year of silence: it is a feature of the risk, and nothing to tell people. An
// evening over midnight of UTC is one day of the user's.
func TestAliveIsNotToldOfWhoBoughtOnOneDayOnly(t *testing.T) {
	model := asking()
	model.ActiveDays = 400
	model.Features = append(model.Features, risk.Feature{Name: "alive", Points: []float64{0}})
	model.Alive = &risk.Alive{Metric: "orders", UnitDays: 7, R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	model.Metrics = model.Needs().Metrics
	r, vocabulary := pastRules(t, model)
	const midnight, west = 20_000 * dayMillis, -9 * 60
	at := func(ago int64) schemas.Event {
		return schemas.Event{Time: midnight + ago, Type: vocabulary.Lookup([]byte("order")), Amount: 1, Offset: west}
	}
	for name, test := range map[string]struct {
		orders        []schemas.Event
		told, feature float64
	}{
		"one order":                       {[]schemas.Event{at(0)}, -1, 1},
		"two in one evening":              {[]schemas.Event{at(-10 * 60_000), at(10 * 60_000)}, -1, 1},
		"two evenings, and a year's wait": {[]schemas.Event{at(-3 * dayMillis), at(0)}, 0.125, 0.125},
		"nothing":                         {nil, -1, -1},
	} {
		u, s, track := &User{}, r.NewScratch(), make([]byte, 0, 1<<12)
		visit := schemas.Event{Time: midnight, Type: vocabulary.Lookup([]byte("visit"))}
		for _, e := range append(test.orders, visit) {
			track, _, _ = r.Step(u, track, &e, StepContext{NextBorder: r.GrainOf(e.Time)}, s)
		}
		h := r.GrainOf(midnight + 365*dayMillis)
		if score := r.Score(u, track, h, s); !near(score.Alive, test.told) {
			t.Errorf("%s: told %v, want %v", name, score.Alive, test.told)
		}
		if past, _, ok := r.Past(u, track, h, s); !ok || !near(past.Alive, test.feature) {
			t.Errorf("%s: to the model %v, want %v", name, past.Alive, test.feature)
		}
	}
}

func near(a, b float64) bool { return a-b < 0.01 && b-a < 0.01 }
