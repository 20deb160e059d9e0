package track

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slowly is a user's past as plain cells: events are added to the cell that has their lane, grain and shift, and sessions are made of the
// times of all events of a lane.
type slowly struct {
	*Schema
	plain map[Cell]Cell // by lane, grain and shift
	times map[uint8][]int64
}

func (p *slowly) add(a *Addition) {
	for _, c := range a.Cells {
		key := Cell{Grain: c.Grain, Lane: c.Lane, Shift: c.Shift}
		sum, found := p.plain[key]
		if !found {
			sum = key
		}
		sum.merge(&c)
		p.plain[key] = sum
	}
	for _, lane := range a.Sessions {
		p.times[lane] = append(p.times[lane], a.Time)
	}
}

// sessions lists the sessions of a lane by their spans.
func (p *slowly) sessions(lane uint8) (spans []Span) {
	times := slices.Sorted(slices.Values(p.times[lane]))
	for _, at := range times {
		if n := len(spans); n > 0 && at-spans[n-1].End <= p.gap {
			spans[n-1].End = at
			continue
		}
		spans = append(spans, Span{at, at})
	}
	return spans
}

// beginsSooner reports whether none of the sessions that there were begins in the grain in which the session of a time begins now.
func (p *slowly) beginsSooner(lane uint8, before []Span, at int64) bool {
	now := p.sessions(lane)
	i := slices.IndexFunc(now, func(s Span) bool { return s.Start <= at && at <= s.End })
	return !slices.ContainsFunc(before, func(s Span) bool {
		return now[i].Start <= s.Start && s.Start <= now[i].End && s.Start/p.grain == now[i].Start/p.grain
	})
}

// disagrees says what of some cells is not what the events make; empty if all is.
func (p *slowly) disagrees(cells []Cell) string {
	plain, sessions := 0, map[uint8][]Span{}
	for i := range cells {
		c := &cells[i]
		if i > 0 && c.Grain < cells[i-1].Grain {
			return "the cells are not in the order of their grains"
		}
		if p.kind(c.Lane) == SpanSum {
			sessions[c.Lane] = append(sessions[c.Lane], p.SpanOf(c))
			continue
		}
		if plain++; p.plain[Cell{Grain: c.Grain, Lane: c.Lane, Shift: c.Shift}] != *c {
			return "another cell"
		}
	}
	if plain != len(p.plain) {
		return "more or fewer cells"
	}
	for lane := range p.times {
		if !slices.Equal(sessions[lane], p.sessions(lane)) {
			return "other sessions"
		}
	}
	return ""
}

// newestGrainIsOneRecordAShift reports whether each lane without sessions stands in the last record of its grain and shift, where Append
// looks for it.
func (p *slowly) newestGrainIsOneRecordAShift(cells []Cell) bool {
	for i := 0; i < len(cells); {
		n := sameRecord(cells[i:])
		next := i + n
		if next < len(cells) && cells[next].Grain == cells[i].Grain && cells[next].Shift == cells[i].Shift {
			for _, c := range cells[i:next] {
				if p.kind(c.Lane) != SpanSum {
					return false
				}
			}
		}
		i = next
	}
	return true
}

// mixedSchema has lanes of every kind, and so many that their bits take several bytes.
func mixedSchema(t *testing.T) *Schema {
	lanes := []Lane{{Sum: SignedSum}, {Sum: UnsignedSum}, {Sum: SpanSum}, {}, {Sum: SpanSum}, {}, {Sum: SignedSum}}
	for range 10 {
		lanes = append(lanes, Lane{})
	}
	for i := range lanes {
		lanes[i].Expiry = 840
	}
	return newSchema(t, lanes)
}

func drawAddition(rng *rand.Rand, s *Schema, at int64) (a Addition) {
	a.Time = at
	if rng.IntN(6) == 0 { // late
		a.Time -= rng.Int64N(50 * hourMillis)
	}
	if rng.IntN(10) == 0 {
		a.Shift = int8(rng.IntN(27) - 12)
	}
	a.Grain = uint32(a.Time / hourMillis)
	for lane := range s.lanes {
		if rng.IntN(len(s.lanes)) > 1 {
			continue
		}
		if s.lanes[lane].Sum == SpanSum {
			a.Sessions = append(a.Sessions, uint8(lane))
			continue
		}
		c := Cell{Grain: a.Grain, Shift: a.Shift, Lane: uint8(lane), Count: 1}
		switch s.lanes[lane].Sum {
		case SignedSum:
			c.Sum = rng.Int64N(1<<(1+rng.IntN(50))) - 1<<20
		case UnsignedSum:
			c.Sum = rng.Int64N(1 << (1 + rng.IntN(50)))
		}
		a.Cells = append(a.Cells, c)
	}
	return a
}

// addEvent adds an event by the way the scorer chooses, with as much room as it is asked for.
func addEvent(t *testing.T, c *Codec, head *Head, track []byte, a Addition) ([]byte, Change, int) {
	grown := 0
	for {
		was, before, observed := *head, slices.Clone(track), slices.Clone(c.Shapes())
		var got []byte
		var need int
		change := Change{From: a.Grain}
		if len(a.Cells) == 1 && len(a.Sessions) == 0 {
			var merged bool
			if got, merged, need = c.Append(head, track, a.Cells[0]); merged {
				change.Merged = 1 << a.Cells[0].Lane
			}
		} else {
			got, change, need = c.Rewrite(head, track, a)
		}
		if need == 0 {
			return got, change, grown
		}
		if !slices.Equal(before, track) || *head != was || !slices.Equal(observed, c.Shapes()) {
			t.Fatal("an event that asked for room has changed the track, the head or the dictionary")
		}
		grown++
		track = append(make([]byte, 0, cap(track)+need), track...)
	}
}

func TestATrackHoldsWhatItsEventsMake(t *testing.T) {
	s := mixedSchema(t)
	rng := rand.New(rand.NewPCG(11, 12))
	codec := s.NewCodec()
	events, late, grown, began, merged := 0, 0, 0, 0, 0
	for range 150 {
		p := slowly{s, map[Cell]Cell{}, map[uint8][]int64{}}
		head, track, at := Head{}, make([]byte, 0, 8), int64(1_700_000_000_000)
		for range rng.IntN(200) {
			at += []int64{0, 1, minute, 20 * minute, hourMillis, 200 * hourMillis, 13_000 * hourMillis}[min(rng.IntN(42)/6, 6)]
			a := drawAddition(rng, s, at)
			if len(a.Cells)+len(a.Sessions) == 0 {
				continue
			}
			if a.Time < at {
				late++
			}
			before := map[uint8][]Span{}
			for _, lane := range a.Sessions {
				before[lane] = p.sessions(lane)
			}
			var change Change
			var more int
			track, change, more = addEvent(t, codec, &head, track, a)
			p.add(&a)
			events, grown = events+1, grown+more
			for _, lane := range a.Sessions {
				if began := p.beginsSooner(lane, before[lane], a.Time); began != (change.Began>>lane&1 == 1) {
					t.Fatalf("a session began, or began sooner: %v, and the change says %b", began, change.Began)
				}
			}
			began += int(change.Began >> 2 & 1)
			if change.Merged != 0 {
				merged++
			}
			got := codec.Unpack(nil, head, track)
			if fault := p.disagrees(got); fault != "" {
				t.Fatalf("%s: the track holds %v", fault, got)
			}
			if !p.newestGrainIsOneRecordAShift(got) {
				t.Fatalf("a lane without sessions stands in front of another record of its grain: %v", got)
			}
		}
	}
	t.Logf("%d events, %d of them earlier than others; the tracks were given more room %d times", events, late, grown)
	if late == 0 || grown == 0 || began == 0 || merged == 0 {
		t.Errorf("the sample shows little: %d late, %d grown, %d began, %d merged", late, grown, began, merged)
	}
}

func TestAnEventAppendedIsAnEventAddedWhateverTheLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		var want []Cell
		for _, c := range w.drawCells(t) {
			if w.kinds[c.Lane] != SpanSum {
				want, _ = w.add(want, c)
			}
		}
		head := Head{}
		track := w.pack(&head, nil, want)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			e := Cell{Grain: head.Newest, Shift: head.Shift, Lane: uint8(rapid.IntRange(0, len(w.lanes)-1).Draw(t, "lane")), Count: 1}
			if w.kinds[e.Lane] == SpanSum {
				continue
			}
			switch e.Sum = drawSum(t, w.kinds[e.Lane]); rapid.IntRange(0, 9).Draw(t, "when") {
			case 0, 1:
				at := Head{e.Grain, e.Shift}.next(t)
				e.Grain, e.Shift = at.Newest, at.Shift
			case 2:
				e.Grain -= min(e.Grain, rapid.Uint32Range(0, 40).Draw(t, "late"))
			}
			var merged, got bool
			want, merged = w.add(want, e)
			track, got = appendWithRoom(t, w.Codec, &head, track, e)
			if cells := w.Unpack(nil, head, track); !slices.Equal(cells, want) || got != merged {
				t.Fatalf("after %v (merged: %v, want %v) the track holds %v\nwant %v", e, got, merged, cells, want)
			}
		}
	})
}

// appendWithRoom makes room as often as it is asked to.
func appendWithRoom(t *rapid.T, c *Codec, head *Head, track []byte, e Cell) ([]byte, bool) {
	for {
		was, before, observed := *head, slices.Clone(track), slices.Clone(c.Shapes())
		got, merged, need := c.Append(head, track, e)
		if need == 0 {
			return got, merged
		}
		if !slices.Equal(before, track) || *head != was || !slices.Equal(observed, c.Shapes()) {
			t.Fatal("an event that asked for room has changed the track, the head or the dictionary")
		}
		track = append(make([]byte, 0, cap(track)+need), track...)
	}
}
