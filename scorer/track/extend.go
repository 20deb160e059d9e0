package track

import "math/bits"

// maxExtended is how many lanes a record may have for extendNewest.
const maxExtended = 8

// extendNewest adds an event to the newest record in registers, where it lies in that record's grain and belongs to sessions that the record
// has: most events of sessions do. fits is false where it does not, or where the record is too long; then nothing has been changed.
func (c *Codec) extendNewest(head Head, track []byte, a *Addition) (_ []byte, change Change, need int, fits bool) {
	if len(track) == 0 || a.Grain != head.Newest || a.Shift != head.Shift {
		return track, change, 0, false
	}
	shape, number, at := c.newestShape(track, endOf(track))
	lanes, lowest, ok := c.extendedLanes(shape, a)
	if !ok {
		return track, change, 0, false
	}
	var cells [maxExtended]Cell
	from := c.schema.readLanes(&cells, lanes, shape, lowest, track, at)
	if change, ok = c.schema.extend(&cells, lanes, a); !ok {
		return track, change, 0, false
	}
	tail, grown := tailFrom(track, from), Shape{}
	for left, i := lanes, 0; left != 0; left &= left - 1 {
		lane := uint8(bits.TrailingZeros64(left))
		if lane >= lowest {
			tail = tail.sum(c.schema.kind(lane), cells[i].Sum)
		}
		i++
	}
	for left, i := lanes, 0; left != 0; left &= left - 1 {
		cells[i].Lane = uint8(bits.TrailingZeros64(left))
		grown.add(&cells[i])
		tail = tail.count(cells[i].Count)
		i++
	}
	if grown != shape || number == 0 {
		number = c.shapes.number(grown)
	}
	track, need, fits = tail.shape(len(c.schema.lanes), grown, number).write(track, from/8)
	return track, change, need, fits
}

// extendedLanes are the lanes of the newest record with an event added, and the lowest lane whose sum changes by it. ok is false if a session
// would have to be looked for elsewhere, or if there are too many lanes.
func (c *Codec) extendedLanes(shape Shape, a *Addition) (lanes uint64, lowest uint8, ok bool) {
	lanes, lowest = shape.Lanes, laneSlots
	for _, lane := range a.Sessions {
		if shape.Lanes>>(lane&63)&1 == 0 {
			return 0, 0, false
		}
		lowest = min(lowest, lane)
	}
	for i := range a.Cells {
		lane := a.Cells[i].Lane
		if lanes |= 1 << (lane & 63); c.schema.kind(lane) != NoSum {
			lowest = min(lowest, lane)
		}
	}
	return lanes, lowest, bits.OnesCount64(lanes) <= maxExtended
}

// readLanes reads the counts of a record's lanes and the sums of those from the lowest one on, below a place. Lanes that the record does not
// have count 0. It returns where in the track the lowest one's sum begins.
func (s *Schema) readLanes(cells *[maxExtended]Cell, lanes uint64, shape Shape, lowest uint8, track []byte, at int) (from int) {
	place := func(lane uint8) int { return bits.OnesCount64(lanes&(1<<lane-1)) & (maxExtended - 1) }
	for left := shape.Lanes; left != 0; left &= left - 1 {
		cells[place(uint8(bits.TrailingZeros64(left)))].Count = 1
	}
	for left := shape.Many; left != 0; {
		lane := highestLane(left)
		left &^= 1 << lane
		cells[place(lane)].Count, at = countAt(track, at)
	}
	for left := shape.Lanes & s.summed &^ (1<<lowest - 1); left != 0; {
		lane := highestLane(left)
		left &^= 1 << lane
		cells[place(lane)].Sum, at = sumAt(s.kind(lane), track, at)
	}
	return at
}

// extend adds an event to a record's cells, which stand in the order of their lanes. ok is false if it does not belong to a session of the
// record; then some of the cells may have been changed.
func (s *Schema) extend(cells *[maxExtended]Cell, lanes uint64, a *Addition) (change Change, ok bool) {
	change.From = a.Grain
	place := func(lane uint8) int { return bits.OnesCount64(lanes&(1<<lane-1)) & (maxExtended - 1) }
	for _, lane := range a.Sessions {
		c := &cells[place(lane)]
		c.Grain = a.Grain
		span := s.SpanOf(c)
		if a.Time < span.Start || a.Time > span.End+s.gap {
			return change, false
		}
		*c = s.sessionCell(lane, Span{span.Start, max(span.End, a.Time)}, a.Shift)
	}
	for i := range a.Cells {
		c := &cells[place(a.Cells[i].Lane)]
		if c.Count > 0 {
			change.Merged |= 1 << a.Cells[i].Lane
		}
		c.merge(&a.Cells[i])
	}
	return change, true
}
