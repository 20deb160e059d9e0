package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

const (
	minute = int64(60_000)
	hour   = 60 * minute
	day    = 24 * hour
)

// shapes are the configurations the properties are tried on: the defaults, and others that make rare things frequent.
func shapes() map[string]oracle.Config {
	usual := oracle.Defaults()
	usual.Metrics = []oracle.Metric{
		{Name: "visits", Types: []string{"page", "order"}, Adds: oracle.Sessions, Core: true},
		{Name: "views", Types: []string{"page"}, Adds: oracle.Count},
		{Name: "orders", Types: []string{"order"}, Adds: oracle.Count, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: oracle.Amount, Core: true},
		{Name: "online_time", Types: []string{"page"}, Adds: oracle.Duration, Core: true},
	}
	usual.Activity = []string{"visits", "orders"}
	eager := usual
	eager.Alpha, eager.MinBaseline, eager.Grain = 1, 1, 6*hour
	short := usual
	short.Alpha, short.Grain, short.Window, short.Baseline, short.Reach = 0.2, 24*hour, 3*day, 10*day, 13*day
	short.NewUnder, short.SilentLight, short.SilentModerate, short.SilentHeavy, short.Churned = 2*day, 4*day, 6*day, 9*day, 14*day
	return map[string]oracle.Config{"usual": usual, "eager": eager, "short": short}
}

// Every property runs on every shape, each with its own seeds.
func eachRun(t *testing.T, check func(t *testing.T, cfg oracle.Config, rng *rand.Rand)) {
	for name, cfg := range shapes() {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) { check(t, cfg, rand.New(rand.NewPCG(seed, 1))) })
		}
	}
}

const (
	users = 12
	days  = 150
	until = oracle.Origin + (days+100)*day
)

func TestOrderWithinLatenessDoesNotMatter(t *testing.T) {
	eachRun(t, func(t *testing.T, cfg oracle.Config, rng *rand.Rand) {
		events := oracle.Random(rng, cfg, users, days)
		want := oracle.Decide(cfg, events, until)
		for _, lateness := range []int64{0, 5 * minute, 3 * hour, 2 * day} {
			arrivals := oracle.Disorder(rng, events, lateness)
			got, refused := oracle.DecideArrivals(cfg, arrivals, lateness, until)
			if len(refused) > 0 {
				t.Errorf("lateness %d: %d events refused", lateness, len(refused))
			}
			same(t, got, want)
		}
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		same(t, oracle.Decide(cfg, events, until), want)
	})
}

// What is late tells later or is refused, but every user's decisions still make one story.
func TestDecisionsMakeAStory(t *testing.T) {
	eachRun(t, func(t *testing.T, cfg oracle.Config, rng *rand.Rand) {
		arrivals := oracle.Disorder(rng, oracle.Random(rng, cfg, users, days), cfg.Reach+2*day)
		decisions, refused := oracle.DecideArrivals(cfg, arrivals, 5*minute, until)
		if len(refused) == 0 || len(refused) == len(arrivals) {
			t.Errorf("%d of %d events refused", len(refused), len(arrivals))
		}
		stories := map[string]*story{}
		for _, d := range decisions {
			if stories[d.User] == nil {
				stories[d.User] = &story{}
			}
			if problem := stories[d.User].next(d, cfg.Grain); problem != "" {
				t.Errorf("%s: %s", oracle.Render([]schemas.Decision{d}, nil), problem)
			}
		}
	})
}

// story follows one user's decisions.
type story struct {
	last      schemas.Decision
	lifecycle string
	episodes  uint32
	open      bool
}

// next returns what cannot be, empty if all is well.
func (s *story) next(d schemas.Decision, grain int64) string {
	last := s.last
	s.last = d
	switch {
	case d.At%grain != 0 || d.At < last.At:
		return "not at a later border"
	case d.At == last.At && (last.Kind != schemas.KindLifecycle || d.Kind == schemas.KindLifecycle):
		return "a second change at one border"
	case d.Kind == schemas.KindLifecycle:
		from := s.lifecycle
		s.lifecycle = d.To
		if d.From != from || d.To == from {
			return "does not follow from " + from
		}
	case d.Kind == schemas.KindEntered:
		s.episodes++
		if s.open || d.Episode != s.episodes || s.lifecycle == "new" || s.lifecycle == "churned" || d.Base <= 0 || d.Drop < 0.3 {
			return "no episode can begin"
		}
		s.open = true
	default:
		if !s.open || d.Episode != s.episodes || (d.Kind == schemas.KindLost) != (s.lifecycle == "churned") {
			return "no episode can end so"
		}
		s.open = false
	}
	return ""
}

// A generator that never reaches a rule proves nothing about it.
func TestRandomReachesEveryRule(t *testing.T) {
	for name, cfg := range shapes() {
		seen := map[string]int{}
		for _, d := range oracle.Decide(cfg, oracle.Random(rand.New(rand.NewPCG(7, 7)), cfg, 200, 200), oracle.Origin+300*day) {
			seen[string(d.Kind)]++
			seen[d.To]++
			seen[d.Metric]++
		}
		rules := []string{"entered", "recovered", "settled", "lost", "new", "active", "casual", "silent_light", "silent_moderate", "silent_heavy", "churned", "visits", "orders", "spend", "online_time"}
		for _, rule := range rules {
			if seen[rule] < 3 {
				t.Errorf("%s: %s was decided %d times", name, rule, seen[rule])
			}
		}
	}
}

func TestRandomIsSeeded(t *testing.T) {
	cfg := shapes()["usual"]
	generate := func(seed uint64) []oracle.Event { return oracle.Random(rand.New(rand.NewPCG(seed, 0)), cfg, 20, 100) }
	if !slices.Equal(generate(1), generate(1)) {
		t.Error("the same seed gave other events")
	}
	if slices.Equal(generate(1), generate(2)) {
		t.Error("another seed gave the same events")
	}
}
