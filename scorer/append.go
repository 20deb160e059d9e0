package scorer

import "math/bits"

// put adds one event to a track. Most events lie in the newest grain or after it, where one record is touched; the others, and what
// needs more than one cell, take the way over unpacked cells. need is how many bytes of capacity the track lacks; with any, nothing
// has been changed.
func (r *Rules) put(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	switch {
	case len(track) == 0 || event.Grain > u.newest:
		return r.putAfter(u, track, event, s)
	case event.Grain == u.newest && event.shift == u.shift:
		return r.putInto(track, event, s)
	}
	s.cells = add(r.unpack(s.cells[:0], u, track, &s.trail), event)
	return r.replace(u, track, s)
}

// putAfter appends a record.
func (r *Rules) putAfter(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	end := endOf(track)
	var w packer
	if end == 0 {
		w = s.packerAt(track, 0)
	} else {
		w, end = r.closed(track, end, s)
		w.gap(event.Grain-u.newest, event.shift, u.shift)
	}
	w.cell(r, &event)
	w.shape(r, Shape{Lanes: 1 << event.lane})
	if track, need = s.lay(track, end, &w); need == 0 {
		u.newest, u.shift = event.Grain, event.shift
	}
	return track, need
}

// closed goes on behind the last record, whose shape counts from now on and may get a number by it. It returns from where on.
func (r *Rules) closed(track []byte, end int, s *Scratch) (w packer, from int) {
	n, at := numberAt(track, end, shapeOrder, mostZeros)
	if n != 0 {
		return s.packerAt(track, end), end
	}
	shape, at := r.shapeAt(track, at)
	s.book.meet(shape)
	w = s.packerAt(track, at)
	w.shape(r, shape)
	return w, at
}

// putInto changes the last record, from the event's lane upwards. (Only sessions have several cells in a grain, and they stand before
// the others: a lane of another kind is in the last record or in none.)
func (r *Rules) putInto(track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	shape, top := r.topShape(track, &s.book)
	middle := r.skip(shape, event.lane, track, top)
	bottom := middle
	if shape.Lanes>>event.lane&1 == 1 {
		var there Cell
		if there, bottom = r.cellAt(shape, event.lane, track, middle); r.countsUp(&there, &event) {
			addBit(track, bottom)
			return track, 0
		}
		event.gather(&there)
	}
	w := s.packerAt(track, bottom)
	w.cell(r, &event)
	w.copy(track, middle, top)
	shape.add(&event)
	w.shape(r, shape)
	return s.lay(track, bottom, &w)
}

// topShape reads the last record's shape.
func (r *Rules) topShape(track []byte, b *book) (s Shape, next int) {
	n, at := numberAt(track, endOf(track), shapeOrder, mostZeros)
	if n == 0 {
		return r.shapeAt(track, at)
	}
	return b.shapes[n-1], at
}

// skip passes over the cells of a record's lanes above one of them.
func (r *Rules) skip(shape Shape, lane uint8, track []byte, at int) int {
	for left := (shape.Many | shape.Lanes&r.summed) >> lane >> 1; left != 0; {
		above := bits.Len64(left)
		left &^= 1 << (above - 1)
		_, at = r.cellAt(shape, lane+uint8(above), track, at)
	}
	return at
}

// cellAt reads a lane's count and sum.
func (r *Rules) cellAt(shape Shape, lane uint8, track []byte, at int) (c Cell, next int) {
	c.count = 1
	if shape.Many>>lane&1 == 1 {
		var n uint64
		n, at = numberAt(track, at, countOrder, mostZeros)
		c.count = uint32(n) + 2
	}
	if kind := r.sums[lane&(maxLanes+1)]; kind != noSum {
		c.Sum, at = sumAt(kind, track, at)
	}
	return c, at
}

// countsUp reports whether an event changes nothing but a count, and that one to another of as many bits: most do.
func (r *Rules) countsUp(there, event *Cell) bool {
	n := there.count - 1 // as it is written, 1 above
	return there.count > 1 && r.sums[event.lane&(maxLanes+1)] == noSum && n < 1<<mostZeros && n&(n+1) != 0
}

// addBit adds 1 to a number in a track that does not become longer by it.
func addBit(track []byte, bit int) {
	for i, carry := bit/8, uint(1)<<(bit%8); carry > 0; i++ {
		carry += uint(track[i])
		track[i] = byte(carry)
		carry >>= 8
	}
}

// lay ends a track at a bit and puts after it what has been written for there.
func (s *Scratch) lay(track []byte, bit int, w *packer) (_ []byte, need int) {
	s.buf = w.sealed()
	if need := bit/8 + len(s.buf) - cap(track); need > 0 {
		return track, need
	}
	return append(track[:bit/8], s.buf...), 0
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
