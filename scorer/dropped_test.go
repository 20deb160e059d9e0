package scorer

import (
	"testing"

	"winback/schemas"
)

// The bare rule knows a drop of exactly drop.enter, asks for no evidence, and looks at core metrics alone.
func TestTheBareRuleOfTheDropAsksForNoEvidence(t *testing.T) {
	c := Defaults()
	c.Metrics = []Metric{{Name: "orders", Types: []string{"order"}, Adds: Count, Core: true}, {Name: "views", Types: []string{"view"}, Adds: Count}}
	c.Activity = []string{"orders"}
	vocabulary, err := c.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compile(c, vocabulary, nil)
	if err != nil {
		t.Fatal(err)
	}
	const border = 20_000 * dayMillis
	for name, test := range map[string]struct {
		kind      string
		base, cur int // events ten days and one day before the border
		want      bool
	}{
		"exactly 30 %":    {"order", 40, 7, true},
		"a little less":   {"order", 40, 8, false},
		"one, then none":  {"order", 1, 0, true},
		"not core":        {"view", 40, 0, false},
		"nothing to lose": {"order", 0, 0, false},
	} {
		u, s, track := &User{}, r.NewScratch(), make([]byte, 0, 1<<12)
		for n := range test.base + test.cur {
			e := schemas.Event{Time: border - 10*dayMillis, Type: vocabulary.Lookup([]byte(test.kind))}
			if n >= test.base {
				e.Time = border - dayMillis
			}
			track, _, _ = r.Step(u, track, &e, StepContext{NextBorder: r.GrainOf(e.Time)}, s)
		}
		if got := r.Dropped(u, track, r.GrainOf(border), s); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	for kind, want := range map[string]bool{"order": true, "view": false, "other": false} {
		if got := r.Activity(vocabulary.Lookup([]byte(kind)), schemas.OtherCategory); got != want {
			t.Errorf("%s is activity: got %v, want %v", kind, got, want)
		}
	}
}
