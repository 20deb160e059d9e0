package scorer

import (
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/tags"
)

// Neither adding an event nor judging, assessing and scoring a user allocates.
func TestNothingIsAllocatedForAnEventOrALook(t *testing.T) {
	c := Defaults()
	c.Risk.Threshold = 30
	c.Tags = []tags.Tag{{Name: "owl", When: "share(any, hours=22-02, 30d) >= 0.5"}, {Name: "monthly", When: "months(order) >= 3"}}
	vocabulary, err := c.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	model := &risk.Model{
		Format: risk.Format, Name: "recency", Features: []risk.Feature{
			{Name: "recency", Cuts: []float64{1, 3, 10}, Points: []float64{0, 1, 3, 10}}, {Name: "days(0d, 28d)", Cuts: []float64{2, 5}, Points: []float64{-1, -2, -5}},
		},
		HorizonDays: 30, ActiveDays: 28, Metrics: []string{"orders"}, Alive: &risk.Alive{Metric: "orders", UnitDays: 7, R: 1, Alpha: 1, A: 1, B: 1},
	}
	r, err := Compile(c, vocabulary, model)
	if err != nil {
		t.Fatal(err)
	}
	u, s, track := &User{}, r.NewScratch(), make([]byte, 0, 1<<16)
	types := []schemas.TypeID{vocabulary.Lookup([]byte("visit")), vocabulary.Lookup([]byte("order")), vocabulary.Lookup([]byte("view"))}
	at, n, assessed, trimmed := int64(1_700_000_000_000), 0, 0, 0
	step := func() {
		e := schemas.Event{Time: at, Type: types[n%len(types)], Amount: int64(n), Offset: int16(n % 120)}
		track, _, _ = r.Step(u, track, &e, StepContext{NextBorder: r.GrainOf(at)}, s)
		at += 5 * hourMillis
		h := r.GrainOf(at)
		v, _ := r.Judge(u, track, h, JudgeContext{UserHash: 3}, s)
		if v.Profiled || s.score.Risk >= 0 {
			assessed++
		}
		if n++; v.Stale {
			track = r.Trim(u, track, h, s)
			trimmed++
		}
		if r.Score(u, track, h, s).Risk < 0 {
			t.Error("an active user without a risk")
		}
	}
	for range 2000 {
		step()
	}
	if perRun := testing.AllocsPerRun(2000, step); perRun > 0 || assessed == 0 || trimmed == 0 {
		t.Errorf("%v allocations for an event and a look; %d assessments, %d trims", perRun, assessed, trimmed)
	}
}
