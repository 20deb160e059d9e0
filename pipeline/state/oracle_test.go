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
	"winback/scorer/oracle"
)

// usualClock has the lateness of Defaults and believes everybody, as a replay of files does.
func usualClock() oracle.Clock { return oracle.Clock{Lateness: 5 * 60_000} }

func configOf(clock oracle.Clock) state.Config {
	return state.Config{Lateness: schemas.Duration(clock.Lateness), MaxJump: schemas.Duration(clock.MaxJump), JumpWitnesses: int(clock.Witnesses), Journey: "winback"}
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

// sameProfile compares all but the reasons, which the oracle does not give. A model's points are rounded to 32 binary digits.
func sameProfile(a, b schemas.Profile) bool {
	near := math.Abs(a.Risk-b.Risk) < 1e-7 && math.Abs(a.Alive-b.Alive) < 1e-9
	return near && a.User == b.User && a.At == b.At && a.Lifecycle == b.Lifecycle && a.RFM == b.RFM && a.High == b.High && slices.Equal(a.Tags, b.Tags)
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
				clock := oracle.Clock{Lateness: []int64{0, 5 * 60_000, 26 * 3_600_000, 5 * 60_000}[seed%4], MaxJump: 6 * 3_600_000, Witnesses: []int64{2, 3, 3, 5}[seed%4]}
				arrivals := oracle.BreakClocks(rng, oracle.Random(rng, c, 60, 60), clock.MaxJump)
				until := end(c, arrivals, 100*86_400_000)
				want := oracle.JudgeArrivals(c, arrivals, clock, until)
				got := run(t, c, arrivals, clock, until)
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
	c.Window, c.Baseline, c.MinBaseline, c.MinWeeks = 2*day, 28*day, 4, 2
	c.Model = ""
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
