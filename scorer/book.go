package scorer

import (
	"cmp"
	"fmt"
	"slices"
)

// Shape is what kind of record a track's record is: the lanes it has, and those of them whose count is more than one. A bit each.
type Shape struct{ Lanes, Many uint64 }

// Met is a shape that a partition has met, how often as far as that matters, and its number, 0 for none yet.
type Met struct {
	Shape
	Times, Number uint32
}

// book numbers shapes from 1 on in the order in which they have been met often enough: the most common ones first, so that their
// numbers are short. Only records that another one has followed are met, for what a session looks like halfway seldom stays.
type book struct {
	met    []Met
	shapes []Shape               // by number, from 1 on
	grown  []numbers             // by number: of what the shape becomes by one event more of a lane
	places [2 * maxShapes]uint16 // by hash: where in met a shape stands, from 1 on; 0 where there is none
}

// numbers are shapes' by lane, 0 where nobody has asked yet or the shape has none.
type numbers [maxLanes + 2]uint16

const (
	maxShapes = 1 << 12 // met; those met after so many others get no number
	often     = 64
)

// newBook knows from the beginning what is left of most records when the rest of their lanes has expired: one lane that is kept for longer.
func (r *Rules) newBook() (b book) {
	var kept []uint8
	for i := range r.lanes {
		if r.lanes[i].reach > r.limits[0].reach {
			kept = append(kept, uint8(i))
		}
	}
	slices.SortStableFunc(kept, func(a, b uint8) int { return cmp.Compare(r.lanes[a].reach, r.lanes[b].reach) })
	for _, lane := range kept[:min(len(kept), 3)] {
		for range often {
			b.meet(Shape{Lanes: 1 << lane})
		}
	}
	return b
}

// find returns a shape's number, 0 if it has none.
func (b *book) find(s Shape) uint64 {
	if i := b.places[b.place(s)]; i > 0 {
		return uint64(b.met[i-1].Number)
	}
	return 0
}

// grow returns the number of a shape, 0 if it has none, that the shape with the number before became by one event of a lane: most have been
// asked for before.
func (b *book) grow(before uint64, lane uint8, s Shape) uint64 {
	if before == 0 {
		return b.find(s)
	}
	number := &b.grown[before-1][lane&(maxLanes+1)]
	if *number == 0 {
		*number = uint16(b.find(s))
	}
	return uint64(*number)
}

// meet counts a shape.
func (b *book) meet(s Shape) {
	place := &b.places[b.place(s)]
	if *place == 0 {
		if len(b.met) == maxShapes {
			return
		}
		b.met = append(b.met, Met{Shape: s})
		*place = uint16(len(b.met))
	}
	m := &b.met[*place-1]
	if m.Number > 0 {
		return
	}
	if m.Times++; m.Times == often {
		b.shapes, b.grown = append(b.shapes, s), append(b.grown, numbers{})
		m.Number = uint32(len(b.shapes))
	}
}

// place is where a shape stands, or belongs.
func (b *book) place(s Shape) uint32 {
	i := uint32((s.Lanes*0x9E3779B97F4A7C15 ^ s.Many*0xC2B2AE3D27D4EB4F) >> (64 - 13))
	for n := b.places[i]; n != 0 && b.met[n-1].Shape != s; n = b.places[i] {
		i = (i + 1) % uint32(len(b.places))
	}
	return i
}

// Shapes lists the shapes by which the tracks of this scratch's users are written. Whoever keeps the tracks keeps them too.
func (s *Scratch) Shapes() []Met { return s.book.met }

// Learn takes over the Shapes of another scratch of the same rules, so that tracks written by it can be read. Those that this one has
// written cannot be any more.
func (r *Rules) Learn(s *Scratch, shapes []Met) error {
	b := &s.book
	*b = book{shapes: make([]Shape, len(shapes))}
	most := uint32(0)
	for i, m := range shapes {
		place := &b.places[b.place(m.Shape)]
		if i == maxShapes || *place != 0 || m.Lanes == 0 || m.Lanes>>len(r.lanes) != 0 || m.Many&^m.Lanes != 0 || int(m.Number) > len(shapes) {
			return fmt.Errorf("scorer: shape %d of %d (%+v) is none of these rules", i, len(shapes), m)
		}
		b.met = append(b.met, m)
		*place = uint16(i + 1)
		if m.Number > 0 {
			b.shapes[m.Number-1] = m.Shape
			most = max(most, m.Number)
		}
	}
	b.shapes, b.grown = b.shapes[:most], make([]numbers, most)
	for i, s := range b.shapes {
		if s.Lanes == 0 {
			return fmt.Errorf("scorer: no shape has number %d of %d", i+1, most)
		}
	}
	return nil
}
