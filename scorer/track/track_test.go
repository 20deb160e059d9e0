package track

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const (
	hourMillis = int64(3_600_000)
	minute     = int64(60_000)
)

// wide is a schema of lanes of any kinds, more than a configuration can easily ask for, kept for lengths of their own; and shapes that its
// records often have.
type wide struct {
	*Schema
	*Codec
	common []Shape
}

func drawWide(t *rapid.T) (w wide) {
	lanes := make([]Lane, rapid.SampledFrom([]int{1, 4, 31, 32, 33, 48, MaxLanes}).Draw(t, "lanes"))
	for i := range lanes {
		lanes[i] = Lane{
			Sum:    SumKind(max(0, rapid.IntRange(-2, int(SumKinds)-1).Draw(t, "kind"))),
			Expiry: rapid.SampledFrom([]uint32{100, 800, 20_000}).Draw(t, "expiry"), WholeDays: rapid.IntRange(0, 9).Draw(t, "whole days") == 0,
		}
	}
	w.Schema = newSchema(t, lanes)
	all := uint64(1)<<len(lanes) - 1
	for range rapid.IntRange(1, 6).Draw(t, "common shapes") {
		lanes := rapid.Uint64Range(1, all).Draw(t, "common lanes")
		w.common = append(w.common, Shape{lanes, lanes & rapid.Uint64().Draw(t, "common many")})
	}
	w.Codec = w.Schema.NewCodec()
	if rapid.Bool().Draw(t, "full dictionary") {
		fill(w.shapes, len(lanes), w.common)
	}
	return w
}

func newSchema(t interface{ Fatal(...any) }, lanes []Lane) *Schema {
	s, err := NewSchema(lanes, hourMillis, 30*minute)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fill lets a dictionary observe as many shapes as it can number, of all of which the last are common: their numbers are long.
func fill(d *shapeDictionary, lanes int, common []Shape) {
	most := uint64(1)<<lanes - 1
	for i := uint64(1); len(d.observed) < maxShapes-len(common) && i <= most; i++ {
		for range timesToCount {
			d.observe(Shape{Lanes: most - i + 1, Many: (most - i + 1) & i})
		}
	}
	for _, s := range common {
		for range timesToCount {
			d.observe(s)
		}
	}
}

// record draws the cells of a record, whose shape often is a common one.
func (w *wide) record(t *rapid.T, at Head) (cells []Cell) {
	var shape Shape
	if rapid.IntRange(0, 2).Draw(t, "what shape") > 0 {
		shape = rapid.SampledFrom(w.common).Draw(t, "shape")
	} else {
		all := uint64(1)<<len(w.lanes) - 1
		shape = Shape{rapid.Uint64Range(1, all).Draw(t, "lanes") & all, rapid.Uint64().Draw(t, "many")}
	}
	for lane := range w.lanes {
		if shape.Lanes>>lane&1 == 0 {
			continue
		}
		c := Cell{Grain: at.Newest, Shift: at.Shift, Lane: uint8(lane), Count: 1, Sum: drawSum(t, w.kinds[lane])}
		if shape.Many>>lane&1 == 1 && w.kinds[lane] != SpanSum {
			c.Count = max(2, drawCount(t))
		}
		cells = append(cells, c)
	}
	return cells
}

// drawCount draws numbers that are common, those whose code is the longest, and those that have none.
func drawCount(t *rapid.T) uint32 {
	top := rapid.SampledFrom([]uint32{4, 1 << maxZeros, 1 << (maxZeros + 1), math.MaxUint32 - 4}).Draw(t, "count about")
	return top - 3 + rapid.Uint32Range(0, 7).Draw(t, "count")
}

func drawSum(t *rapid.T, kind SumKind) int64 {
	about := func(bits int) int64 {
		return rapid.Int64Range(0, 1<<rapid.IntRange(0, bits).Draw(t, "bits")-1).Draw(t, "sum")
	}
	switch kind {
	case SignedSum:
		return rapid.SampledFrom([]int64{about(62), -about(62), 0, math.MinInt64, math.MaxInt64}).Draw(t, "signed")
	case UnsignedSum:
		return rapid.SampledFrom([]int64{about(62), 0, math.MaxInt64}).Draw(t, "unsigned")
	case SpanSum:
		return about(22)<<spanBits | about(spanBits)
	}
	return 0
}

// next draws where the next record lies, perhaps where the last one does.
func (h Head) next(t *rapid.T) Head {
	switch gap := rapid.SampledFrom([]uint32{0, 0, 1, 30, 3000, 1 << 29, 1 << 30}).Draw(t, "gap about"); {
	case gap > 0:
		h.Newest += min(gap+rapid.Uint32Range(0, gap).Draw(t, "gap"), math.MaxUint32/2-min(h.Newest, math.MaxUint32/2))
		if rapid.IntRange(0, 3).Draw(t, "moves") == 0 {
			h.Shift = rapid.Int8Range(-12, 14).Draw(t, "shift")
		}
	case h.Shift < 14 && rapid.Bool().Draw(t, "moves"):
		h.Shift++
	}
	return h
}

func (w *wide) drawCells(t *rapid.T) (cells []Cell) {
	at := Head{Newest: rapid.Uint32Range(0, 1000).Draw(t, "first")}
	for range rapid.IntRange(0, 30).Draw(t, "records") {
		cells = append(cells, w.record(t, at)...)
		at = at.next(t)
	}
	return cells
}

func TestCellsOfAnyLanesComeBackFromATrack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		if got := w.Unpack(nil, head, track); !slices.Equal(got, cells) {
			t.Fatalf("got %v, want %v", got, cells)
		}
		wanted := rapid.Uint64().Draw(t, "wanted")
		w.Open(head, track, wanted, 0)
		w.Read(0)
		want := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return wanted>>c.Lane&1 == 0 })
		if got := w.Cells(); !slices.Equal(got, want) {
			t.Fatalf("of lanes %b got %v, want %v", wanted, got, want)
		}
		if n := len(w.Shapes()); n > maxShapes {
			t.Fatalf("the dictionary has %d shapes", n)
		}
	})
}

func TestReadingStopsAtTheGrainAndGoesOnFromThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		w.Open(head, track, AllLanes, 0)
		for range rapid.IntRange(1, 5).Draw(t, "stops") {
			until := rapid.Uint32Range(0, head.Newest+1).Draw(t, "until")
			w.Read(until)
			got := w.Cells()
			if from := len(cells) - len(got); from < 0 || !slices.Equal(got, cells[from:]) || from > 0 && cells[from-1].Grain >= until {
				t.Fatalf("down to grain %d got %v of %v", until, got, cells)
			}
		}
	})
}

func TestSumsAndCountsAtTheEndsOfTheirRangesSurvive(t *testing.T) {
	lanes := []Lane{{Sum: SignedSum, Expiry: 9}, {Sum: UnsignedSum, Expiry: 9}, {Sum: SpanSum, Expiry: 9}, {Expiry: 9}, {Sum: SignedSum, Expiry: 9}}
	s := newSchema(t, lanes)
	sums := []int64{math.MinInt64, math.MaxInt64, (hourMillis-1)<<spanBits | 1<<spanBits - 1, 0, math.MaxInt64}
	var cells []Cell
	for i, sum := range sums {
		c := Cell{Grain: uint32(1000 * (i + 1)), Lane: uint8(i), Count: math.MaxUint32, Shift: int8(i - 3), Sum: sum}
		if lanes[i].Sum == SpanSum {
			c.Count = 1
		}
		cells = append(cells, c)
	}
	codec, head := s.NewCodec(), Head{}
	track := codec.pack(&head, nil, cells)
	if got := codec.Unpack(nil, head, track); !slices.Equal(got, cells) {
		t.Errorf("got %v, want %v", got, cells)
	}
}

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

// add adds an event by the way the scorer chooses, with as much room as it is asked for.
func addEvent(t *testing.T, c *Codec, head *Head, track []byte, a Addition) ([]byte, Change, int) {
	grown := 0
	for {
		was, before, observed := *head, slices.Clone(track), slices.Clone(c.Shapes())
		got, change, need := track, Change{From: a.Grain}, 0
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
			before := map[uint8]int{}
			for _, lane := range a.Sessions {
				before[lane] = len(p.sessions(lane))
			}
			var change Change
			var more int
			track, change, more = addEvent(t, codec, &head, track, a)
			p.add(&a)
			events, grown = events+1, grown+more
			for _, lane := range a.Sessions {
				if more := len(p.sessions(lane)) > before[lane]; more != (change.Began>>lane&1 == 1) {
					t.Fatalf("a session began: %v, and the change says %b", more, change.Began)
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

func TestLoadedShapesReadTheTracksWrittenByThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		other := w.Schema.NewCodec()
		if err := other.Load(w.Shapes()); err != nil {
			t.Fatal(err)
		}
		if got := other.Unpack(nil, head, track); !slices.Equal(got, cells) {
			t.Fatalf("got %v, want %v", got, cells)
		}
	})
}
