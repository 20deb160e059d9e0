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
	"winback/scorer/oracle"
)

// rulesOf turns the oracle's numbers into the scorer's.
func rulesOf(tb testing.TB, c oracle.Config) (*scorer.Rules, *schemas.Vocabulary) {
	tb.Helper()
	ms := func(n int64) schemas.Duration { return schemas.Duration(n) }
	config := scorer.Config{
		Grain: ms(c.Grain), Window: ms(c.Window), Baseline: ms(c.Baseline), Activity: c.Activity, SessionGap: ms(c.SessionGap),
		Drop: scorer.Drop{Enter: float64(c.DropEnter) / 1e6, Exit: float64(c.DropExit) / 1e6, MinBaseline: c.MinBaseline, MinWeeks: c.MinWeeks, Alpha: c.Alpha},
		Lifecycle: scorer.Lifecycle{
			NewUnder: ms(c.NewUnder), SilentLight: ms(c.SilentLight), SilentModerate: ms(c.SilentModerate), SilentHeavy: ms(c.SilentHeavy), Churned: ms(c.Churned),
			ActiveWindow: ms(c.ActiveWindow), ActiveEvents: c.ActiveEvents,
		},
	}
	for _, m := range c.Metrics {
		config.Metrics = append(config.Metrics, scorer.Metric{Name: m.Name, Types: m.Types, Adds: scorer.Aggregate(m.Adds), Core: m.Core})
	}
	vocabulary, err := schemas.NewVocabulary(config.Types())
	if err != nil {
		tb.Fatal(err)
	}
	rules, err := scorer.Compile(config, vocabulary)
	if err != nil {
		tb.Fatal(err)
	}
	return rules, vocabulary
}

// decide runs the arrivals through one partition, as the direct replay does.
func decide(tb testing.TB, c oracle.Config, arrivals []oracle.Event, lateness, until int64) ([]schemas.Decision, []oracle.Event) {
	tb.Helper()
	rules, vocabulary := rulesOf(tb, c)
	p, err := state.New(rules, vocabulary, state.Config{Lateness: schemas.Duration(lateness), Journey: "winback"})
	if err != nil {
		tb.Fatal(err)
	}
	var out state.Outbox
	var refused []oracle.Event
	for _, a := range arrivals {
		e := schemas.Event{User: []byte(a.User), Time: a.Time, Amount: a.Amount, Duration: a.Duration, Type: vocabulary.Lookup([]byte(a.Type))}
		if p.Add(&e, &out) != schemas.Accepted {
			refused = append(refused, a)
		}
	}
	p.Advance(until, &out)
	return out.Decisions, refused
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

func mustAgree(tb testing.TB, got, want []schemas.Decision, history func(user string) string) {
	tb.Helper()
	got, want = sorted(got), sorted(want)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			tb.Fatalf("decision %d: missing %+v\n%s", i, want[i], history(want[i].User))
		case i >= len(want):
			tb.Fatalf("decision %d: one too many %+v\n%s", i, got[i], history(got[i].User))
		case !equal(got[i], want[i]):
			tb.Fatalf("decision %d:\n got %+v\nwant %+v\n%s", i, got[i], want[i], history(want[i].User))
		}
	}
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

	all := map[string]oracle.Config{"defaults": base, "daily": daily, "short": short, "bare": bare}
	for name, c := range all {
		c.Reach = max(c.Window+c.Baseline, c.ActiveWindow)
		all[name] = c
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
			total, byKind := 0, map[schemas.DecisionKind]int{}
			for seed := range uint64(6) {
				events := oracle.Random(rand.New(rand.NewPCG(seed, 1)), c, 50, 150)
				until := end(c, events, 100*86_400_000)
				want := oracle.Decide(c, events, until)
				got, _ := decide(t, c, events, 5*60_000, until)
				mustAgree(t, got, want, historyOf(events))
				total += len(want)
				for _, d := range want {
					byKind[d.Kind]++
				}
			}
			t.Logf("%d decisions agree: %v", total, byKind)
			for _, kind := range []schemas.DecisionKind{schemas.KindLifecycle, schemas.KindEntered, schemas.KindRecovered, schemas.KindSettled} {
				if byKind[kind] == 0 {
					t.Errorf("no %s among the random users: the run shows nothing about it", kind)
				}
			}
		})
	}
}

// TestAgreesWithOracleOutOfOrder does the same with arrivals in disorder, within the lateness and far behind it.
func TestAgreesWithOracleOutOfOrder(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				rng := rand.New(rand.NewPCG(seed, 2))
				events := oracle.Random(rng, c, 30, 120)
				until := end(c, events, 100*86_400_000)
				lateness := []int64{0, 5 * 60_000, 26 * 3_600_000, 5 * 60_000}[seed]
				delay := []int64{3_600_000, 5 * 60_000, 86_400_000, 40 * 86_400_000}[seed]
				arrivals := oracle.Disorder(rng, events, delay)
				want, wantRefused := oracle.DecideArrivals(c, arrivals, lateness, until)
				got, refused := decide(t, c, arrivals, lateness, until)
				if !slices.Equal(refused, wantRefused) {
					t.Fatalf("seed %d: %d events refused as late, want %d", seed, len(refused), len(wantRefused))
				}
				mustAgree(t, got, want, historyOf(arrivals))
				t.Logf("seed %d: %d decisions agree, %d refused", seed, len(want), len(refused))
			}
		})
	}
}

// TestAWindowShorterThanAWeek has an order that leaves the current window, and is a week's evidence then, before any older one crosses
// a week's edge.
func TestAWindowShorterThanAWeek(t *testing.T) {
	const day = int64(86_400_000)
	c := configs()["defaults"]
	c.Window, c.Baseline, c.Alpha = 2*day, 28*day, 1
	c.Metrics, c.Activity = c.Metrics[2:3], []string{"orders"}
	var events []oracle.Event
	for _, at := range []int64{0, 1, 2, 3, 10 * day, 11 * day} {
		events = append(events, oracle.Event{User: "u", Type: "order", Time: oracle.Origin + at})
	}
	events[4].User = "v" // lets time pass
	until := end(c, events, 10*day)
	want := oracle.Decide(c, events, until)
	if !slices.ContainsFunc(want, func(d schemas.Decision) bool {
		return d.Kind == schemas.KindEntered && d.At == oracle.Origin+13*day+c.Grain
	}) {
		t.Fatalf("the oracle finds no drop as the last order leaves the window: %+v", want)
	}
	got, _ := decide(t, c, events, 0, until)
	mustAgree(t, got, want, historyOf(events))
}
