package scorer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
)

// trackRules has lanes of every kind, and so many that their bits take three bytes.
func trackRules(t testing.TB) (*Rules, *schemas.Vocabulary) {
	c := Defaults()
	c.Metrics = []Metric{
		{Name: "visits", Types: []string{"a", "b"}, Adds: Sessions, Core: true}, {Name: "spend", Types: []string{"b", "c"}, Adds: Amount},
		{Name: "time", Types: []string{"c", "d"}, Adds: Duration, Core: true}, {Name: "days", Types: []string{"d"}, Adds: Days},
	}
	for _, name := range []string{"e", "f", "g", "h", "i", "j", "k", "l", "m", "n"} {
		c.Metrics = append(c.Metrics, Metric{Name: name, Types: []string{name}, Adds: Count})
	}
	c.Activity = []string{"visits"}
	vocabulary, err := c.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compile(c, vocabulary, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, vocabulary
}

// An event put into a track is an event added to the cells, whatever came before and however the grains jump.
func TestATrackHoldsWhatItsCellsHold(t *testing.T) {
	r, vocabulary := trackRules(t)
	rng := rand.New(rand.NewPCG(11, 12))
	grown, late, events := 0, 0, 0
	for range 400 {
		u, s := &User{}, r.NewScratch()
		track, cells := make([]byte, 0, 8), []Cell(nil)
		at := int64(1_700_000_000_000)
		for range rng.IntN(200) {
			at += []int64{0, 1, minute, r.grain, 200 * r.grain, 13_000 * r.grain}[min(rng.IntN(40)/6, 5)]
			e := schemas.Event{Time: at, Type: schemas.TypeID(1 + rng.IntN(vocabulary.Len()-1)), Amount: interesting(rng) / 4, Duration: rng.Int64N(1 << (1 + rng.IntN(50)))}
			if rng.IntN(8) == 0 {
				e.Time -= rng.Int64N(50 * r.grain)
				late++
			}
			if rng.IntN(10) == 0 {
				e.Offset = int16(rng.IntN(2*schemas.MaxOffset) - schemas.MaxOffset)
			}
			cells, _ = r.putAll(cells, r.kindOf(e.Type, 0).lanes, Cell{Grain: r.GrainOf(e.Time), shift: r.shiftOf(&e), count: 1}, &e)
			for {
				before := slices.Clone(track)
				got, _, need := r.Step(u, track, &e, Moment{Next: 1}, s)
				if need == 0 {
					track = got
					break
				}
				if !slices.Equal(before, track) {
					t.Fatal("a track without room was changed")
				}
				grown++
				track = append(make([]byte, 0, cap(track)+need), track...)
			}
			events++
			if got := ordered(r.unpack(nil, u, track, &s.trail)); !slices.Equal(got, ordered(cells)) {
				t.Fatalf("the track holds %v\nwant %v", got, cells)
			}
		}
	}
	t.Logf("%d events, %d of them earlier than others; the tracks were given more room %d times", events, late, grown)
	if late == 0 || grown == 0 {
		t.Error("the sample shows little")
	}
}

// ordered makes two lists comparable that differ in the order of sessions and shifts within a grain.
func ordered(cells []Cell) []Cell {
	all := slices.Clone(cells)
	slices.SortFunc(all, func(a, b Cell) int {
		return slices.Compare([]int64{int64(a.Grain), int64(a.shift), int64(a.lane), a.Sum}, []int64{int64(b.Grain), int64(b.shift), int64(b.lane), b.Sum})
	})
	return all
}

// Sums at the ends of their range survive, and counts beyond any escape.
func TestATrackHoldsTheLargestValues(t *testing.T) {
	r, _ := trackRules(t)
	var cells []Cell
	for id := range r.lanes {
		c := Cell{Grain: uint32(1000 * (id + 1)), lane: uint8(id), count: math.MaxUint32, shift: int8(id - 5)}
		switch r.lanes[id].sum {
		case Amount:
			c.Sum = math.MinInt64
		case Duration:
			c.Sum = math.MaxInt64
		case Sessions:
			c.Sum, c.count = (dayMillis-1)<<spanBits|1<<spanBits-1, 1
		}
		cells = append(cells, c)
	}
	u, s := &User{}, r.NewScratch()
	if got := r.unpack(nil, u, r.pack(nil, u, cells, &s.book), &s.trail); !slices.Equal(got, cells) {
		t.Errorf("got %v, want %v", got, cells)
	}
}

// wideRules are lanes without a configuration: more than one can easily ask for, of any kinds, kept for lengths of their own.
func wideRules(t *rapid.T) *Rules {
	r := &Rules{grain: hourMillis, gap: 30 * minute, day: 24, lanes: make([]lane, rapid.SampledFrom([]int{1, 4, 31, 32, 33, 48, maxLanes}).Draw(t, "lanes"))}
	for i := range r.lanes {
		l := &r.lanes[i]
		r.sums[i] = sumKind(max(0, rapid.IntRange(-2, int(sumKinds)-1).Draw(t, "kind")))
		if l.reach = rapid.SampledFrom([]uint32{100, 800, 20_000}).Draw(t, "reach"); r.sums[i] != noSum {
			l.sum, r.summed = [sumKinds]Aggregate{"", Amount, Duration, Sessions}[r.sums[i]], r.summed|1<<i
		}
	}
	r.limits, r.lingering = limitsOf(r.lanes), lingering(r.lanes)
	return r
}

// filledBook has as many shapes as it can number, of all of which the last are common: their numbers are long.
func filledBook(r *Rules, common []Shape) (b book) {
	b = r.newBook()
	most := uint64(1)<<len(r.lanes) - 1
	for i := uint64(1); len(b.met) < maxShapes-len(common) && i <= most; i++ {
		for range often {
			b.meet(Shape{Lanes: most - i + 1, Many: (most - i + 1) & i})
		}
	}
	for _, s := range common {
		for range often {
			b.meet(s)
		}
	}
	return b
}

// wide draws cells of wide rules.
type wide struct {
	*Rules
	common []Shape
}

func drawWide(t *rapid.T) (w wide, s *Scratch) {
	w.Rules = wideRules(t)
	all := uint64(1)<<len(w.lanes) - 1
	for range rapid.IntRange(1, 6).Draw(t, "common shapes") {
		lanes := rapid.Uint64Range(1, all).Draw(t, "common lanes")
		w.common = append(w.common, Shape{lanes, lanes & rapid.Uint64().Draw(t, "common many")})
	}
	s = w.NewScratch()
	if rapid.Bool().Draw(t, "full book") {
		s.book = filledBook(w.Rules, w.common)
	}
	return w, s
}

// record draws the cells of a record, whose shape often is a common one.
func (w *wide) record(t *rapid.T, at place) (cells []Cell) {
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
		c := Cell{Grain: at.grain, shift: at.shift, lane: uint8(lane), count: 1, Sum: w.sum(t, w.sums[lane])}
		if shape.Many>>lane&1 == 1 && w.sums[lane] != spanSum {
			c.count = max(2, drawCount(t))
		}
		cells = append(cells, c)
	}
	return cells
}

// drawCount draws numbers that are common, those whose code is the longest, and those that have none.
func drawCount(t *rapid.T) uint32 {
	top := rapid.SampledFrom([]uint32{4, 1 << mostZeros, 1 << (mostZeros + 1), math.MaxUint32 - 4}).Draw(t, "count about")
	return top - 3 + rapid.Uint32Range(0, 7).Draw(t, "count")
}

func (w *wide) sum(t *rapid.T, kind sumKind) int64 {
	about := func(bits int) int64 {
		return rapid.Int64Range(0, 1<<rapid.IntRange(0, bits).Draw(t, "bits")-1).Draw(t, "sum")
	}
	switch kind {
	case signedSum:
		return rapid.SampledFrom([]int64{about(62), -about(62), 0, math.MinInt64, math.MaxInt64}).Draw(t, "signed")
	case plainSum:
		return rapid.SampledFrom([]int64{about(62), 0, math.MaxInt64}).Draw(t, "plain")
	case spanSum:
		return about(22)<<spanBits | about(spanBits)
	}
	return 0
}

// after draws where the next record lies, perhaps where the last one does.
func (p place) after(t *rapid.T) place {
	switch gap := rapid.SampledFrom([]uint32{0, 0, 1, 30, 3000, 1 << 29, 1 << 30}).Draw(t, "gap about"); {
	case gap > 0:
		p.grain += min(gap+rapid.Uint32Range(0, gap).Draw(t, "gap"), math.MaxUint32/2-min(p.grain, math.MaxUint32/2))
		if rapid.IntRange(0, 3).Draw(t, "moves") == 0 {
			p.shift = rapid.Int8Range(-12, 14).Draw(t, "shift")
		}
	case p.shift < 14 && rapid.Bool().Draw(t, "moves"):
		p.shift++
	}
	return p
}

func (w *wide) cells(t *rapid.T) (cells []Cell) {
	at := place{grain: rapid.Uint32Range(0, 1000).Draw(t, "first")}
	for range rapid.IntRange(0, 30).Draw(t, "records") {
		cells = append(cells, w.record(t, at)...)
		at = at.after(t)
	}
	return cells
}

// Whatever the cells are, of however many lanes, and whatever numbers the book has for their shapes, they come back.
func TestCellsComeBackFromATrack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, s := drawWide(t)
		cells, u := w.cells(t), User{}
		track := w.pack(nil, &u, cells, &s.book)
		if got := w.unpack(nil, &u, track, &s.trail); !slices.Equal(got, cells) {
			t.Fatalf("got %v, want %v", got, cells)
		}
		wanted := rapid.Uint64().Draw(t, "wanted")
		s.trail.open(&u, track, wanted)
		w.read(&s.trail, 0)
		if got, want := s.trail.cells(), kept(cells, wanted); !slices.Equal(got, want) {
			t.Fatalf("of lanes %b got %v, want %v", wanted, got, want)
		}
		if n := len(s.Shapes()); n > maxShapes {
			t.Fatalf("the book has %d shapes", n)
		}
	})
}

func kept(cells []Cell, wanted uint64) []Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return wanted>>c.lane&1 == 0 })
}

// An event put into a track is an event added to its cells, whatever the cells are.
func TestAnEventPutIsAnEventAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, s := drawWide(t)
		var want []Cell
		for _, c := range w.cells(t) {
			if w.sums[c.lane] != spanSum {
				want = add(want, c)
			}
		}
		u := User{}
		track := w.pack(nil, &u, want, &s.book)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			e := Cell{Grain: u.newest, shift: u.shift, lane: uint8(rapid.IntRange(0, len(w.lanes)-1).Draw(t, "lane")), count: 1}
			if w.sums[e.lane] == spanSum {
				continue
			}
			switch e.Sum = w.sum(t, w.sums[e.lane]); rapid.IntRange(0, 9).Draw(t, "when") {
			case 0, 1:
				at := place{e.Grain, e.shift}.after(t)
				e.Grain, e.shift = at.grain, at.shift
			case 2:
				e.Grain -= min(e.Grain, rapid.Uint32Range(0, 40).Draw(t, "late"))
			}
			want = add(want, e)
			track = putWithRoom(t, w.Rules, &u, track, e, s)
			if got := w.unpack(nil, &u, track, &s.trail); !slices.Equal(got, want) {
				t.Fatalf("after %v the track holds %v\nwant %v", e, got, want)
			}
		}
	})
}

// putWithRoom makes room as often as it is asked to.
func putWithRoom(t *rapid.T, r *Rules, u *User, track []byte, e Cell, s *Scratch) []byte {
	for {
		was, before := *u, slices.Clone(track)
		got, need := r.put(u, track, e, s)
		if need == 0 {
			return got
		}
		if !slices.Equal(before, track) || *u != was {
			t.Fatal("a track without room was changed")
		}
		track = append(make([]byte, 0, cap(track)+need), track...)
	}
}

// Trimming is in place, and what it leaves is what a border can still see; or all, as it was, where that needs more room than there is.
func TestTrimLeavesWhatABorderCanSee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, s := drawWide(t)
		cells, u := w.cells(t), User{}
		track := slices.Clip(w.pack(nil, &u, cells, &s.book))
		roomy := rapid.Bool().Draw(t, "roomy")
		if roomy {
			track = slices.Grow(track, 40*len(cells))
		}
		h := u.newest + rapid.SampledFrom([]uint32{1, 90, 700, 15_000}).Draw(t, "h about") + rapid.Uint32Range(0, 200).Draw(t, "h")
		was, before := u, slices.Clone(track)
		want := w.expire(&User{}, slices.Clone(cells), h)
		s.trail.open(&u, track, rapid.Uint64().Draw(t, "judged"))
		s.trail.watch(w.Rules, h)
		w.read(&s.trail, 0)
		if lanes, stale := s.trail.lanes, s.trail.stale; lanes != len(cells) || stale < len(cells)-len(want) {
			t.Fatalf("%d cells, %d of them stale: want %d and at least %d", lanes, stale, len(cells), len(cells)-len(want))
		}
		left := w.Trim(&u, track, h, s)
		if len(left) > 0 && &left[0] != &track[0] {
			t.Fatal("what is left lies elsewhere")
		}
		if got := w.unpack(nil, &u, left, &s.trail); !slices.Equal(got, want) && (roomy || !slices.Equal(left, before) || u != was) {
			t.Fatalf("left %v of %v, want %v", got, cells, want)
		}
	})
}

// A record whose shape has a number leaves one that has none, of as many bits as there are lanes, twice.
func TestATrackIsNotTrimmedWhereTheRestNeedsMoreRoom(t *testing.T) {
	r := &Rules{grain: hourMillis, lanes: make([]lane, 40)}
	var cells []Cell
	for i := range r.lanes {
		r.lanes[i].reach = []uint32{100, 200}[i%2]
		cells = append(cells, Cell{Grain: 1000, lane: uint8(i), count: 1})
	}
	r.limits, r.lingering = limitsOf(r.lanes), lingering(r.lanes)
	u, s := User{}, r.NewScratch()
	for range often {
		s.book.meet(Shape{Lanes: 1<<40 - 1})
	}
	for _, room := range []int{0, 20} {
		track := slices.Grow(slices.Clip(r.pack(nil, &u, cells, &s.book)), room)
		s.trail.open(&u, track, 0)
		s.trail.watch(r, 1150)
		r.read(&s.trail, 0)
		want := cells
		if room > 0 {
			want = r.expire(&User{}, slices.Clone(cells), 1150)
		}
		if got := r.unpack(nil, &u, r.Trim(&u, track, 1150, s), &s.trail); !slices.Equal(got, want) || len(got) != 40-room {
			t.Errorf("with %d bytes more: left %v, want %v", room, got, want)
		}
	}
}

const minute = int64(schemas.Minute)
