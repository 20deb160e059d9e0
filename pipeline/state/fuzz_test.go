package state_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
)

// fuzzRun takes from bytes what happens to a partition, and to a reference that is never restored and judges all who are due at once.
type fuzzRun struct {
	tb                testing.TB
	rules             *scorer.Rules
	vocabulary        *schemas.Vocabulary
	config            state.Config
	left              []byte
	p, reference      *state.Partition
	out, referenceOut state.Outbox
	now               int64
	negative          string // the metric whose amounts were below zero
}

func (f *fuzzRun) byte() (b byte) {
	if len(f.left) > 0 {
		b, f.left = f.left[0], f.left[1:]
	}
	return b
}

// span is up to so many of a unit.
func (f *fuzzRun) span(unit schemas.Duration) int64 { return int64(f.byte()) * int64(unit) / 16 }

func (f *fuzzRun) run() {
	flags := f.byte()
	f.config = state.Config{Journey: "winback", Drain: 1 + int(flags&3), Lateness: []schemas.Duration{0, 5 * schemas.Minute, 26 * schemas.Hour, schemas.Week}[flags>>2&3]}
	if flags&16 > 0 {
		f.config.MaxJump, f.config.JumpWitnesses = schemas.Day, 2+int(flags>>5&3)
	}
	f.config.Dedup = state.Dedup{Span: schemas.Hour, MaxIDs: 100_000}
	f.p, f.reference = f.partition(f.config.Drain), f.partition(0)
	for f.now = oracle.Origin; len(f.left) > 0; f.mustHold(f.p) {
		f.happen()
	}
	f.p.DrainAll(&f.out)
	f.mustHold(f.p)
	f.mustHold(f.reference)
	agree(f.tb, "decision", sorted(f.out.Decisions), sorted(f.referenceOut.Decisions), equal, func(schemas.Decision) string { return "" })
	if f.p.Counts() != f.reference.Counts() || f.p.Users() != f.reference.Users() || len(f.out.Profiles) != len(f.referenceOut.Profiles) {
		f.tb.Fatalf("%+v and %d users, the reference has %+v and %d", f.p.Counts(), f.p.Users(), f.reference.Counts(), f.reference.Users())
	}
}

func (f *fuzzRun) partition(drain int) *state.Partition {
	config := f.config
	config.Drain = drain
	p, err := state.New(f.rules, f.vocabulary, config)
	if err != nil {
		f.tb.Fatal(err)
	}
	return p
}

func (f *fuzzRun) restore() {
	restored, err := state.Restore(bytes.NewReader(snapshotOf(f.tb, f.p)), f.rules, f.vocabulary, f.config)
	if err != nil {
		f.tb.Fatal(err)
	}
	f.p = restored
}

func (f *fuzzRun) happen() {
	switch act := f.byte(); act % 16 {
	case 0:
		f.now += f.span(8 * schemas.Day) // an outage
	case 1:
		f.advance(f.now + f.span(schemas.Day))
	case 2:
		f.restore()
	case 3, 4:
		f.p.Drain(&f.out)
	case 5, 6:
		f.now += f.span(6 * schemas.Hour)
		f.advance(f.now)
	case 7:
		f.add(f.now-f.span(10*schemas.Day), act>>4)
	default:
		f.now += f.span(schemas.Hour)
		f.add(f.now, act>>4)
	}
}

func (f *fuzzRun) advance(to int64) {
	f.p.Advance(to, &f.out)
	f.reference.Advance(to, &f.referenceOut)
}

// add has one of a few users do something, perhaps more than once.
func (f *fuzzRun) add(at int64, user byte) {
	what, much := f.byte(), f.byte()
	types := []string{"visit", "order", "view", "search", "refund", "visit", "order", "nothing"}
	e := schemas.Event{
		User: []byte("u" + strconv.Itoa(int(user))), Time: max(0, at), Amount: int64(much) * 100, Duration: int64(much) * 1000,
		Type: f.vocabulary.Lookup([]byte(types[what&7])), Category: f.vocabulary.Category([]byte([]string{"", "coffee", "shoes", "tea"}[what>>3&3])),
	}
	if what&7 == 4 {
		e.Amount, f.negative = -e.Amount, "spend"
	}
	if what>>5 == 3 {
		e.ID = 1 + uint64(much&7)
	}
	if what>>5 == 7 {
		e.Amount, e.Offset = e.Amount<<40, 60*int16(much%15)
	}
	for range 1 + what>>5 {
		one, other := f.p.Add(&e, &f.out), f.reference.Add(&e, &f.referenceOut)
		if one != other {
			f.tb.Fatalf("%v, and the reference says %v", one, other)
		}
		e.Time += int64(what) * int64(schemas.Minute)
	}
}

func (f *fuzzRun) mustHold(p *state.Partition) {
	if err := state.Broken(p, f.negative); err != nil {
		f.tb.Fatal(err)
	}
}

// FuzzPartition has bytes decide what happens to a partition: events in and out of order, advances, outages, drains, restores. After each
// of them its timers, sums, cohorts and memory must be sound, and in the end all must be decided as in one go.
func FuzzPartition(f *testing.F) {
	const longest = 1 << 9
	all := configs()
	names := slices.Sorted(maps.Keys(all))
	rules, vocabularies := make([]*scorer.Rules, len(names)), make([]*schemas.Vocabulary, len(names))
	for i, name := range names {
		rules[i], vocabularies[i] = rulesOf(f, all[name])
	}
	for seed := range uint64(2 * len(names)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		script := []byte{byte(seed)}
		for range 300 {
			script = append(script, byte(rng.Uint32()))
		}
		f.Add(script)
	}
	f.Add([]byte{4, 0})                                       // nothing happens
	f.Add([]byte("\x04\x04\x08\x10\xe2\x40\x01\xff\x01\xff")) // who only looks, slips, and is lost
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		i := int(script[0]) % len(names)
		(&fuzzRun{tb: t, rules: rules[i], vocabulary: vocabularies[i], left: script[1:min(len(script), longest)]}).run()
	})
}
