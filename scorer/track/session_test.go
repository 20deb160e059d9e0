package track

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func sessionSchema(t *testing.T) *Schema {
	return newSchema(t, []Lane{{Expiry: 840}, {Sum: SpanSum, Expiry: 840}})
}

const sessionLane = 1

func TestSessionsAreThoseOfTheSortedTimes(t *testing.T) {
	s := sessionSchema(t)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		p := slowly{s, map[Cell]Cell{}, map[uint8][]int64{}}
		var cells []Cell
		for range 1 + rng.IntN(60) {
			at := 1_700_000_000_000 + rng.Int64N(20)*s.gap + rng.Int64N(3) - 1
			sessions := len(p.sessions(sessionLane))
			p.times[sessionLane] = append(p.times[sessionLane], at)
			var change SessionChange
			cells, change = s.addSession(cells, sessionLane, at, 0)
			if more := len(p.sessions(sessionLane)) - sessions; change.Began != (more > 0) {
				t.Fatalf("%d sessions more, and the change is %+v", more, change)
			}
		}
		if fault := p.disagrees(cells); fault != "" {
			t.Fatalf("%s: sessions %v, want %v", fault, cells, p.sessions(sessionLane))
		}
	}
}

// The day of a session is that of its first event, in whatever order they came.
func TestASessionHasTheShiftOfItsFirstEvent(t *testing.T) {
	s := sessionSchema(t)
	rng := rand.New(rand.NewPCG(7, 8))
	for range 2_000 {
		first, shift := int64(math.MaxInt64), int8(0)
		track, head, c := make([]byte, 0, 256), Head{}, s.NewCodec()
		for range 1 + rng.IntN(8) {
			a := Addition{Sessions: []uint8{sessionLane}, Time: 1_700_000_000_000 + rng.Int64N(4)*s.gap/2, Shift: int8(rng.IntN(3) - 1)}
			a.Grain = uint32(a.Time / s.grain)
			if a.Time < first || a.Time == first && a.Shift < shift {
				first, shift = a.Time, a.Shift
			}
			track, _, _ = c.Rewrite(&head, track, a)
			var cells []Cell
			if cells = c.Unpack(nil, head, track); s.SpanOf(&cells[0]).Start != first || cells[0].Shift != shift {
				t.Fatalf("%+v after an event at %d: it begins at %d with a shift of %d", cells, a.Time, first, shift)
			}
		}
	}
}

func TestASessionThatNeverPausesOutlivesTheWindows(t *testing.T) {
	s := sessionSchema(t)
	cells, at := make([]Cell, 0, 64), int64(1_700_000_000_000)
	first := uint32(at / s.grain)
	for range 60 * 48 { // 60 days of an event each half hour, to the millisecond
		cells, _ = s.expired(cells, uint32(at/s.grain))
		cells, _ = s.addSession(cells, sessionLane, at, 0)
		at += s.gap
	}
	if len(cells) != 1 || cells[0].Grain != first {
		t.Errorf("%d sessions, the first at grain %d: want one from grain %d", len(cells), cells[0].Grain, first)
	}
	at++
	if cells, _ = s.expired(cells, uint32(at/s.grain)+1+840); len(cells) != 0 {
		t.Errorf("%d cells left after the session ended", len(cells))
	}
}

// Between a session and the oldest event that is still accepted there is room: what has been dropped must not make that event a session of
// its own.
func TestALateEventJoinsASessionThatBeganBeforeTheWindows(t *testing.T) {
	s := sessionSchema(t)
	first := uint32(1_700_000_000_000 / s.grain)
	border := int64(first+1) * s.grain
	next := first + 1 + 840 // an event at border is just not too late
	for _, test := range []struct {
		name       string
		ends, late int64 // Unix milliseconds
	}{
		{"over the edge", border + 1, border + 1 + s.gap},
		{"before the edge", border - 1, border - 1 + s.gap},
		{"too far", border - 1, border + s.gap},
		{"apart", border + 1, border + 2 + s.gap},
	} {
		t.Run(test.name, func(t *testing.T) {
			cells, _ := s.addSession(nil, sessionLane, border-s.gap+1, 0)
			cells, _ = s.addSession(cells, sessionLane, test.ends, 0)
			cells, _ = s.expired(cells, next)
			cells, change := s.addSession(cells, sessionLane, test.late, 0)
			inside := len(slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return c.Grain <= first }))
			joins := test.late-test.ends <= s.gap
			if joins != (change.From == first) || (inside == 0) != joins {
				t.Errorf("%d cells, %d in the windows, the event's session begins at grain %d (the first one's is %d)", len(cells), inside, change.From, first)
			}
		})
	}
	cells, _ := s.addSession(nil, sessionLane, border-s.gap-1, 0)
	if cells, _ = s.expired(cells, next); len(cells) != 0 {
		t.Error("a session that nothing can join any more is kept")
	}
}

func TestAddSaturatedStaysAtTheEndsOfTheRange(t *testing.T) {
	const most, least = 1<<63 - 1, -1 << 63
	for _, c := range [][3]int64{{most, 1, most}, {least, -1, least}, {most, least, -1}, {3, -5, -2}, {most - 1, 1, most}} {
		if got := AddSaturated(c[0], c[1]); got != c[2] {
			t.Errorf("%d + %d = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
