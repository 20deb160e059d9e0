package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/scorer/oracle"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// shapes are the configurations the properties are tried on: the defaults, and others that make rare things frequent.
func shapes(tb testing.TB) map[string]oracle.Config {
	usual := oracle.Defaults()
	usual.Metrics = []oracle.Metric{
		{Name: "visits", Types: []string{"page", "order"}, Adds: oracle.Sessions, Core: true},
		{Name: "views", Types: []string{"page"}, Adds: oracle.Count, Windows: []int64{30 * day, 90 * day}},
		{Name: "orders", Types: []string{"order"}, Adds: oracle.Count, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: oracle.Amount, Core: true},
		{Name: "online_time", Types: []string{"page"}, Adds: oracle.Duration, Core: true},
		{Name: "days", Types: []string{"page", "search"}, Adds: oracle.Days, Core: true},
	}
	usual.Activity = []string{"visits", "orders"}
	usual.Forgotten = 120 * day
	usual.Tags = habits(tb, "30d", "months(order, category=coffee) >= 3")
	usual.Model = quiet(30)

	eager := usual
	eager.Grain = 6 * hour
	eager.Tags = usual.Tags[2:]
	eager.Population.On, eager.Population.Floor = true, 300_000

	short := usual
	short.MinBaseline, short.MinWeeks = 4, 2
	short.Grain, short.Window, short.Baseline = 24*hour, 3*day, 10*day
	short.NewUnder, short.SilentLight, short.SilentModerate, short.SilentHeavy, short.Churned, short.Forgotten = 2*day, 4*day, 6*day, 9*day, 14*day, 20*day
	short.RFM.Window, short.RFM.Recent, short.RFM.Lapsed, short.Assess = 12*day, 3*day, 8*day, 2*day
	short.Metrics = slices.Clone(usual.Metrics)
	short.Metrics[1].Windows, short.ActiveWindow = nil, 13*day
	short.Tags = habits(tb, "10d", "months(order, category=coffee) >= 1")[2:]
	short.Model = quiet(6)
	return map[string]oracle.Config{"usual": usual, "eager": eager, "short": short}
}

// habits are tags over a window, those by the local clock first.
func habits(tb testing.TB, window, coffee string) []oracle.Tag {
	var all []oracle.Tag
	for _, rule := range [][2]string{
		{"night_owl", "share(any, hours=22-02, WINDOW) >= 0.5"},
		{"weekend", "count(page|order, weekdays=sat|sun, WINDOW) >= 4"},
		{"coffee", coffee},
		{"shoes", "count(page, category=shoes, WINDOW) > 5"},
		{"searcher", "days(search, WINDOW) >= 2 and not count(order, WINDOW) > 0"},
		{"skimmer", "average(page, WINDOW) < 15s"},
		{"spender", "amount(order|refund, WINDOW) >= 20000 or duration(page, WINDOW) > 2h"},
	} {
		tag, err := oracle.ParseTag(rule[0], strings.ReplaceAll(rule[1], "WINDOW", window))
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, tag)
	}
	return all
}

// quiet is a model: the longer nothing was heard of a user, the riskier; after some days it says nothing.
func quiet(days int) string {
	return fmt.Sprintf(`{
		"bias": -3, "features": [{"name": "recency", "cuts": [%g, %d, %d, %d], "points": [0, 1, 2, 4, 6]}], "active_days": %d,
		"alive": {"metric": "orders", "unit_days": 7, "r": 0.5, "alpha": 3, "a": 0.8, "b": 2.5}, "threshold": {"enter": 10, "exit": 9}}`,
		float64(days)/60, days/3, days/2, 2*days/3, days)
}

// Every property runs on every shape, each with its own seeds.
func eachRun(t *testing.T, check func(t *testing.T, cfg oracle.Config, rng *rand.Rand)) {
	for name, cfg := range shapes(t) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) { check(t, cfg, rand.New(rand.NewPCG(seed, 1))) })
		}
	}
}

const (
	users = 12
	days  = 250
	until = oracle.Origin + (days+130)*day
)

func TestOrderWithinLatenessDoesNotMatter(t *testing.T) {
	seen := &tally{}
	eachRun(t, func(t *testing.T, cfg oracle.Config, rng *rand.Rand) {
		events := oracle.Random(rng, cfg, users, days)
		want := oracle.Judge(cfg, events, until)
		for _, lateness := range []int64{0, 5 * minute, 3 * hour, 2 * day} {
			got := oracle.JudgeArrivals(cfg, oracle.Disorder(rng, events, lateness), oracle.Clock{Lateness: lateness}, until)
			if len(got.Refused) > 0 {
				t.Errorf("lateness %d: %d events refused", lateness, len(got.Refused))
			}
			same(t, got, want)
			seen.add(events, got)
		}
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		same(t, oracle.Judge(cfg, events, until), want)
	})
	t.Logf("counts: %v; the same in any order", seen)
}

// A generator that never reaches a rule proves nothing about it.
func TestRandomReachesEveryRule(t *testing.T) {
	for name, cfg := range shapes(t) {
		rng := rand.New(rand.NewPCG(7, 7))
		events := oracle.Random(rng, cfg, 150, 300)
		out := oracle.JudgeArrivals(cfg, events, oracle.Clock{Lateness: 5 * minute}, oracle.Origin+430*day)
		seen := map[string]int{}
		life := map[string]bool{}
		for _, d := range out.Decisions {
			seen[string(d.Kind)]++
			seen[d.To]++
			seen[d.Metric]++
			if d.Returned {
				seen["returned to "+d.To]++
			}
			if life[d.User] && d.From == "" && d.Kind == "lifecycle" {
				seen["a second life"]++
			}
			life[d.User] = true
			if d.Kind == "entered" && d.Episode > 1 && life[d.User+" ended"] {
				seen["a later episode in a second life"]++
			}
			life[d.User+" ended"] = life[d.User+" ended"] || d.To == "forgotten"
		}
		for _, p := range out.Profiles {
			seen["rfm "+p.RFM]++
			for _, tag := range p.Tags {
				seen["tag "+tag]++
			}
			seen[fmt.Sprint("high ", p.High)]++
			seen[fmt.Sprint("risk ", p.Risk >= 0)]++
			seen[fmt.Sprint("alive ", p.Alive >= 0)]++
			seen[fmt.Sprint("tagged ", len(p.Tags) > 0)]++
		}
		rules := []string{
			"entered", "recovered", "settled", "lost", "new", "active", "casual", "silent_light", "silent_moderate", "silent_heavy", "churned",
			"visits", "orders", "spend", "online_time", "days", "forgotten", "returned to active", "returned to casual", "a second life",
			"a later episode in a second life", "rfm high", "rfm potential", "rfm low", "rfm standard", "high true", "high false", "risk true",
			"risk false", "alive true", "alive false", "tagged false",
		}
		for _, tag := range cfg.Tags {
			rules = append(rules, "tag "+tag.Name)
		}
		for _, rule := range rules {
			if seen[rule] < 3 {
				t.Errorf("%s: %s was decided %d times", name, rule, seen[rule])
			}
		}
		var total tally
		total.add(events, out)
		t.Logf("counts: %v; %s", &total, name)
	}
}

// What Random promises about single events.
func TestRandomEventsAreVaried(t *testing.T) {
	seen := map[string]int{}
	zones := map[string]map[int16]bool{}
	for _, e := range oracle.Random(rand.New(rand.NewPCG(3, 3)), shapes(t)["usual"], 60, 300) {
		seen["category "+e.Category]++
		seen[fmt.Sprint("offset beside the hour ", e.Offset%60 != 0)]++
		seen[fmt.Sprint("glance ", e.Duration > 0 && e.Duration < 15*second)]++
		seen[fmt.Sprint("refund ", e.Amount < 0)]++
		if zones[e.User] == nil {
			zones[e.User] = map[int16]bool{}
		}
		zones[e.User][e.Offset] = true
	}
	for _, offsets := range zones {
		seen[fmt.Sprint("more than one offset ", len(offsets) > 1)]++
	}
	for _, thing := range []string{
		"category ", "category shoes", "category coffee", "category books", "offset beside the hour true", "offset beside the hour false",
		"glance true", "refund true", "more than one offset true", "more than one offset false",
	} {
		if seen[thing] < 3 {
			t.Errorf("%s: %d times", thing, seen[thing])
		}
	}
}

func TestRandomIsSeeded(t *testing.T) {
	cfg := shapes(t)["usual"]
	generate := func(seed uint64) []oracle.Event { return oracle.Random(rand.New(rand.NewPCG(seed, 0)), cfg, 20, 100) }
	if !slices.Equal(generate(1), generate(1)) {
		t.Error("the same seed gave other events")
	}
	if slices.Equal(generate(1), generate(2)) {
		t.Error("another seed gave the same events")
	}
}
