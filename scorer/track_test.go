package scorer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

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

// Trimming is in place and never needs more room, and what it leaves is what a border can still see.
func TestTrimLeavesWhatABorderCanSee(t *testing.T) {
	r, _ := trackRules(t)
	rng, s := rand.New(rand.NewPCG(13, 14)), r.NewScratch()
	for range 2000 {
		var cells []Cell
		grain := uint32(400_000)
		for range rng.IntN(40) {
			grain += rng.Uint32N(1 << (1 + rng.IntN(9)))
			cells = add(cells, Cell{Grain: grain, lane: uint8(4 + rng.IntN(8)), count: 1 + rng.Uint32N(6)})
		}
		for i := range cells {
			if r.sums[cells[i].lane] == spanSum {
				cells[i].count, cells[i].Sum = 1, 0
			}
		}
		u := &User{}
		track := r.pack(nil, u, cells, &s.book)
		h := grain - min(grain, rng.Uint32N(500)) + 840
		want := ordered(r.expire(&User{}, slices.Clone(cells), h))
		size := len(track)
		s.trail.open(u, track, 0)
		s.trail.watch(r, h)
		r.read(&s.trail, 0)
		track = r.Trim(u, slices.Clip(track), h, s)
		if got := ordered(r.unpack(nil, u, track, &s.trail)); !slices.Equal(got, want) || len(track) > size {
			t.Fatalf("left %v of %d bytes (%d before), want %v", got, len(track), size, want)
		}
	}
}

const minute = int64(schemas.Minute)
