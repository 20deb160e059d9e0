package track

// Append adds one event to one lane that has no sessions. Most events lie in the newest grain or after it, where one record is touched in
// registers; the others, and those that make a record too long for that, are rewritten through unpacked cells. need is how many bytes of
// capacity the track lacks; with any, nothing has been changed: make room and call again. merged reports whether the lane already had a
// cell in the event's grain.
func (c *Codec) Append(head *Head, track []byte, event Cell) (_ []byte, merged bool, need int) {
	fits := false
	switch {
	case len(track) == 0 || event.Grain > head.Newest:
		track, need, fits = c.appendRecord(head, track, event)
	case event.Grain == head.Newest && event.Shift == head.Shift:
		track, merged, need, fits = c.addToNewest(track, event)
	}
	if fits {
		return track, merged, need
	}
	c.event[0] = event
	track, change, need := c.Rewrite(head, track, Addition{Cells: c.event[:], Grain: event.Grain, Shift: event.Shift})
	return track, change.Merged != 0, need
}

// appendRecord puts a record behind the newest one.
func (c *Codec) appendRecord(head *Head, track []byte, event Cell) (_ []byte, need int, fits bool) {
	var closed Shape
	end, tail := endOf(track), bitTail{}
	if end > 0 {
		tail, closed, end = c.closeNewest(track, end)
		tail = tail.gap(event.Grain-head.Newest, event.Shift, head.Shift)
	}
	shape := Shape{Lanes: 1 << event.Lane}
	tail = tail.sum(c.schema.kind(event.Lane), event.Sum).shape(len(c.schema.lanes), shape, c.shapes.number(shape))
	if track, need, fits = tail.write(track, end/8); !fits || need > 0 {
		return track, need, fits
	}
	*head = Head{event.Grain, event.Shift}
	if closed.Lanes != 0 {
		c.shapes.observe(closed)
	}
	return track, 0, true
}

// closeNewest goes on behind the newest record, whose shape may have got a number since it was written. It returns from where on.
func (c *Codec) closeNewest(track []byte, end int) (tail bitTail, closed Shape, from int) {
	shape, number, at := c.newestShape(track, end)
	if number != 0 {
		return tailFrom(track, end), Shape{}, end
	}
	return tailFrom(track, at).shape(len(c.schema.lanes), shape, c.shapes.number(shape)), shape, at
}

// newestShape reads the newest record's shape, and its number if it was written by one.
func (c *Codec) newestShape(track []byte, end int) (s Shape, number uint64, next int) {
	number, at := numberAt(track, end, shapeOrder, maxZeros)
	if number == 0 {
		s, at = rawShapeAt(track, at, len(c.schema.lanes))
		return s, 0, at
	}
	return c.shapes.shapes[number-1], number, at
}

// addToNewest changes the newest record, from the count of the event's lane upwards or, if the lane has one, from its sum; what lies
// between and above is copied. A lane without sessions has its cell of a grain and shift in that grain's last record of the shift.
func (c *Codec) addToNewest(track []byte, event Cell) (_ []byte, merged bool, need int, fits bool) {
	shape, number, top := c.newestShape(track, endOf(track))
	kind, bit := c.schema.kind(event.Lane), uint64(1)<<event.Lane
	higher := -bit << 1
	merged = shape.Lanes&bit != 0
	there := Cell{Count: uint32(shape.Lanes >> event.Lane & 1)}
	countTop := skipCounts(shape.Many&higher, track, top)
	countEnd := countTop
	if shape.Many&bit != 0 {
		if there.Count, countEnd = countAt(track, countTop); kind == NoSum && staysAsLong(there.Count) {
			incrementInPlace(track, countEnd)
			return track, true, 0, true
		}
	}
	sumTop, sumEnd := countEnd, countEnd
	if kind != NoSum {
		sumTop = c.schema.skipSums(shape.Lanes&higher, track, skipCounts(shape.Many&(bit-1), track, countEnd))
		if sumEnd = sumTop; merged {
			there.Sum, sumEnd = sumAt(kind, track, sumTop)
		}
	}
	event.merge(&there)
	tail := tailFrom(track, sumEnd).sum(kind, event.Sum).copy(track, sumTop, countEnd).count(event.Count).copy(track, countTop, top)
	before := shape
	if shape.add(&event); shape != before {
		number = c.shapes.numberAfter(number, event.Lane, shape)
	}
	track, need, fits = tail.shape(len(c.schema.lanes), shape, number).write(track, sumEnd/8)
	return track, merged, need, fits
}

// skipCounts passes over the counts of some lanes.
func skipCounts(lanes uint64, track []byte, at int) int {
	for ; lanes != 0; lanes &= lanes - 1 {
		_, at = countAt(track, at)
	}
	return at
}

// skipSums passes over the sums of those of some lanes that have one.
func (s *Schema) skipSums(lanes uint64, track []byte, at int) int {
	for lanes &= s.summed; lanes != 0; {
		lane := highestLane(lanes)
		lanes &^= 1 << lane
		_, at = sumAt(s.kind(lane), track, at)
	}
	return at
}
