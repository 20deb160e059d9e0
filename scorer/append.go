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
	w := packerAt(s.buf[:0], track, end)
	if end > 0 {
		w.gap(event.Grain-u.newest, event.shift, u.shift)
	}
	w.cell(r, &event)
	w.lanes(r, 1<<event.lane)
	if track, need = s.lay(track, end, &w); need == 0 {
		u.newest, u.shift = event.Grain, event.shift
	}
	return track, need
}

// putInto changes the last record, from the event's lane upwards. (Only sessions have several cells in a grain, and they stand before
// the others: a lane of another kind is in the last record or in none.)
func (r *Rules) putInto(track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	end := endOf(track)
	set, used := r.setIn(track, end, window(track, end))
	top := end - used
	middle := r.skip(set>>event.lane>>1<<event.lane<<1, track, top)
	bottom := middle
	if set>>event.lane&1 == 1 {
		var there Cell
		if there, bottom = r.cellAt(event.lane, track, middle); countsUp(&there, &event, r.sums[event.lane&(maxLanes+1)]) {
			addBit(track, bottom)
			return track, 0
		}
		event.gather(&there)
	}
	w := packerAt(s.buf[:0], track, bottom)
	w.cell(r, &event)
	w.copy(track, middle, top)
	w.lanes(r, set|1<<event.lane)
	return s.lay(track, bottom, &w)
}

// skip passes over the cells of some lanes, from the highest down.
func (r *Rules) skip(lanes uint64, track []byte, at int) int {
	for lanes != 0 {
		lane := bits.Len64(lanes) - 1
		lanes &^= 1 << lane
		_, at = r.cellAt(uint8(lane), track, at)
	}
	return at
}

// cellAt reads a lane's count and sum.
func (r *Rules) cellAt(lane uint8, track []byte, at int) (c Cell, next int) {
	n, at := numberAt(track, at, countOrder, mostZeros)
	c.count = uint32(n + 1)
	if kind := r.sums[lane&(maxLanes+1)]; kind != noSum {
		c.Sum, at = sumAt(kind, track, at)
	}
	return c, at
}

// countsUp reports whether an event changes nothing but a count, and that one to another of as many bits: most do.
func countsUp(there, event *Cell, kind sumKind) bool {
	n := uint64(there.count)
	return kind == noSum && event.count == 1 && n < 1<<mostZeros && n&(n+1) != 0
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
	s.buf = r.pack(s.buf[:0], &packed, s.cells)
	if need := len(s.buf) - cap(track); need > 0 {
		return track, need
	}
	*u = packed
	return append(track[:0], s.buf...), 0
}
