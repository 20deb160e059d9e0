package track

import "math/bits"

// maxExtended is how many lanes a record may have that is written in registers together with sessions.
const maxExtended = 8

// addInRegisters adds an event in registers where that can be done by changing the newest record, or by putting one behind it. fits is false
// where it cannot; then nothing has been changed.
func (c *Codec) addInRegisters(head *Head, track []byte, a *Addition) (_ []byte, change Change, need int, fits bool) {
	switch {
	case len(track) == 0:
	case a.Grain == head.Newest && a.Shift == head.Shift:
		return c.extendNewest(track, a)
	case a.Grain > head.Newest:
		return c.appendSessions(head, track, a)
	}
	return track, change, 0, false
}

// extendNewest adds an event to the newest record, where it belongs to sessions that the record has: most events of sessions do.
func (c *Codec) extendNewest(track []byte, a *Addition) (_ []byte, change Change, need int, fits bool) {
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
	tail, grown := c.schema.tailOf(tailFrom(track, from), &cells, lanes, lowest)
	if grown != shape || number == 0 {
		number = c.shapes.number(grown)
	}
	track, need, fits = tail.shape(len(c.schema.lanes), grown, number).write(track, from/8)
	return track, change, need, fits
}

// appendSessions puts a record behind the newest one, where the sessions of the event's lanes that the newest record has are over.
func (c *Codec) appendSessions(head *Head, track []byte, a *Addition) (_ []byte, change Change, need int, fits bool) {
	end := endOf(track)
	shape, number, at := c.newestShape(track, end)
	if !c.sessionsAreOver(shape, track, at, head.Newest, a) {
		return track, change, 0, false
	}
	var cells [maxExtended]Cell
	lanes, lowest, _ := c.extendedLanes(Shape{}, &Addition{Cells: a.Cells})
	change.From = a.Grain
	for _, lane := range a.Sessions {
		lanes |= 1 << (lane & 63)
		change.Began |= 1 << (lane & 63)
		lowest = min(lowest, lane)
	}
	if bits.OnesCount64(lanes) > maxExtended {
		return track, change, 0, false
	}
	for _, lane := range a.Sessions {
		cells[placeAmong(lanes, lane)] = c.schema.sessionCell(lane, Span{a.Time, a.Time}, a.Shift)
	}
	for i := range a.Cells {
		cells[placeAmong(lanes, a.Cells[i].Lane)] = a.Cells[i]
	}
	tail := tailFrom(track, end)
	if number == 0 { // the record is closed now, and its shape may have got a number
		tail, end = tailFrom(track, at).shape(len(c.schema.lanes), shape, c.shapes.number(shape)), at
	}
	tail, made := c.schema.tailOf(tail.gap(a.Grain-head.Newest, a.Shift, head.Shift), &cells, lanes, lowest)
	track, need, fits = tail.shape(len(c.schema.lanes), made, c.shapes.number(made)).write(track, end/8)
	switch {
	case !fits:
		return track, change, 0, false
	case need > 0:
		return track, change, need + sessionRoom, true
	case number == 0:
		c.shapes.observe(shape)
	}
	*head = Head{a.Grain, a.Shift}
	return track, change, 0, true
}

// sessionsAreOver reports whether the newest record has a session of each of the event's lanes, the last one there is, that ended too early for
// the event to join it.
func (c *Codec) sessionsAreOver(shape Shape, track []byte, at int, grain uint32, a *Addition) bool {
	lowest := uint8(laneSlots)
	for _, lane := range a.Sessions {
		if shape.Lanes>>(lane&63)&1 == 0 {
			return false
		}
		lowest = min(lowest, lane)
	}
	if bits.OnesCount64(shape.Lanes) > maxExtended {
		return false
	}
	var cells [maxExtended]Cell
	c.schema.readLanes(&cells, shape.Lanes, shape, lowest, track, at)
	for _, lane := range a.Sessions {
		cell := &cells[placeAmong(shape.Lanes, lane)]
		cell.Grain = grain
		if c.schema.SpanOf(cell).End+c.schema.gap >= a.Time {
			return false
		}
	}
	return true
}

// tailOf adds what cells, which stand in the order of their lanes, have beside their shape, sums from the lowest lane on, and returns the shape.
func (s *Schema) tailOf(tail bitTail, cells *[maxExtended]Cell, lanes uint64, lowest uint8) (_ bitTail, shape Shape) {
	for left, i := lanes, 0; left != 0 && i < maxExtended; left, i = left&(left-1), i+1 {
		if lane := uint8(bits.TrailingZeros64(left)); lane >= lowest {
			tail = tail.sum(s.kind(lane), cells[i].Sum)
		}
	}
	for left, i := lanes, 0; left != 0 && i < maxExtended; left, i = left&(left-1), i+1 {
		cells[i].Lane = uint8(bits.TrailingZeros64(left))
		shape.add(&cells[i])
		tail = tail.count(cells[i].Count)
	}
	return tail, shape
}

// placeAmong is where the cell of a lane stands among those of a set of lanes.
func placeAmong(lanes uint64, lane uint8) int {
	return bits.OnesCount64(lanes&(1<<(lane&63)-1)) & (maxExtended - 1)
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
	for left := shape.Lanes; left != 0; left &= left - 1 {
		cells[placeAmong(lanes, uint8(bits.TrailingZeros64(left)))].Count = 1
	}
	for left := shape.Many; left != 0; {
		lane := highestLane(left)
		left &^= 1 << lane
		cells[placeAmong(lanes, lane)].Count, at = countAt(track, at)
	}
	for left := shape.Lanes & s.summed &^ (1<<lowest - 1); left != 0; {
		lane := highestLane(left)
		left &^= 1 << lane
		cells[placeAmong(lanes, lane)].Sum, at = sumAt(s.kind(lane), track, at)
	}
	return at
}

// extend adds an event to a record's cells, which stand in the order of their lanes. ok is false if it does not belong to a session of the
// record; then some of the cells may have been changed.
func (s *Schema) extend(cells *[maxExtended]Cell, lanes uint64, a *Addition) (change Change, ok bool) {
	change.From = a.Grain
	for _, lane := range a.Sessions {
		c := &cells[placeAmong(lanes, lane)]
		c.Grain = a.Grain
		span := s.SpanOf(c)
		if a.Time < span.Start || a.Time > span.End+s.gap {
			return change, false
		}
		*c = s.sessionCell(lane, Span{span.Start, max(span.End, a.Time)}, a.Shift)
	}
	for i := range a.Cells {
		c := &cells[placeAmong(lanes, a.Cells[i].Lane)]
		if c.Count > 0 {
			change.Merged |= 1 << a.Cells[i].Lane
		}
		c.merge(&a.Cells[i])
	}
	return change, true
}
