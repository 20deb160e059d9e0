package state_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
)

func newPartition(tb testing.TB, config state.Config) (*state.Partition, *schemas.Vocabulary) {
	tb.Helper()
	rules, vocabulary := rulesOf(tb, configs()["defaults"])
	p, err := state.New(rules, vocabulary, config)
	if err != nil {
		tb.Fatal(err)
	}
	return p, vocabulary
}

// TestAdvancingInStepsDecidesAsAtOnce shows that a watermark moved in many grain-aligned or odd steps gives the decisions of one move.
func TestAdvancingInStepsDecidesAsAtOnce(t *testing.T) {
	c := configs()["defaults"]
	events := oracle.Random(rand.New(rand.NewPCG(7, 7)), c, 40, 90)
	until := end(c, events, 95*86_400_000)
	whole := run(t, c, events, usualClock(), until).Decisions
	p, vocabulary := newPartition(t, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	var out state.Outbox
	rng := rand.New(rand.NewPCG(8, 8))
	var all []schemas.Decision
	for _, a := range events {
		e := eventOf(vocabulary, a)
		p.Add(&e, &out)
		if at, _ := p.Watermark(); rng.IntN(3) == 0 {
			p.Advance(at, &out)
			all = append(all, out.Decisions...)
			out.Reset()
		}
	}
	for at, _ := p.Watermark(); at < until; at += rng.Int64N(3 * 86_400_000) {
		p.Advance(at, &out)
	}
	p.Advance(until, &out)
	all = append(all, out.Decisions...)
	if len(whole) == 0 || !reflect.DeepEqual(all, whole) {
		t.Fatalf("%d decisions in steps, %d at once, or not the same ones", len(all), len(whole))
	}
	t.Logf("%d decisions, order included", len(all))
}

func TestCohortsFollowDecisions(t *testing.T) {
	c := configs()["defaults"]
	events := oracle.Random(rand.New(rand.NewPCG(3, 3)), c, 60, 120)
	p, vocabulary := newPartition(t, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	var out state.Outbox
	lifecycle, preChurn := map[string]string{}, map[string]bool{}
	for i, a := range events {
		e := eventOf(vocabulary, a)
		p.Add(&e, &out)
		for _, d := range out.Decisions {
			if d.Kind == schemas.KindLifecycle {
				lifecycle[d.User] = d.To
			} else {
				preChurn[d.User] = d.Kind == schemas.KindEntered
			}
		}
		out.Reset()
		if i%500 == 0 || i == len(events)-1 {
			compareCohorts(t, p, lifecycle, preChurn)
		}
	}
}

func compareCohorts(t *testing.T, p *state.Partition, lifecycle map[string]string, preChurn map[string]bool) {
	t.Helper()
	want := map[string]uint64{}
	for _, s := range lifecycle {
		want[s]++
	}
	for s := scorer.New; s < scorer.States; s++ {
		if got := p.Cohorts().Lifecycle(s).GetCardinality(); got != want[s.String()] {
			t.Fatalf("cohort %s holds %d, the decisions say %d", s, got, want[s.String()])
		}
	}
	in := uint64(0)
	for _, is := range preChurn {
		if is {
			in++
		}
	}
	if got := p.Cohorts().PreChurn().GetCardinality(); got != in {
		t.Fatalf("pre-churn cohort holds %d, the decisions say %d", got, in)
	}
}

func TestFutureAndLateAreRefused(t *testing.T) {
	p, _ := newPartition(t, state.Defaults())
	var out state.Outbox
	now := int64(1_700_000_000_000)
	add := func(at int64) schemas.Reason {
		return p.Add(&schemas.Event{User: []byte("u"), Time: at, Type: 1}, &out)
	}
	p.Limit(now + int64(schemas.Hour))
	for _, c := range []struct {
		at   int64
		want schemas.Reason
	}{{now, schemas.Accepted}, {now + int64(schemas.Hour), schemas.Accepted}, {now + int64(schemas.Hour) + 1, schemas.Future}} {
		if got := add(c.at); got != c.want {
			t.Errorf("event %d ms after wall time: %v, want %v", c.at-now, got, c.want)
		}
	}
	if got := add(now - 181*int64(schemas.Day)); got != schemas.Late {
		t.Errorf("event older than the windows: %v, want late", got)
	}
	if got := add(now - 30*int64(schemas.Day)); got != schemas.Accepted || p.Counts().Late != 1 {
		t.Errorf("event behind the watermark: %v, %d counted as late, want accepted and 1", got, p.Counts().Late)
	}
}

// TestActivityRowsCountEveryEventOnce closes minutes as the watermark passes them; a late event makes a row of its own with a later Emitted.
func TestActivityRowsCountEveryEventOnce(t *testing.T) {
	p, vocabulary := newPartition(t, state.Config{Lateness: schemas.Minute, Journey: "winback"})
	var out state.Outbox
	const m = int64(60_000)
	order := vocabulary.Lookup([]byte("order"))
	add := func(at, amount int64) {
		p.Add(&schemas.Event{User: []byte("u"), Time: at, Amount: amount, Type: order}, &out)
	}
	add(1000*m+1, 5)
	add(1000*m+2, 7)
	add(1003*m, 1)
	add(1000*m+59_999, 100)
	add(1004*m, 1)
	want := []schemas.Activity{
		{Minute: 1000 * m, Type: "order", Emitted: 1002 * m, Events: 2, Amount: 12},
		{Minute: 1000 * m, Type: "order", Emitted: 1003 * m, Events: 1, Amount: 100},
	}
	if !reflect.DeepEqual(out.Activity, want) {
		t.Errorf("rows %+v\nwant %+v", out.Activity, want)
	}
	p.Advance(2000*m, &out)
	if n := len(out.Activity); n != 4 {
		t.Errorf("%d rows after all minutes closed, want 4", n)
	}
}

// TestALateEventOfTheMinuteJustClosedIsCounted comes after the wall clock has closed the minute of the event before.
func TestALateEventOfTheMinuteJustClosedIsCounted(t *testing.T) {
	p, vocabulary := newPartition(t, state.Config{Journey: "winback"})
	var out state.Outbox
	const m = int64(60_000)
	for i := range int64(3) {
		p.Add(&schemas.Event{User: []byte("u"), Time: 1000*m + i, Type: vocabulary.Lookup([]byte("visit"))}, &out)
		p.Advance((1002+i)*m, &out)
	}
	events := uint64(0)
	for _, a := range out.Activity {
		events += a.Events
	}
	if events != 3 {
		t.Errorf("%d events in the activity rows, want 3", events)
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	p, vocabulary := newPartition(t, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	var out state.Outbox
	visit := vocabulary.Lookup([]byte("visit"))
	const users = 500
	names := make([][]byte, users)
	for i := range names {
		names[i] = fmt.Appendf(nil, "user-%d", i)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	at, n := int64(1_700_000_000_000), 0
	e := schemas.Event{Type: visit}
	step := func() {
		at += 97_000
		e.User, e.Time = names[rng.IntN(users)], at-rng.Int64N(200_000)
		p.Add(&e, &out)
		if n++; n%1000 == 0 {
			out.Reset()
		}
	}
	for range 200_000 { // until the arena has met every size
		step()
	}
	if perEvent := testing.AllocsPerRun(100_000, step); perEvent > 0 {
		t.Errorf("%v allocations an event", perEvent)
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { benchmarkAdd(b, users) })
	}
}

func benchmarkAdd(b *testing.B, users int) {
	p, vocabulary := newPartition(b, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	var out state.Outbox
	types := []schemas.TypeID{vocabulary.Lookup([]byte("visit")), vocabulary.Lookup([]byte("view")), vocabulary.Lookup([]byte("order"))}
	names := make([][]byte, users)
	for i := range names {
		names[i] = fmt.Appendf(nil, "user-%08d", i)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	perDay := int64(users)
	at := int64(1_700_000_000_000)
	step := func() {
		at += max(1, 86_400_000/perDay)
		e := schemas.Event{User: names[rng.IntN(users)], Time: at, Type: types[rng.IntN(3)], Amount: 100, Duration: 10}
		p.Add(&e, &out)
		if len(out.Decisions) > 1000 || len(out.Activity) > 1000 {
			out.Reset()
		}
	}
	for range min(5*users, 5_000_000) {
		step()
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(p.Counts().Judged)/float64(p.Counts().Events), "judged/event")
}
