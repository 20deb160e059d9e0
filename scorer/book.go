package scorer

import "fmt"

// Shape is what kind of record a track's record is: the lanes it has, and those of them whose count is more than one. A bit each.
type Shape struct{ Lanes, Many uint64 }

// book numbers shapes in the order in which they are first met, from 1 on: common ones early, so that their numbers are short. Those
// met after it is full have none.
type book struct {
	shapes []Shape
	places [2 * maxShapes]uint16 // by hash: a shape's number; 0 where there is none
}

const maxShapes = 1 << 12

// number returns a shape's number, 0 if it has none. A new one gets the next.
func (b *book) number(s Shape) uint64 {
	i := b.place(s)
	if b.places[i] == 0 && len(b.shapes) < maxShapes {
		b.shapes = append(b.shapes, s)
		b.places[i] = uint16(len(b.shapes))
	}
	return uint64(b.places[i])
}

// place is where a shape's number stands, or belongs.
func (b *book) place(s Shape) uint32 {
	i := uint32((s.Lanes*0x9E3779B97F4A7C15 ^ s.Many*0xC2B2AE3D27D4EB4F) >> (64 - 13))
	for n := b.places[i]; n != 0 && b.shapes[n-1] != s; n = b.places[i] {
		i = (i + 1) % uint32(len(b.places))
	}
	return i
}

// Shapes lists the shapes by which the tracks of this scratch's users are written. Whoever keeps the tracks keeps them too.
func (s *Scratch) Shapes() []Shape { return s.book.shapes }

// Learn takes over the Shapes of another scratch of the same rules, so that tracks written by its users can be read. It must not have
// written any itself.
func (r *Rules) Learn(s *Scratch, shapes []Shape) error {
	if len(s.book.shapes) > 0 {
		return fmt.Errorf("scorer: %d shapes are known already", len(s.book.shapes))
	}
	for i, shape := range shapes {
		if shape.Lanes == 0 || shape.Lanes>>len(r.lanes) != 0 || shape.Many&^shape.Lanes != 0 || s.book.number(shape) != uint64(i)+1 {
			return fmt.Errorf("scorer: shape %d of %d (%x) is none of these rules", i, len(shapes), shape)
		}
	}
	return nil
}
