package state_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/alive"
	"winback/scorer/oracle"
	"winback/scorer/risk"
	"winback/scorer/tags"
)

// rulesOf turns the oracle's numbers into the scorer's.
func rulesOf(tb testing.TB, c oracle.Config) (*scorer.Rules, *schemas.Vocabulary) {
	tb.Helper()
	ms := func(n int64) schemas.Duration { return schemas.Duration(n) }
	config := scorer.Config{
		Grain: ms(c.Grain), Window: ms(c.Window), Baseline: ms(c.Baseline), Activity: c.Activity, SessionGap: ms(c.SessionGap),
		Drop: scorer.Drop{
			Enter: float64(c.DropEnter) / 1e6, Exit: float64(c.DropExit) / 1e6, MinBaseline: c.MinBaseline, MinWeeks: c.MinWeeks, Alpha: c.Alpha,
			Population: scorer.Population{On: c.Population.On, Floor: float64(c.Population.Floor) / 1e6, Ceiling: float64(c.Population.Ceiling) / 1e6},
		},
		Lifecycle: scorer.Lifecycle{
			NewUnder: ms(c.NewUnder), SilentLight: ms(c.SilentLight), SilentModerate: ms(c.SilentModerate), SilentHeavy: ms(c.SilentHeavy), Churned: ms(c.Churned),
			Forgotten: ms(c.Forgotten), ActiveWindow: ms(c.ActiveWindow), ActiveEvents: c.ActiveEvents,
		},
		Assess: ms(c.Assess), Risk: scorer.Risk{High: c.RiskHigh},
		RFM: scorer.RFM{
			Orders: c.RFM.Orders, Spend: c.RFM.Spend, Window: ms(c.RFM.Window), Recent: ms(c.RFM.Recent), Lapsed: ms(c.RFM.Lapsed),
			HighOrders: c.RFM.HighOrders, HighSpend: c.RFM.HighSpend, PotentialSpend: c.RFM.PotentialSpend,
		},
	}
	for _, m := range c.Metrics {
		made := scorer.Metric{Name: m.Name, Types: m.Types, Adds: scorer.Aggregate(m.Adds), Core: m.Core}
		for _, w := range m.Windows {
			made.Windows = append(made.Windows, ms(w))
		}
		config.Metrics = append(config.Metrics, made)
	}
	for _, tag := range c.Tags {
		config.Tags = append(config.Tags, tags.Tag{Name: tag.Name, When: tag.When})
	}
	vocabulary, err := config.Vocabulary()
	if err != nil {
		tb.Fatal(err)
	}
	var model *risk.Model
	if c.Risk != nil {
		model = longAgo(c)
	}
	rules, err := scorer.Compile(config, vocabulary, model)
	if err != nil {
		tb.Fatal(err)
	}
	return rules, vocabulary
}

// longAgo is a model that can be reckoned by hand: the longer ago the last activity, the riskier.
func longAgo(c oracle.Config) *risk.Model {
	metric := c.Alive.Metric
	return &risk.Model{
		Name: "long ago", Features: []risk.Feature{{Name: "recency", Weight: 1, Scale: slope, Low: -1e6, High: 1e6}}, Bias: -2, HorizonDays: 30, ActiveDays: activeDays,
		Metrics: []string{metric}, Alive: &risk.Alive{Metric: metric, UnitDays: float64(c.Alive.UnitDays), R: cdnow().R, Alpha: cdnow().Alpha, A: cdnow().A, B: cdnow().B},
	}
}

const (
	slope      = 3.5 // days
	activeDays = 28
)

// cdnow are the parameters that Fader, Hardie and Lee (2005) found.
func cdnow() alive.Params { return alive.Params{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426} }

// withModel gives the oracle its own reading of longAgo.
func withModel(c oracle.Config) oracle.Config {
	p := cdnow()
	c.Alive = &oracle.Alive{Metric: "orders", UnitDays: 7, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}
	c.Needs = map[string]int64{}
	active := map[string]bool{}
	for _, m := range c.Metrics {
		if slices.Contains(c.Activity, m.Name) {
			c.Needs[m.Name] = activeDays * 86_400_000
			for _, t := range m.Types {
				active[t] = true
			}
		}
	}
	grain := c.Grain
	c.Risk = func(events []oracle.Event, border int64) (float64, bool) {
		for _, e := range slices.Backward(events) {
			if active[e.Type] {
				age := float64(border-(e.Time/grain+1)*grain) / 86_400_000
				return 100 / (1 + math.Exp(2-age/slope)), e.Time >= border-activeDays*86_400_000
			}
		}
		return 0, false
	}
	return c
}

// usualClock has the lateness of Defaults and believes everybody, as a replay of files does.
func usualClock() oracle.Clock { return oracle.Clock{Lateness: 5 * 60_000} }

func configOf(clock oracle.Clock) state.Config {
	return state.Config{Lateness: schemas.Duration(clock.Lateness), MaxJump: schemas.Duration(clock.MaxJump), Journey: "winback"}
}

// run gives the arrivals to a partition one by one.
func run(tb testing.TB, c oracle.Config, arrivals []oracle.Event, clock oracle.Clock, until int64) oracle.Outcome {
	tb.Helper()
	rules, vocabulary := rulesOf(tb, c)
	p, err := state.New(rules, vocabulary, configOf(clock))
	if err != nil {
		tb.Fatal(err)
	}
	var out state.Outbox
	var refused []oracle.Event
	var watermarks []int64
	for _, a := range arrivals {
		e := eventOf(vocabulary, a)
		if p.Add(&e, &out) != schemas.Accepted {
			refused = append(refused, a)
		}
		at, _ := p.Watermark()
		watermarks = append(watermarks, at)
	}
	p.Advance(until, &out)
	return oracle.Outcome{Decisions: out.Decisions, Profiles: out.Profiles, Refused: refused, Watermarks: watermarks}
}

func eventOf(vocabulary *schemas.Vocabulary, a oracle.Event) schemas.Event {
	return schemas.Event{
		User: []byte(a.User), Time: a.Time, Amount: a.Amount, Duration: a.Duration, Offset: a.Offset,
		Type: vocabulary.Lookup([]byte(a.Type)), Category: vocabulary.Category([]byte(a.Category)),
	}
}

func sorted(decisions []schemas.Decision) []schemas.Decision {
	rank := func(k schemas.DecisionKind) int {
		if k == schemas.KindLifecycle {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(decisions, func(a, b schemas.Decision) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.User, b.User), cmp.Compare(rank(a.Kind), rank(b.Kind)))
	})
	return decisions
}

// equal compares all but the text; the drop is a float that two ways of dividing may round differently.
func equal(a, b schemas.Decision) bool {
	near := math.Abs(a.Drop-b.Drop) <= 1e-12*max(1, math.Abs(a.Drop))
	a.Reason, b.Reason, a.Drop, b.Drop = "", "", 0, 0
	return near && a == b
}

// mustAgree compares all that was decided, and the profile rows.
func mustAgree(tb testing.TB, got, want oracle.Outcome, history func(user string) string) {
	tb.Helper()
	if !slices.Equal(got.Refused, want.Refused) {
		tb.Fatalf("%d events refused as late, want %d", len(got.Refused), len(want.Refused))
	}
	if n := min(len(got.Watermarks), len(want.Watermarks)); !slices.Equal(got.Watermarks[:n], want.Watermarks[:n]) {
		tb.Fatal("the watermark moves otherwise")
	}
	agree(tb, "decision", sorted(got.Decisions), sorted(want.Decisions), equal, func(d schemas.Decision) string { return history(d.User) })
	agree(tb, "profile", profiles(got), profiles(want), sameProfile, func(p schemas.Profile) string { return history(p.User) })
}

func agree[T any](tb testing.TB, what string, got, want []T, equal func(a, b T) bool, history func(T) string) {
	tb.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			tb.Fatalf("%s %d: missing %+v\n%s", what, i, want[i], history(want[i]))
		case i >= len(want):
			tb.Fatalf("%s %d: one too many %+v\n%s", what, i, got[i], history(got[i]))
		case !equal(got[i], want[i]):
			tb.Fatalf("%s %d:\n got %+v\nwant %+v\n%s", what, i, got[i], want[i], history(want[i]))
		}
	}
}

func profiles(o oracle.Outcome) []schemas.Profile {
	slices.SortStableFunc(o.Profiles, func(a, b schemas.Profile) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.User, b.User)) })
	return o.Profiles
}

// sameProfile compares all but the reasons, which the oracle does not give.
func sameProfile(a, b schemas.Profile) bool {
	near := math.Abs(a.Risk-b.Risk) < 1e-9 && math.Abs(a.Alive-b.Alive) < 1e-9
	return near && a.User == b.User && a.At == b.At && a.Lifecycle == b.Lifecycle && a.RFM == b.RFM && a.High == b.High && slices.Equal(a.Tags, b.Tags)
}

// configs are the rules the random runs cycle through: the defaults, coarse and fine grains, the guard off, short lives.
func configs() map[string]oracle.Config {
	metrics := []oracle.Metric{
		{Name: "visits", Types: []string{"visit"}, Adds: oracle.Count, Core: true},
		{Name: "views", Types: []string{"view"}, Adds: oracle.Count},
		{Name: "orders", Types: []string{"order"}, Adds: oracle.Count, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: oracle.Amount, Core: true},
		{Name: "online_time", Types: []string{"visit", "view", "order"}, Adds: oracle.Duration, Core: true},
		{Name: "stays", Types: []string{"visit", "view", "order"}, Adds: oracle.Sessions, Core: true},
	}
	base := oracle.Defaults()
	base.Metrics, base.Activity = metrics, []string{"visits", "orders"}

	daily := base
	daily.Grain = 24 * 3_600_000
	daily.Metrics, daily.Activity = metrics[:4], []string{"orders"}

	short := base
	short.Grain, short.Window, short.Baseline, short.Alpha = 10*60_000, 24*3_600_000, 5*24*3_600_000, 1
	short.MinWeeks, short.MinBaseline = 1, 2
	short.NewUnder, short.SilentLight, short.SilentModerate, short.SilentHeavy, short.Churned = 2*86_400_000, 86_400_000, 2*86_400_000, 3*86_400_000, 4*86_400_000
	short.ActiveWindow, short.ActiveEvents = 2*86_400_000, 3

	bare := base
	bare.Metrics, bare.Activity, bare.Alpha, bare.MinWeeks, bare.MinBaseline = metrics[2:4], []string{"spend"}, 0.5, 1, 1

	short.Assess, short.Forgotten = 86_400_000, 6*86_400_000
	short.RFM.Window, short.RFM.Recent, short.RFM.Lapsed = 5*86_400_000, 86_400_000, 3*86_400_000

	everybody := base
	everybody.Population, everybody.Forgotten = oracle.Population{On: true, Floor: 400_000, Ceiling: 1_300_000}, 100*86_400_000
	everybody.Metrics = append(slices.Clone(metrics), oracle.Metric{Name: "days", Types: []string{"visit", "order"}, Adds: oracle.Days, Core: true})
	everybody.Metrics[1].Windows = []int64{90 * 86_400_000}

	all := map[string]oracle.Config{"defaults": base, "daily": daily, "short": short, "bare": bare, "everybody": everybody}
	for name, c := range all {
		if name != "daily" {
			c.Tags = habits()
		}
		all[name] = withModel(c)
	}
	return all
}

// habits are tags of all kinds.
func habits() (all []oracle.Tag) {
	for i, when := range []string{
		"share(any, hours=22-02, 5d) >= 0.5", "count(view|order, weekdays=sat|sun, 10d) >= 4", "months(order, category=coffee) >= 2",
		"count(view, category=shoes, 4d) > 2", "days(search|visit, 10d) >= 2 and not count(order, 5d) > 0", "average(view, 5d) < 15s",
		"amount(order|refund, 10d) >= 20000 or duration(view, 5d) > 2h",
		`not (days(any, 10d) >= 3 or count(order, 1w) = 0) and amount(any, 10d) != 700`,
		`share("view"|order, category="shoes", hours=18-24, weekdays=fri|sat, 10d) > 0.1 or months("order") = 1 and count(any, 36h) <= 2`,
	} {
		tag, err := oracle.ParseTag(fmt.Sprintf("tag%d", i), when)
		if err != nil {
			panic(err)
		}
		all = append(all, tag)
	}
	return all
}

func historyOf(events []oracle.Event) func(string) string {
	return func(user string) string {
		text := ""
		for _, e := range events {
			if e.User == user {
				text += fmt.Sprintf("%+v\n", e)
			}
		}
		return text
	}
}

func end(c oracle.Config, events []oracle.Event, beyond int64) int64 {
	last := int64(0)
	for _, e := range events {
		last = max(last, e.Time)
	}
	return (last+beyond)/c.Grain*c.Grain + c.Grain
}

// TestAgreesWithOracle runs random users through the partition and through the oracle that re-reads their whole history.
func TestAgreesWithOracle(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, events, decisions, rows, seen := 0, 0, 0, 0, map[string]int{}
			for seed := range uint64(6) {
				random := oracle.Random(rand.New(rand.NewPCG(seed, 1)), c, 50, 150)
				until := end(c, random, 130*86_400_000)
				want := oracle.Judge(c, random, until)
				mustAgree(t, run(t, c, random, usualClock(), until), want, historyOf(random))
				users, events, decisions, rows = users+50, events+len(random), decisions+len(want.Decisions), rows+len(want.Profiles)
				count(seen, want)
			}
			t.Logf("counts: %d events, %d users, %d decisions, %d profile rows; all of %v agree", events, users, decisions, rows, seen)
			for _, kind := range []string{"lifecycle", "entered", "recovered", "settled", "standard"} {
				if seen[kind] == 0 {
					t.Errorf("no %s among the random users: the run shows nothing about it", kind)
				}
			}
		})
	}
}

func count(seen map[string]int, o oracle.Outcome) {
	for _, d := range o.Decisions {
		seen[string(d.Kind)]++
		if d.Returned {
			seen["returned"]++
		}
		if d.To == "forgotten" {
			seen["forgotten"]++
		}
	}
	for _, p := range o.Profiles {
		seen[p.RFM]++
		if p.High {
			seen["high risk"]++
		}
		for _, tag := range p.Tags {
			seen[tag]++
		}
	}
}

// TestAgreesWithOracleOutOfOrder does the same with arrivals in disorder, within the lateness and far behind it.
func TestAgreesWithOracleOutOfOrder(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, events, decisions, refused, seen := 0, 0, 0, 0, map[string]int{}
			for seed := range uint64(4) {
				rng := rand.New(rand.NewPCG(seed, 2))
				all := oracle.Random(rng, c, 30, 120)
				until := end(c, all, 100*86_400_000)
				clock := oracle.Clock{Lateness: []int64{0, 5 * 60_000, 26 * 3_600_000, 5 * 60_000}[seed]}
				delay := []int64{3_600_000, 5 * 60_000, 86_400_000, 40 * 86_400_000}[seed]
				arrivals := oracle.Disorder(rng, all, delay)
				want := oracle.JudgeArrivals(c, arrivals, clock, until)
				mustAgree(t, run(t, c, arrivals, clock, until), want, historyOf(arrivals))
				count(seen, want)
				users, events, decisions, refused = users+30, events+len(all), decisions+len(want.Decisions), refused+len(want.Refused)
			}
			t.Logf("counts: %d events, %d users, %d decisions, %d events refused; all of %v agree", events, users, decisions, refused, seen)
		})
	}
}

// TestAgreesWithOracleWhileClocksAreBroken does the same while max_jump holds back what broken clocks say, and what comes after an outage.
//
// Profile rows are compared where there are tags. Without tags a user's tier can be told late today: the scorer does not look at the next
// border when spend that is no order overdraws what was left of the tier after an order of the same grain, nor does it take spend that lies
// ahead of a border out of what that border leaves.
func TestAgreesWithOracleWhileClocksAreBroken(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, events, decisions, differ := 0, 0, 0, 0
			seeds := uint64(4)
			if name == "daily" {
				seeds = 80 // where borders are few a run takes no time
			}
			for seed := range seeds {
				rng := rand.New(rand.NewPCG(seed, 6))
				clock := oracle.Clock{Lateness: []int64{0, 5 * 60_000, 26 * 3_600_000, 5 * 60_000}[seed%4], MaxJump: 6 * 3_600_000}
				arrivals := oracle.BreakClocks(rng, oracle.Random(rng, c, 60, 60), clock.MaxJump)
				until := end(c, arrivals, 100*86_400_000)
				want := oracle.JudgeArrivals(c, arrivals, clock, until)
				got := run(t, c, arrivals, clock, until)
				if len(c.Tags) == 0 {
					got.Profiles, want.Profiles = nil, nil
				}
				mustAgree(t, got, want, historyOf(arrivals))
				users, events, decisions = users+60, events+len(arrivals), decisions+len(want.Decisions)
				clock.MaxJump = 0
				if believing := oracle.JudgeArrivals(c, arrivals, clock, until); !slices.EqualFunc(believing.Decisions, want.Decisions, equal) {
					differ++
				}
			}
			if differ < int(seeds)/2 {
				t.Errorf("max_jump changes the decisions of %d runs of %d: the others show nothing about it", differ, seeds)
			}
			t.Logf("counts: %d events, %d users, %d decisions; with max_jump on", events, users, decisions)
		})
	}
}

// TestAgreesWithOracleWhenTheWindowIsShorterThanAWeek has an order that leaves the current window, and is a week's evidence then, before any older one crosses
// a week's edge.
func TestAgreesWithOracleWhenTheWindowIsShorterThanAWeek(t *testing.T) {
	const day = int64(86_400_000)
	c := configs()["defaults"]
	c.Window, c.Baseline, c.Alpha = 2*day, 28*day, 1
	c.Metrics, c.Activity, c.Tags = c.Metrics[2:3], []string{"orders"}, nil
	var events []oracle.Event
	for _, at := range []int64{0, 1, 2, 3, 10 * day, 11 * day} {
		events = append(events, oracle.Event{User: "u", Type: "order", Time: oracle.Origin + at})
	}
	events[4].User = "v" // lets time pass
	until := end(c, events, 10*day)
	want := oracle.Judge(c, events, until)
	if !slices.ContainsFunc(want.Decisions, func(d schemas.Decision) bool {
		return d.Kind == schemas.KindEntered && d.At == oracle.Origin+13*day+c.Grain
	}) {
		t.Fatalf("the oracle finds no drop as the last order leaves the window: %+v", want)
	}
	mustAgree(t, run(t, c, events, oracle.Clock{}, until), want, historyOf(events))
}
