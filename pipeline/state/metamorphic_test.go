package state_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
)

// delivery is a way in which the same events come to a partition. What it decides must not depend on it.
type delivery struct {
	c          oracle.Config
	rules      *scorer.Rules
	vocabulary *schemas.Vocabulary
	config     state.Config
	rng        *rand.Rand
	arrivals   []oracle.Event
	until      int64

	batches  bool // through AddAll
	advances bool // with the watermark moved between events, and by many steps at the end
	restores bool // with a snapshot and a restore now and then
	parts    int  // over so many partitions, by user

	snapshots, behind int // how many there were, and how many of them while users waited for being judged
}

// run returns all that was decided.
func (w *delivery) run(tb testing.TB) oracle.Outcome {
	tb.Helper()
	var all oracle.Outcome
	for part := range max(1, w.parts) {
		mine := slices.DeleteFunc(slices.Clone(w.arrivals), func(e oracle.Event) bool { return w.parts > 0 && int(e.User[len(e.User)-1])%w.parts != part })
		got := w.partition(tb, mine)
		all.Decisions, all.Profiles = append(all.Decisions, got.Decisions...), append(all.Profiles, got.Profiles...)
		all.Refused = append(all.Refused, got.Refused...)
	}
	return all
}

func (w *delivery) partition(tb testing.TB, arrivals []oracle.Event) oracle.Outcome {
	tb.Helper()
	p, err := state.New(w.rules, w.vocabulary, w.config)
	if err != nil {
		tb.Fatal(err)
	}
	var out state.Outbox
	var refused []oracle.Event
	for len(arrivals) > 0 {
		n := 1
		if w.batches {
			n = min(len(arrivals), 1+w.rng.IntN(3*state.AddBatch))
		}
		for i, reason := range w.add(p, arrivals[:n], &out) {
			if reason != schemas.Accepted {
				refused = append(refused, arrivals[i])
			}
		}
		arrivals = arrivals[n:]
		p = w.between(tb, p, &out)
	}
	if at, _ := p.Watermark(); w.advances && at > 0 {
		for ; at < w.until; at += w.rng.Int64N(3 * 86_400_000) {
			p.Advance(at, &out)
			p = w.between(tb, p, &out)
		}
	}
	p.Advance(w.until, &out)
	for p.Drain(&out) {
		p = w.between(tb, p, &out)
	}
	return oracle.Outcome{Decisions: out.Decisions, Profiles: out.Profiles, Refused: refused}
}

func (w *delivery) add(p *state.Partition, arrivals []oracle.Event, out *state.Outbox) []schemas.Reason {
	events, reasons := make([]schemas.Event, len(arrivals)), make([]schemas.Reason, len(arrivals))
	for i, a := range arrivals {
		events[i] = eventOf(w.vocabulary, a)
	}
	if w.batches {
		p.AddAll(events, reasons, out)
		return reasons
	}
	for i := range events {
		reasons[i] = p.Add(&events[i], out)
	}
	return reasons
}

// between is what happens between two events.
func (w *delivery) between(tb testing.TB, p *state.Partition, out *state.Outbox) *state.Partition {
	tb.Helper()
	at, _ := p.Watermark()
	if w.advances && w.rng.IntN(3) == 0 {
		p.Advance(at-w.rng.Int64N(86_400_000), out)
		p.Advance(at, out)
	}
	if w.restores && w.rng.IntN(400) == 0 && w.snapshots < 40 {
		if w.snapshots++; p.Behind() {
			w.behind++
		}
		restored := mustRestore(tb, p, w.c, w.config)
		mustKnowTheSame(tb, restored, p, at/w.c.Grain*w.c.Grain)
		return restored
	}
	return p
}

// mustKnowTheSame compares what two partitions know of their users, and in which cohorts they have them.
func mustKnowTheSame(tb testing.TB, got, want *state.Partition, h int64) {
	tb.Helper()
	if a, b := peopleOf(got, h), peopleOf(want, h); a != b {
		tb.Fatalf("restored:\n%s\nwant:\n%s", a, b)
	}
	if a, b := cohortsOf(got), cohortsOf(want); a != b {
		tb.Fatalf("restored:\n%s\nwant:\n%s", a, b)
	}
	gotAt, _ := got.Watermark()
	if wantAt, _ := want.Watermark(); gotAt != wantAt || got.Behind() != want.Behind() || got.CompleteUntil() != want.CompleteUntil() || got.Newest() != want.Newest() {
		tb.Fatalf("restored at %d, want %d", gotAt, wantAt)
	}
}

func peopleOf(p *state.Partition, h int64) string {
	var text strings.Builder
	for person := range p.Views(h) {
		fmt.Fprintf(&text, "%+v\n", person)
	}
	return text.String()
}

func cohortsOf(p *state.Partition) string {
	c := p.Cohorts()
	var text strings.Builder
	for s := scorer.New; s < scorer.States; s++ {
		fmt.Fprintln(&text, s, c.Lifecycle(s).ToArray())
	}
	for t := range scorer.Tiers {
		fmt.Fprintln(&text, "tier", t, c.Tier(t).ToArray())
	}
	for i := range scorer.MaxTags {
		fmt.Fprintln(&text, "tag", i, c.Tag(i).ToArray())
	}
	fmt.Fprintln(&text, c.PreChurn().ToArray(), c.HighRisk().ToArray())
	return text.String()
}

// TestDecisionsDoNotDependOnDelivery compares deliveries of the same events.
func TestDecisionsDoNotDependOnDelivery(t *testing.T) {
	const lateness = int64(26 * 3_600_000)
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, vocabulary := rulesOf(t, c)
			events, decisions, rows, snapshots, deliveries := 0, 0, 0, 0, 0
			for seed := range uint64(4) {
				rng := rand.New(rand.NewPCG(seed, 3))
				random := oracle.Random(rng, c, 40, 120)
				until := end(c, random, 130*86_400_000)
				base := delivery{
					c: c, rules: rules, vocabulary: vocabulary, rng: rng, arrivals: random, until: until,
					config: state.Config{Lateness: schemas.Duration(lateness), Journey: "winback"},
				}
				plain := base
				want := plain.run(t)
				for way, w := range allWays(base, lateness) {
					t.Run(way, func(t *testing.T) { mustAgree(t, w.run(t), want, historyOf(random)) })
					events, snapshots, deliveries = events+len(random), snapshots+w.snapshots, deliveries+1
				}
				decisions, rows = decisions+len(want.Decisions), rows+len(want.Profiles)
			}
			if snapshots == 0 || decisions < 100 {
				t.Errorf("%d snapshots and %d decisions: the run shows nothing", snapshots, decisions)
			}
			t.Logf("counts: %d events, %d users, %d deliveries, %d decisions, %d profile rows, %d restores; the events of all deliveries, the decisions of one each",
				events, 4*40, deliveries, decisions, rows, snapshots)
		})
	}
}

// variations are deliveries that differ from base in one thing each, by name.
type variations struct {
	base delivery
	all  map[string]*delivery
}

func (x *variations) add(name string, change func(w *delivery)) {
	w := x.base
	w.rng = rand.New(rand.NewPCG(uint64(len(x.all)), 4))
	change(&w)
	x.all[name] = &w
}

// allWays are these and those that change the order, or the partitions.
func allWays(base delivery, lateness int64) map[string]*delivery {
	x := variations{base, waysInOrder(base)}
	x.add("in other order", func(w *delivery) { w.arrivals = oracle.Disorder(w.rng, w.arrivals, lateness) })
	x.add("everything", func(w *delivery) {
		w.batches, w.advances, w.restores, w.config.Drain = true, true, true, 2
		w.arrivals = oracle.Disorder(w.rng, w.arrivals, lateness)
	})
	if !base.c.Population.On {
		x.add("over partitions", func(w *delivery) { w.parts = 3 })
	}
	return x.all
}

// waysInOrder are those that keep the order in which the events arrive, to one partition.
func waysInOrder(base delivery) map[string]*delivery {
	x := variations{base, map[string]*delivery{}}
	x.add("in batches", func(w *delivery) { w.batches = true })
	x.add("in many steps", func(w *delivery) { w.advances = true })
	x.add("drained one by one", func(w *delivery) { w.config.Drain = 1 })
	x.add("drained by threes", func(w *delivery) { w.config.Drain, w.batches = 3, true })
	x.add("restored", func(w *delivery) { w.restores = true })
	return x.all
}

// TestDecisionsDoNotDependOnDeliveryWhileClocksAreBroken compares them while jumps of the clock wait for being confirmed.
func TestDecisionsDoNotDependOnDeliveryWhileClocksAreBroken(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, vocabulary := rulesOf(t, c)
			events, decisions, snapshots, deliveries := 0, 0, 0, 0
			for seed := range uint64(3) {
				rng := rand.New(rand.NewPCG(seed, 8))
				clock := oracle.Clock{Lateness: 5 * 60_000, MaxJump: 6 * 3_600_000, Witnesses: int64(2 + seed)}
				arrivals := oracle.BreakClocks(rng, oracle.Random(rng, c, 40, 100), clock.MaxJump)
				base := delivery{
					c: c, rules: rules, vocabulary: vocabulary, rng: rng, arrivals: arrivals, until: end(c, arrivals, 100*86_400_000), config: configOf(clock),
				}
				plain := base
				want := plain.run(t)
				for way, w := range waysInOrder(base) {
					t.Run(way, func(t *testing.T) { mustAgree(t, w.run(t), want, historyOf(arrivals)) })
					events, snapshots, deliveries = events+len(arrivals), snapshots+w.snapshots, deliveries+1
				}
				decisions += len(want.Decisions)
			}
			if snapshots == 0 || decisions < 100 {
				t.Errorf("%d snapshots and %d decisions: the run shows nothing", snapshots, decisions)
			}
			t.Logf("counts: %d events, %d users, %d deliveries, %d decisions, %d restores; with max_jump on", events, 3*40, deliveries, decisions, snapshots)
		})
	}
}

// outage takes the events of some days out of the run's middle; the watermark jumps over them.
func outage(events []oracle.Event, days int64) []oracle.Event {
	from := oracle.Origin + 50*int64(86_400_000)
	return slices.DeleteFunc(slices.Clone(events), func(e oracle.Event) bool { return e.Time >= from && e.Time < from+days*86_400_000 })
}

// TestDecisionsDoNotDependOnTheDrain has many borders pass at once, and events come while the users due there wait. Among the
// outages are some longer than anything is remembered, and than the calendar of the timers is.
func TestDecisionsDoNotDependOnTheDrain(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, vocabulary := rulesOf(t, c)
			events, decisions, rows, behind := 0, 0, 0, 0
			for seed, days := range []int64{3, 20, 60, 200, 900} {
				rng := rand.New(rand.NewPCG(uint64(seed), 5))
				arrivals := outage(oracle.Random(rng, c, 60, int(110+days)), days)
				base := delivery{
					c: c, rules: rules, vocabulary: vocabulary, rng: rng, arrivals: arrivals, until: end(c, arrivals, 130*86_400_000),
					config: state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"},
				}
				atOnce := base
				want := atOnce.run(t)
				for _, drain := range []int{1, 3} {
					slow := base
					slow.config.Drain, slow.restores, slow.batches = drain, true, drain == 3
					mustAgree(t, slow.run(t), want, historyOf(arrivals))
					behind += slow.behind
				}
				events, decisions, rows = events+len(arrivals), decisions+len(want.Decisions), rows+len(want.Profiles)
			}
			if behind == 0 {
				t.Error("no snapshot was taken while users waited")
			}
			t.Logf("counts: %d events, %d users, %d decisions, %d profile rows, %d restores; however slowly they are drained", events, 5*60, decisions, rows, behind)
		})
	}
}

// TestIdleUsersAreNotJudged has borders pass over users whose next change lies in the future.
func TestIdleUsersAreNotJudged(t *testing.T) {
	const users, day = 100_000, int64(86_400_000)
	p, vocabulary := newPartition(t, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	visit := vocabulary.Lookup([]byte("visit"))
	var out state.Outbox
	from := int64(20_000) * day
	for i := range users {
		for n := range int64(3) {
			p.Add(&schemas.Event{User: fmt.Appendf(nil, "idle-%d", i), Time: from + n, Type: visit}, &out)
		}
	}
	quiet := from + 182*day // churned, assessed for the last time, and 400 days from being forgotten
	p.Advance(quiet, &out)
	before := p.Counts().Judged
	borders := int64(0)
	for at := quiet; at < quiet+200*day; at += int64(schemas.Hour) {
		p.Advance(at, &out)
		borders++
	}
	if judged := p.Counts().Judged - before; judged != 0 {
		t.Errorf("%d idle users were judged %d times while %d borders passed; nothing could change", users, judged, borders)
	}
	t.Logf("%d borders over %d idle users: nobody judged; %d before", borders, users, before)
}

// TestARestoredPartitionDecidesAsTheOriginal is the shortest story of a restore: an episode that was open goes on with its number.
func TestARestoredPartitionDecidesAsTheOriginal(t *testing.T) {
	c := configs()["defaults"]
	events := oracle.Random(rand.New(rand.NewPCG(11, 11)), c, 80, 150)
	until := end(c, events, 95*86_400_000)
	want := run(t, c, events, usualClock(), until)
	rules, vocabulary := rulesOf(t, c)
	config := state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"}
	p, err := state.New(rules, vocabulary, config)
	if err != nil {
		t.Fatal(err)
	}
	var out state.Outbox
	for i, a := range events {
		e := eventOf(vocabulary, a)
		p.Add(&e, &out)
		if i == len(events)*2/3 {
			if p, err = state.Restore(bytes.NewReader(snapshotOf(t, p)), rules, vocabulary, config); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.Advance(until, &out)
	for i := range want.Decisions {
		if i >= len(out.Decisions) || out.Decisions[i] != want.Decisions[i] {
			t.Fatalf("decision %d after a restore is another one, order included", i)
		}
	}
}
