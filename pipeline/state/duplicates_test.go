package state_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
)

// clientDuplicates returns the events with some of them sent again later, up to delay milliseconds after. Each has the number of its id.
func clientDuplicates(rng *rand.Rand, events []oracle.Event, delay int64) (all []oracle.Event, ids []uint64) {
	type sent struct {
		oracle.Event
		id uint64
		at int64 // when it arrives
	}
	var sending []sent
	for i, e := range events {
		id := xxhash.Sum64String(fmt.Sprint("message ", i))
		sending = append(sending, sent{e, id, e.Time})
		for again := e.Time; rng.IntN(3) == 0; {
			again += rng.Int64N(delay / 2)
			if again > e.Time+delay {
				break
			}
			sending = append(sending, sent{e, id, again})
		}
	}
	slices.SortStableFunc(sending, func(a, b sent) int { return int(a.at - b.at) })
	for _, s := range sending {
		all, ids = append(all, s.Event), append(ids, s.id)
	}
	return all, ids
}

// duplicated gives events with ids to a partition, in batches of any size, and restores it now and then.
type duplicated struct {
	rules      *scorer.Rules
	vocabulary *schemas.Vocabulary
	config     state.Config
	rng        *rand.Rand
	restores   bool
}

func (d *duplicated) run(tb testing.TB, arrivals []oracle.Event, ids []uint64, until int64) (oracle.Outcome, state.Counts) {
	tb.Helper()
	p, err := state.New(d.rules, d.vocabulary, d.config)
	if err != nil {
		tb.Fatal(err)
	}
	var out state.Outbox
	for at := 0; at < len(arrivals); {
		n := min(len(arrivals)-at, 1+d.rng.IntN(2*state.AddBatch))
		events, reasons := make([]schemas.Event, n), make([]schemas.Reason, n)
		for i := range events {
			events[i] = eventOf(d.vocabulary, arrivals[at+i])
			events[i].ID = ids[at+i]
		}
		p.AddAll(events, reasons, &out)
		if at += n; d.restores && d.rng.IntN(8) == 0 {
			kept := snapshotOf(tb, p)
			restored, err := state.Restore(bytes.NewReader(kept), d.rules, d.vocabulary, d.config)
			if err != nil {
				tb.Fatal(err)
			}
			if !bytes.Equal(snapshotOf(tb, restored), kept) || restored.Counts() != p.Counts() || restored.EventIDs() != p.EventIDs() {
				tb.Fatal("what was restored is another partition")
			}
			p = restored
		}
	}
	p.Advance(until, &out)
	return oracle.Outcome{Decisions: out.Decisions, Profiles: out.Profiles}, p.Counts()
}

// TestEventsSentTwiceDecideNothingElse compares what is decided on some events with what is decided when many of them are sent again within the
// span, whatever the batches, with and without restores in between.
func TestEventsSentTwiceDecideNothingElse(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, vocabulary := rulesOf(t, c)
			rng := rand.New(rand.NewPCG(3, 12))
			events := oracle.Random(rng, c, 40, 120)
			until := end(c, events, 100*86_400_000)
			clock := usualClock()
			want := run(t, c, events, clock, until)
			sent, ids := clientDuplicates(rng, events, int64(schemas.Day)-clock.Lateness)
			for _, restores := range []bool{false, true} {
				d := duplicated{rules: rules, vocabulary: vocabulary, config: configOf(clock), rng: rng, restores: restores}
				d.config.Dedup = state.DefaultDedup()
				got, counts := d.run(t, sent, ids, until)
				mustAgree(t, got, oracle.Outcome{Decisions: want.Decisions, Profiles: want.Profiles}, historyOf(events))
				if counts.Events != uint64(len(events)) || counts.Duplicates != uint64(len(sent)-len(events)) || counts.Late != 0 {
					t.Fatalf("%+v of %d events sent, %d of them once", counts, len(sent), len(events))
				}
			}
			d := duplicated{rules: rules, vocabulary: vocabulary, config: configOf(clock), rng: rng}
			if off, _ := d.run(t, sent, ids, until); slices.EqualFunc(off.Decisions, want.Decisions, equal) {
				t.Error("without ids being remembered the same is decided: the run shows nothing")
			}
			t.Logf("counts: %d events, %d duplicates, %d decisions", len(events), len(sent)-len(events), len(want.Decisions))
		})
	}
}

// step is one event that a partition is given, and what is to become of it.
type step struct {
	id     uint64
	at     int64 // after the first event
	reason schemas.Reason
	counts state.Counts // so far
}

// TestWhatADuplicateDoes goes through the cases one by one.
func TestWhatADuplicateDoes(t *testing.T) {
	const hour, day = int64(schemas.Hour), int64(schemas.Day)
	for name, steps := range map[string][]step{
		"a duplicate is no late event, however old it is": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{2, 23 * hour, schemas.Accepted, state.Counts{Events: 2}},
			{1, 0, schemas.Accepted, state.Counts{Events: 2, Duplicates: 1}},
		},
		"with another time it is one all the same, and moves no watermark": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{1, 20 * hour, schemas.Accepted, state.Counts{Events: 1, Duplicates: 1}},
			{2, hour, schemas.Accepted, state.Counts{Events: 2, Duplicates: 1}},
		},
		"of a time after the span it is another event, though nobody else has come meanwhile": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{1, 25 * hour, schemas.Accepted, state.Counts{Events: 2}},
			{1, 25 * hour, schemas.Accepted, state.Counts{Events: 2, Duplicates: 1}},
		},
		"after the span it counts": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{2, 25 * hour, schemas.Accepted, state.Counts{Events: 2}},
			{1, 0, schemas.Accepted, state.Counts{Events: 3, Late: 1}},
		},
		"a copy starts the span anew": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{2, 20 * hour, schemas.Accepted, state.Counts{Events: 2}},
			{1, 0, schemas.Accepted, state.Counts{Events: 2, Duplicates: 1}},
			{3, 40 * hour, schemas.Accepted, state.Counts{Events: 3, Duplicates: 1}},
			{1, 0, schemas.Accepted, state.Counts{Events: 3, Duplicates: 2}},
		},
		"events without an id are none": {
			{0, 0, schemas.Accepted, state.Counts{Events: 1}},
			{0, 0, schemas.Accepted, state.Counts{Events: 2}},
		},
		"one in the future is refused and leaves no id": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{2, 200 * day, schemas.Future, state.Counts{Events: 1}},
			{2, hour, schemas.Accepted, state.Counts{Events: 2}},
		},
		"nor does one that is too late": {
			{1, 99 * day, schemas.Accepted, state.Counts{Events: 1}},
			{2, -99 * day, schemas.Late, state.Counts{Events: 1}},
			{2, 99*day + hour, schemas.Accepted, state.Counts{Events: 2}},
		},
		"known before, one that would be refused is a duplicate": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{1, 200 * day, schemas.Accepted, state.Counts{Events: 1, Duplicates: 1}},
		},
		"after a pause in which nothing came it is remembered from its own time on": {
			{1, 0, schemas.Accepted, state.Counts{Events: 1}},
			{2, 60 * day, schemas.Accepted, state.Counts{Events: 2}},
			{2, 60 * day, schemas.Accepted, state.Counts{Events: 2, Duplicates: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, vocabulary := newPartition(t, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback", Dedup: state.DefaultDedup()})
			p.Limit(oracle.Origin + 100*day)
			var out state.Outbox
			newest := int64(-1 << 62)
			for i, s := range steps {
				before := p.Counts().Events
				e := schemas.Event{User: []byte("u"), ID: s.id, Time: oracle.Origin + s.at, Type: vocabulary.Lookup([]byte("visit"))}
				if reason := p.Add(&e, &out); reason != s.reason || p.Counts().Events != s.counts.Events || p.Counts().Duplicates != s.counts.Duplicates || p.Counts().Late != s.counts.Late {
					t.Fatalf("event %d: %v, %+v", i, reason, p.Counts())
				}
				if p.Counts().Events > before {
					newest = max(newest, e.Time)
				}
				if at, _ := p.Watermark(); at != newest-int64(5*schemas.Minute) {
					t.Fatalf("event %d moved the watermark to %d", i, at)
				}
			}
		})
	}
}

// TestADuplicateAheadOfTheWatermarkIsKnown has an event that the watermark does not follow at once, and its copy after the watermark has.
func TestADuplicateAheadOfTheWatermarkIsKnown(t *testing.T) {
	config := state.Defaults()
	p, vocabulary := newPartition(t, config)
	var out state.Outbox
	add := func(user string, id uint64, at schemas.Duration) {
		p.Add(&schemas.Event{User: []byte(user), ID: id, Time: oracle.Origin + int64(at), Type: vocabulary.Lookup([]byte("visit"))}, &out)
	}
	add("ann", 1, 0)
	add("bob", 2, 0)
	add("cyd", 3, 0)
	add("ann", 4, 9*schemas.Day)
	add("bob", 5, 9*schemas.Day)
	if c := p.Counts(); c.JumpsHeld != 2 || c.JumpsTaken != 0 || p.JumpsWaiting() != 2 {
		t.Fatalf("%+v, %d waiting: want two events held back", c, p.JumpsWaiting())
	}
	add("cyd", 6, 9*schemas.Day)
	add("ann", 4, 9*schemas.Day)
	if c := p.Counts(); c.JumpsTaken != 1 || c.Duplicates != 1 || c.Events != 6 || p.JumpsWaiting() != 0 {
		t.Fatalf("%+v, %d waiting: want one jump taken and one duplicate", c, p.JumpsWaiting())
	}
}

// TestAddingEventsWithIDsAllocatesNothing has users who are known, and ids that are not.
func TestAddingEventsWithIDsAllocatesNothing(t *testing.T) {
	p, vocabulary := newPartition(t, state.Config{Journey: "winback", Dedup: state.Dedup{Span: schemas.Minute, MaxIDs: 100_000}})
	var out state.Outbox
	rng := rand.New(rand.NewPCG(1, 9))
	e := schemas.Event{User: []byte("u"), Time: oracle.Origin, Type: vocabulary.Lookup([]byte("visit"))}
	events, reasons := make([]schemas.Event, 64), make([]schemas.Reason, 64)
	step := func() {
		for i := range events {
			if e.ID = rng.Uint64(); i%2 == 1 {
				e.ID = events[i-1].ID
			}
			events[i] = e
		}
		e.Time += 60
		p.AddAll(events, reasons, &out)
		out.Reset()
	}
	for range 5000 {
		step()
	}
	if allocs := testing.AllocsPerRun(2000, step); allocs > 0 {
		t.Errorf("%v allocations of 64 events", allocs)
	}
}
