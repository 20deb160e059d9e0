package track

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// expired is what a border can still see of some cells, and what went of lanes of whole days.
func (s *Schema) expired(cells []Cell, h uint32) (kept, dropped []Cell) {
	return s.expire(slices.Clone(cells), h, nil)
}

func TestTrimLeavesWhatABorderCanSeeOrAllWhereThatNeedsMoreRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := slices.Clip(w.pack(&head, nil, cells))
		roomy := rapid.Bool().Draw(t, "roomy")
		if roomy {
			track = slices.Grow(track, 40*len(cells))
		}
		h := head.Newest + rapid.SampledFrom([]uint32{1, 90, 700, 15_000}).Draw(t, "h about") + rapid.Uint32Range(0, 200).Draw(t, "h")
		was, before := head, slices.Clone(track)
		want, gone := w.expired(cells, h)
		w.Open(head, track, rapid.Uint64().Draw(t, "judged"), h)
		w.Read(0)
		if w.Reader.lanes != len(cells) || w.stale < len(cells)-len(want) {
			t.Fatalf("%d cells, %d of them stale: want %d and at least %d", w.Reader.lanes, w.stale, len(cells), len(cells)-len(want))
		}
		left, dropped := w.Trim(&head, track, h)
		if len(left) > 0 && &left[0] != &track[0] {
			t.Fatal("what is left lies elsewhere")
		}
		dropped = slices.Clone(dropped)
		if got := w.Unpack(nil, head, left); !slices.Equal(got, want) || !slices.Equal(dropped, gone) {
			if roomy || len(dropped) > 0 || !slices.Equal(left, before) || head != was {
				t.Fatalf("left %v of %v, want %v; dropped %v, want %v", got, cells, want, dropped, gone)
			}
		}
	})
}

// What goes of a lane of whole days goes with all of its day, by the user's own calendar: no cell that is left, and none that may still come, lies
// in the day of one that is gone.
func TestNoCellIsLeftOfAnOwnDayThatIsGone(t *testing.T) {
	s := newSchema(t, []Lane{{Expiry: 100, WholeDays: true}, {Sum: SpanSum, Expiry: 100, WholeDays: true}, {Expiry: 100}})
	rng, days := rand.New(rand.NewPCG(9, 10)), map[uint32]bool{}
	for range 3_000 {
		var cells []Cell
		h := uint32(20_000 + rng.IntN(48))
		for grain := h - 250; grain < h; grain += uint32(1 + rng.IntN(9)) {
			for _, lane := range []uint8{0, 2} {
				cells, _ = s.add(cells, Cell{Grain: grain, Lane: lane, Shift: int8(rng.IntN(37) - 18), Count: 1})
			}
			if rng.IntN(3) == 0 { // some sessions last for days
				at := int64(grain) * s.grain
				for end := at + rng.Int64N(4)*rng.Int64N(20)*hourMillis; at <= end; at += s.gap {
					cells, _ = s.addSession(cells, 1, at, int8(rng.IntN(37)-18))
				}
			}
		}
		all := slices.Clone(cells)
		kept, dropped := s.expired(cells, h)
		clear(days)
		for i := range kept {
			if kept[i].Lane != 2 {
				days[s.OwnDay(&kept[i])] = true
			}
		}
		for shift := int8(-18); shift <= 18; shift++ {
			days[s.OwnDay(&Cell{Grain: h - 100, Shift: shift})] = true // the oldest that may still come
		}
		for i := range dropped {
			if days[s.OwnDay(&dropped[i])] {
				t.Fatalf("%+v went of %v, and %v are left", dropped[i], all, kept)
			}
		}
		clear(days) // and all that went is told, but for days of which something is left
		for _, c := range append(kept, dropped...) {
			days[s.OwnDay(&c)] = true
		}
		for _, c := range all {
			if c.Lane != 2 && !days[s.OwnDay(&c)] {
				t.Fatalf("the day of %+v is forgotten", c)
			}
		}
	}
}

// A record whose shape has a number leaves one that has none, of as many bits as there are lanes, twice.
func TestATrackIsNotTrimmedWhereTheRestNeedsMoreRoom(t *testing.T) {
	lanes := make([]Lane, 40)
	var cells []Cell
	for i := range lanes {
		lanes[i].Expiry = []uint32{100, 200}[i%2]
		cells = append(cells, Cell{Grain: 1000, Lane: uint8(i), Count: 1})
	}
	s := newSchema(t, lanes)
	c, head := s.NewCodec(), Head{}
	for range timesToCount {
		c.shapes.observe(Shape{Lanes: 1<<40 - 1})
	}
	for _, room := range []int{0, 20} {
		track := slices.Grow(slices.Clip(c.pack(&head, nil, cells)), room)
		c.Open(head, track, 0, 1150)
		c.Read(0)
		want := cells
		if room > 0 {
			want, _ = s.expired(cells, 1150)
		}
		left, _ := c.Trim(&head, track, 1150)
		if got := c.Unpack(nil, head, left); !slices.Equal(got, want) || len(got) != 40-room {
			t.Errorf("with %d bytes more: left %v, want %v", room, got, want)
		}
	}
}

func TestDropBeforeKeepsWhatLiesAtTheGrainOrAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		grain := rapid.Uint32Range(0, head.Newest+1).Draw(t, "grain")
		want := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return c.Grain < grain })
		left, got := w.DropBefore(&head, track, grain)
		if !slices.Equal(got, want) {
			t.Fatalf("returned %v, want %v", got, want)
		}
		if got := w.Unpack(nil, head, left); !slices.Equal(got, want) {
			t.Fatalf("left %v, want %v", got, want)
		}
	})
}
