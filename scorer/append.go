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
		return r.putInto(u, track, event, s)
	}
	return r.putAmong(u, track, event, s)
}

// putAmong changes any record.
func (r *Rules) putAmong(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
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
	s.cells = append(s.cells[:0], event)
	w.record(r, s.cells)
	if track, need = s.lay(track, end, &w); need == 0 {
		u.newest, u.shift = event.Grain, event.shift
	}
	return track, need
}

// putInto changes the last record.
func (r *Rules) putInto(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	if r.countUp(track, event.lane) {
		return track, 0
	}
	t := &s.trail
	t.open(u, track, allLanes)
	if r.read(t, u.newest); t.records > 1 {
		return r.putAmong(u, track, event, s)
	}
	s.cells = add(append(s.cells[:0], t.cells()...), event)
	w := packerAt(s.buf[:0], track, t.seam)
	w.record(r, s.cells)
	return s.lay(track, t.seam, &w)
}

// countUp counts one event more in the last record where that changes one number of as many bits: the lane is there, has no sum, and its
// new count is no power of two.
func (r *Rules) countUp(track []byte, lane uint8) bool {
	at := endOf(track)
	set, used := r.setIn(track, at, window(track, at))
	if set>>lane&1 == 0 || r.sums[lane&(maxLanes+1)] != noSum {
		return false
	}
	at -= used
	for above := set >> lane >> 1; above != 0; above &^= 1 << (bits.Len64(above) - 1) {
		zeros := bits.LeadingZeros64(window(track, at))
		if zeros > mostZeros || r.sums[(int(lane)+bits.Len64(above))&(maxLanes+1)] != noSum {
			return false
		}
		at -= 2*zeros + 1
	}
	w := window(track, at)
	zeros := bits.LeadingZeros64(w)
	if zeros > mostZeros || ^w<<zeros>>(63-zeros) == 0 {
		return false
	}
	addBit(track, at-2*zeros-1)
	return true
}

// addBit adds 1 at a bit of a number that has a 0 above it.
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
