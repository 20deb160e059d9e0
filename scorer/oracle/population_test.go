package oracle

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPopulationFactor(t *testing.T) {
	cfg := testConfig()
	cfg.Population.On = true
	border := Origin + 35*day
	base, cur := Origin+5*day, Origin+30*day
	for _, test := range []struct {
		name   string
		metric int
		events []Event
		want   int64
	}{
		{"nothing", 1, nil, Million},
		{"no base", 1, []Event{orderAt(cur, 9)}, Million},
		{"a base given back", 1, []Event{orderAt(base, 9), orderAt(base, -9), orderAt(cur, -9)}, Million},
		{"as ever", 1, []Event{orderAt(base, 400), orderAt(cur, 100)}, Million},
		{"three quarters, rounded down", 1, []Event{orderAt(base, 401), orderAt(cur, 75)}, 748_129},
		{"the floor", 1, []Event{orderAt(base, 400), orderAt(cur, 49)}, 500_000},
		{"given back", 1, []Event{orderAt(base, 400), orderAt(cur, -1)}, 500_000},
		{"the ceiling", 1, []Event{orderAt(base, 400), orderAt(cur, 200)}, Million},
		{"beyond int64", 1, []Event{orderAt(base, 1), orderAt(cur, 1<<62)}, Million},
		{"two others, events of one session", 0, []Event{orderAt(base, 0), {User: "v", Type: "page", Time: base}, {User: "v", Type: "page", Time: base + 1}, orderAt(cur, 0)}, Million},
		{"as many, one less now", 0, []Event{orderAt(base, 0), orderAt(base, 0), orderAt(base, 0), orderAt(base, 0), orderAt(base, 0), orderAt(cur, 0)}, 800_000},
		{"outside the windows", 1, []Event{orderAt(Origin-1, 9), orderAt(base, 400), orderAt(cur, 80), orderAt(border, 9)}, 800_000},
	} {
		p := newPopulation(&cfg)
		for _, e := range test.events {
			p.add(e)
		}
		if got := p.factor(test.metric, border); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// Where nothing can be excused, taking the drop against the population changes nothing; where everything can, it changes a lot.
func TestPopulationWithinItsBounds(t *testing.T) {
	cfg := testConfig()
	events := Random(rand.New(rand.NewPCG(11, 2)), cfg, 20, 150)
	until := Origin + 200*day
	off := Judge(cfg, events, until)
	cfg.Population = Population{On: true, Floor: Million, Ceiling: Million}
	if bound := Judge(cfg, events, until); !slices.Equal(bound.Decisions, off.Decisions) {
		t.Error("a floor and ceiling of 1 changed decisions")
	}
	cfg.Population = Population{On: true, Floor: 1, Ceiling: 10 * Million}
	if free := Judge(cfg, events, until); slices.Equal(free.Decisions, off.Decisions) {
		t.Error("a wide floor and ceiling changed nothing")
	}
}
