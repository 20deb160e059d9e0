package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
)

// slowIDs is what is remembered, said plainly: when each id expires, as ticks of the same length.
type slowIDs struct {
	span, tick int64
	expiry     map[uint64]int64
}

func newSlowIDs(d *eventIDs) *slowIDs {
	return &slowIDs{d.span, 1 << d.tickBits, map[uint64]int64{}}
}

// see reports whether an event is a duplicate, and remembers its id in either case.
func (s *slowIDs) see(id uint64, at, watermark int64) bool {
	now := max(0, watermark) / s.tick
	last, found := s.expiry[id]
	known := found && now <= last
	until := min(max(0, at+s.span, watermark+s.span)/s.tick, now+65535)
	if known {
		until = max(until, last)
	}
	s.expiry[id] = until
	return known
}

// see does what a partition does with an event.
func see(d *eventIDs, id uint64, at, watermark int64) bool {
	if d.known(id, at, watermark, watermark) {
		return true
	}
	d.remember(id, at, watermark)
	return false
}

// fataler is a test of the standard library or of rapid.
type fataler interface {
	Fatalf(format string, args ...any)
}

// restoredIDs writes ids and reads them back under settings, which may be others.
func restoredIDs(tb fataler, d *eventIDs, watermark int64, config Dedup) *eventIDs {
	var kept bytes.Buffer
	w := newArchiveWriter(&kept)
	d.archive(w, watermark)
	w.seal()
	read := newEventIDs(config)
	r := newArchiveReader(bytes.NewReader(kept.Bytes()))
	read.archive(r, watermark)
	if r.seal(); w.err != nil || r.err != nil {
		tb.Fatalf("%v, %v", w.err, r.err)
	}
	return &read
}

// mustBeSound makes sure that entries lie in order, none before its home, and are counted.
func mustBeSound(tb fataler, d *eventIDs) {
	count := uint64(0)
	for number := range d.tables {
		t, used, last := &d.tables[number], uint32(0), uint32(0)
		for i, e := range t.entries {
			if e == 0 {
				continue
			}
			if key := uint32(e >> 32); key < last || uint32(i) < t.home(key) || t.entries[max(int(t.home(key)), i-1)] == 0 {
				tb.Fatalf("table %d: the entry at %d cannot be found from its home", number, i)
			}
			used, last = used+1, uint32(e>>32)
		}
		if used != t.used || t.entries[len(t.entries)-1] != 0 || used > d.most {
			tb.Fatalf("table %d: %d entries, %d counted, at most %d", number, used, t.used, d.most)
		}
		count += uint64(used)
	}
	if count != d.count {
		tb.Fatalf("%d entries, %d counted", count, d.count)
	}
}

// TestAnEventIsADuplicateWhereThePlainMapSaysSo gives both the same events: many and few, of ids that share tables, keys and times; with pauses
// longer than anything is remembered, clocks far ahead, and restores in between.
func TestAnEventIsADuplicateWhereThePlainMapSaysSo(t *testing.T) {
	events, duplicates := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		span := schemas.Duration(rapid.SampledFrom([]int64{60_000, 100_003, 3_600_000, 86_400_000}).Draw(t, "span"))
		config := Dedup{Span: span, MaxIDs: mostIDs}
		ids := newEventIDs(config)
		d, slow := &ids, newSlowIDs(&ids)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		watermark := rapid.SampledFrom([]int64{-1000, 0, 1_750_000_000_000}).Draw(t, "begin")
		kinds := rapid.Uint64Range(1, 2000).Draw(t, "ids")
		id := func() uint64 { // a few tables, a few keys, and the bits behind them
			n := rng.Uint64N(kinds)
			return n%3<<(64-idTableBits) | n%5<<40 | n/5<<4
		}
		t.Repeat(map[string]func(*rapid.T){
			"events": func(t *rapid.T) {
				for range rapid.IntRange(1, 1500).Draw(t, "n") {
					at := watermark + rng.Int64N(int64(span)) - int64(span)/2
					if rng.IntN(100) == 0 {
						at = watermark + rng.Int64N(100*int64(span))
					}
					id := id()
					got, want := see(d, id, max(0, at), watermark), slow.see(id, max(0, at), watermark)
					if got != want {
						t.Fatalf("%x at %d, watermark %d: duplicate %v, want %v", id, at, watermark, got, want)
					}
					events++
					if got {
						duplicates++
					}
					watermark += rng.Int64N(1 + int64(span)/500)
				}
			},
			"time passes": func(t *rapid.T) {
				watermark += rapid.OneOf(rapid.Int64Range(0, int64(span)), rapid.Int64Range(0, 200*int64(span))).Draw(t, "by")
			},
			"restore": func(*rapid.T) { d = restoredIDs(t, d, watermark, config) },
			"":        func(t *rapid.T) { mustBeSound(t, d) },
		})
	})
	t.Logf("counts: %d events, %d duplicates among them", events, duplicates)
	if duplicates < events/100 || duplicates > events*99/100 {
		t.Errorf("%d of %d events are duplicates: the run shows nothing", duplicates, events)
	}
}

// TestIDsAreCarriedOverWhenTheSpanIsChanged restores under other settings.
func TestIDsAreCarriedOverWhenTheSpanIsChanged(t *testing.T) {
	const at = int64(1_750_000_000_000)
	before := newEventIDs(Dedup{Span: schemas.Day, MaxIDs: mostIDs})
	for id := range uint64(1000) {
		see(&before, id<<40|id<<4, at, at)
	}
	longer := restoredIDs(t, &before, at+int64(schemas.Hour), Dedup{Span: 30 * schemas.Day, MaxIDs: mostIDs})
	if !longer.known(7<<40|7<<4, at, at+int64(schemas.Day), at+int64(schemas.Day)) {
		t.Error("an id of before is forgotten sooner than it was to be")
	}
	if longer.known(8<<40|8<<4, at, at+2*int64(schemas.Day), at+2*int64(schemas.Day)) {
		t.Error("an id of before is remembered for the new span")
	}
	longer.remember(9, at, at)
	if !longer.known(9, at, at+29*int64(schemas.Day), at+29*int64(schemas.Day)) {
		t.Error("a new id is not remembered for the new span")
	}
	off := restoredIDs(t, &before, at, Dedup{})
	if off.count != 0 {
		t.Error("ids are kept although nothing is to be remembered")
	}
}

// TestTheOldestIDsAreForgottenWhenThereAreTooMany fills a table many times over, with restores in between: nothing is known that has not been seen within the span,
// and what is forgotten before its time expires before all that is kept at that moment.
func TestTheOldestIDsAreForgottenWhenThereAreTooMany(t *testing.T) {
	for _, limit := range []int{leastIDs, 20 * leastIDs} {
		config := Dedup{Span: schemas.Day, MaxIDs: limit}
		ids, rng := newEventIDs(config), rand.New(rand.NewPCG(uint64(limit), 2))
		unrestored := newEventIDs(config)
		d := &ids
		slow, now := newSlowIDs(d), int64(1_750_000_000_000)
		for n := range 20 * d.most {
			id, at := uint64(n)<<20, now+rng.Int64N(int64(schemas.Hour))
			forgotten := d.forgotten
			see(d, id, at, now)
			see(&unrestored, id, at, now)
			slow.see(id, at, now)
			if d.forgotten > forgotten {
				mustKeepTheNewest(t, d, slow, id, now)
			}
			if now += rng.Int64N(20_000); rng.IntN(300) == 0 {
				d = restoredIDs(t, d, now, config)
			}
		}
		mustBeSound(t, d)
		if d.forgotten == 0 || !slices.Equal(d.tables[0].entries[:d.tables[0].homes], unrestored.tables[0].entries[:d.tables[0].homes]) || d.forgotten != unrestored.forgotten {
			t.Errorf("limit %d: %d ids forgotten, %d without restores", limit, d.forgotten, unrestored.forgotten)
		}
	}
}

// mustKeepTheNewest looks at table 0 just after ids were forgotten to make room for another one.
func mustKeepTheNewest(tb testing.TB, d *eventIDs, slow *slowIDs, added uint64, now int64) {
	tb.Helper()
	oldest, kept := int64(1<<62), 0
	var gone int64
	for id, expiry := range slow.expiry {
		switch place, found := d.tables[0].find(fingerprintOf(id)); {
		case found && d.tables[0].expiry(d.tables[0].entries[place]) != expiry:
			tb.Fatalf("id %x expires at %d, want %d", id, d.tables[0].expiry(d.tables[0].entries[place]), expiry)
		case found && id != added:
			oldest, kept = min(oldest, expiry), kept+1
		case !found && expiry >= d.tickOf(now):
			gone = max(gone, expiry)
			delete(slow.expiry, id) // looked at once
		}
	}
	if kept < int(d.most)*7/8 || kept > int(d.most) || gone > oldest {
		tb.Fatalf("%d ids kept of at most %d, the oldest of %d, and one of %d is forgotten", kept, d.most, oldest, gone)
	}
}

// TestMemoryComesBackWhenIDsBecomeFew has a busy day and then quiet ones.
func TestMemoryComesBackWhenIDsBecomeFew(t *testing.T) {
	d, now := newEventIDs(Dedup{Span: schemas.Day, MaxIDs: mostIDs}), int64(1_750_000_000_000)
	rng := rand.New(rand.NewPCG(1, 3))
	for range 400_000 {
		see(&d, rng.Uint64(), now, now)
	}
	busy := d.footprint()
	for range 30 {
		now += int64(schemas.Day)
		for range 12_000 {
			see(&d, rng.Uint64(), now, now)
		}
	}
	if quiet := d.footprint(); quiet > busy/4 {
		t.Errorf("%d bytes on busy days, still %d on quiet ones", busy, quiet)
	}
	t.Logf("%.1f bytes an id on the busy day", float64(busy)/400_000)
}

// TestRememberingAllocatesNothing looks at tables that have reached their size.
func TestRememberingAllocatesNothing(t *testing.T) {
	d, now := newEventIDs(Dedup{Span: schemas.Minute, MaxIDs: leastIDs}), int64(1_750_000_000_000)
	rng := rand.New(rand.NewPCG(1, 4))
	step := func() {
		id := rng.Uint64()
		see(&d, id, now, now)
		see(&d, id, now, now)
		now += 2
	}
	for range 400_000 {
		step()
	}
	if allocs := testing.AllocsPerRun(100_000, step); allocs > 0 {
		t.Errorf("%v allocations an event", allocs)
	}
}

func BenchmarkEventIDs(b *testing.B) {
	for _, held := range []int{1_000_000, 20_000_000} {
		b.Run(fmt.Sprintf("new/held=%d", held), func(b *testing.B) {
			d, now := newEventIDs(Dedup{Span: schemas.Day, MaxIDs: 2 * held}), int64(1_750_000_000_000)*1000
			rng := rand.New(rand.NewPCG(1, 5))
			one := func() {
				see(&d, rng.Uint64(), now/1000, now/1000)
				now += int64(schemas.Day) * 1000 / int64(held)
			}
			for range held {
				one()
			}
			for b.Loop() {
				one()
			}
			b.ReportMetric(float64(d.footprint())/float64(held), "B/id")
		})
	}
}
