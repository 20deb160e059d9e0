package track

import "fmt"

// Shape is what kind of record a record is: the lanes it has, and those of them whose count is more than one. A bit each.
type Shape struct{ Lanes, Many uint64 }

func (s *Shape) add(c *Cell) {
	s.Lanes |= 1 << c.Lane
	if c.Count > 1 {
		s.Many |= 1 << c.Lane
	}
}

// ObservedShape is a shape that a partition's tracks have had, how often as far as that matters, and its number, 0 for none yet.
type ObservedShape struct {
	Shape
	Times, Number uint32
}

// shapeDictionary numbers shapes from 1 on in the order in which they have been observed often enough: the most common ones first, so that
// their numbers are short. Only closed records are observed, those that another one has followed: what a session looks like halfway
// seldom stays. A number never changes: tracks are written by it.
type shapeDictionary struct {
	observed []ObservedShape       // at most maxShapes
	shapes   []Shape               // by number, from 1 on
	grown    []numbersByLane       // by number: of what the shape becomes by one event more of a lane
	places   [2 * maxShapes]uint16 // by hash: where in observed a shape stands, from 1 on; 0 where there is none
}

// numbersByLane are shapes' numbers by lane, 0 where none has been asked for yet or the shape has none.
type numbersByLane [laneSlots]uint16

const (
	maxShapes    = 1 << 12 // those observed after so many others get no number
	timesToCount = 64      // a shape observed so often gets a number
)

// newShapeDictionary knows from the beginning what is left of most records when the rest of their lanes has expired: one lane that is kept
// for longer.
func newShapeDictionary(s *Schema) (d shapeDictionary) {
	for _, lane := range s.longestKept() {
		for range timesToCount {
			d.observe(Shape{Lanes: 1 << lane})
		}
	}
	return d
}

// number returns a shape's number, 0 if it has none.
func (d *shapeDictionary) number(s Shape) uint64 {
	if i := d.places[d.place(s)]; i > 0 {
		return uint64(d.observed[i-1].Number)
	}
	return 0
}

// numberAfter returns the number of a shape, 0 if it has none, that the shape with the number before became by one event of a lane. Most
// have been asked for before.
func (d *shapeDictionary) numberAfter(before uint64, lane uint8, s Shape) uint64 {
	if before == 0 {
		return d.number(s)
	}
	number := &d.grown[before-1][lane&(laneSlots-1)]
	if *number == 0 {
		*number = uint16(d.number(s))
	}
	return uint64(*number)
}

// observe counts a closed record's shape.
func (d *shapeDictionary) observe(s Shape) {
	place := &d.places[d.place(s)]
	if *place == 0 {
		if len(d.observed) == maxShapes {
			return
		}
		d.observed = append(d.observed, ObservedShape{Shape: s})
		*place = uint16(len(d.observed))
	}
	o := &d.observed[*place-1]
	if o.Number > 0 {
		return
	}
	if o.Times++; o.Times == timesToCount {
		d.shapes, d.grown = append(d.shapes, s), append(d.grown, numbersByLane{})
		o.Number = uint32(len(d.shapes))
	}
}

// place is where in places a shape stands, or belongs.
func (d *shapeDictionary) place(s Shape) uint32 {
	i := uint32((s.Lanes*0x9E3779B97F4A7C15 ^ s.Many*0xC2B2AE3D27D4EB4F) >> (64 - 13))
	for n := d.places[i]; n != 0 && d.observed[n-1].Shape != s; n = d.places[i] {
		i = (i + 1) % uint32(len(d.places))
	}
	return i
}

// load replaces what is there by shapes that another dictionary of the same lanes has observed.
func (d *shapeDictionary) load(lanes int, observed []ObservedShape) error {
	*d = shapeDictionary{shapes: make([]Shape, len(observed))}
	most := uint32(0)
	for i, o := range observed {
		place := &d.places[d.place(o.Shape)]
		if i == maxShapes || *place != 0 || o.Lanes == 0 || o.Lanes>>lanes != 0 || o.Many&^o.Lanes != 0 || int(o.Number) > len(observed) {
			return fmt.Errorf("shape %d of %d (%+v) is none of these lanes", i, len(observed), o)
		}
		d.observed = append(d.observed, o)
		*place = uint16(i + 1)
		if o.Number > 0 {
			d.shapes[o.Number-1] = o.Shape
			most = max(most, o.Number)
		}
	}
	d.shapes, d.grown = d.shapes[:most], make([]numbersByLane, most)
	for i, s := range d.shapes {
		if s.Lanes == 0 {
			return fmt.Errorf("no shape has number %d of %d", i+1, most)
		}
	}
	return nil
}
