package scorer

import "math/bits"

// put adds one event to a track. Most events lie in the newest grain or after it, where one record is touched; the others, and those that
// make a record too long for a tip, take the way over unpacked cells. need is how many bytes of capacity the track lacks; with any,
// nothing has been changed.
func (r *Rules) put(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	fits := false
	switch {
	case len(track) == 0 || event.Grain > u.newest:
		track, need, fits = r.putAfter(u, track, event, &s.book)
	case event.Grain == u.newest && event.shift == u.shift:
		track, need, fits = r.putInto(track, event, &s.book)
	}
	if fits {
		return track, need
	}
	s.cells = add(r.unpack(s.cells[:0], u, track, &s.trail), event)
	return r.replace(u, track, s)
}

// putAfter appends a record.
func (r *Rules) putAfter(u *User, track []byte, event Cell, b *book) (_ []byte, need int, fits bool) {
	end := endOf(track)
	t := tip{}
	if end > 0 {
		t, end = r.closed(track, end, b)
		t = t.gap(event.Grain-u.newest, event.shift, u.shift)
	}
	shape := Shape{Lanes: 1 << event.lane}
	t = t.value(r.kindOfSum(event.lane), event.Sum).shape(len(r.lanes), shape, b.find(shape))
	if track, need, fits = t.lay(track, end/8); fits && need == 0 {
		u.newest, u.shift = event.Grain, event.shift
	}
	return track, need, fits
}

// closed goes on behind the last record, whose shape counts from now on and may get a number by it. It returns from where on.
func (r *Rules) closed(track []byte, end int, b *book) (t tip, from int) {
	number, at := numberAt(track, end, shapeOrder, mostZeros)
	if number != 0 {
		return tipOf(track, end), end
	}
	shape, at := r.shapeAt(track, at)
	b.meet(shape)
	return tipOf(track, at).shape(len(r.lanes), shape, b.find(shape)), at
}

// putInto changes the last record, from the count of the event's lane upwards or, if the lane has one, from its sum; what lies between
// and above is copied. (Only sessions have several cells in a grain, and they stand before the others: a lane of another kind is in the
// last record or in none.)
func (r *Rules) putInto(track []byte, event Cell, b *book) (_ []byte, need int, fits bool) {
	shape, number, top := r.topShape(track, b)
	kind, bit := r.kindOfSum(event.lane), uint64(1)<<event.lane
	higher := -bit << 1
	there := Cell{count: uint32(shape.Lanes >> event.lane & 1)}
	count := skipCounts(shape.Many&higher, track, top)
	middle := count
	if shape.Many&bit != 0 {
		if there.count, middle = countAt(track, count); kind == noSum && asLong(there.count) {
			addBit(track, middle)
			return track, 0, true
		}
	}
	sum, bottom := middle, middle
	if kind != noSum {
		sum = r.skipSums(shape.Lanes&r.summed&higher, track, skipCounts(shape.Many&(bit-1), track, middle))
		if bottom = sum; shape.Lanes&bit != 0 {
			there.Sum, bottom = sumAt(kind, track, sum)
		}
	}
	event.gather(&there)
	t := tipOf(track, bottom).value(kind, event.Sum).copy(track, sum, middle).count(event.count).copy(track, count, top)
	before := shape
	if shape.add(&event); shape != before {
		number = b.grow(number, event.lane, shape)
	}
	return t.shape(len(r.lanes), shape, number).lay(track, bottom/8)
}

// topShape reads the last record's shape, and its number if it has one.
func (r *Rules) topShape(track []byte, b *book) (s Shape, number uint64, next int) {
	number, at := numberAt(track, endOf(track), shapeOrder, mostZeros)
	if number == 0 {
		s, at = r.shapeAt(track, at)
		return s, 0, at
	}
	return b.shapes[number-1], number, at
}

// skipCounts passes over the counts of some lanes.
func skipCounts(lanes uint64, track []byte, at int) int {
	for ; lanes != 0; lanes &= lanes - 1 {
		_, at = countAt(track, at)
	}
	return at
}

// skipSums passes over the sums of some lanes.
func (r *Rules) skipSums(lanes uint64, track []byte, at int) int {
	for lanes != 0 {
		lane := uint8(bits.Len64(lanes) - 1)
		lanes &^= 1 << lane
		_, at = sumAt(r.kindOfSum(lane), track, at)
	}
	return at
}

// countAt reads the count below a place, of a lane that counts more than one.
func countAt(track []byte, at int) (n uint32, next int) {
	v, at := numberAt(track, at, countOrder, mostZeros)
	return uint32(v) + 2, at
}

// asLong reports whether the code of one more than a count is the code's number and 1, in as many bits: most are.
func asLong(count uint32) bool {
	n := count - 1 // as it is written, 1 above
	return n < 1<<mostZeros && n&(n+1) != 0
}

// addBit adds 1 to a number in a track that does not become longer by it.
func addBit(track []byte, bit int) {
	for i, carry := bit/8, uint(1)<<(bit%8); carry > 0; i++ {
		carry += uint(track[i])
		track[i] = byte(carry)
		carry >>= 8
	}
}

// replace packs the scratch's cells over a track.
func (r *Rules) replace(u *User, track []byte, s *Scratch) (_ []byte, need int) {
	packed := *u
	s.buf = r.pack(s.buf[:0], &packed, s.cells, &s.book)
	if need := len(s.buf) - cap(track); need > 0 {
		return track, need
	}
	*u = packed
	return append(track[:0], s.buf...), 0
}
