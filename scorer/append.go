package scorer

import "math/bits"

// put adds one event to a track. Most events lie in the newest grain or after it, where one record is touched; the others, and what
// needs more than one cell, take the way over unpacked cells. need is how many bytes of capacity the track lacks; with any, nothing
// has been changed.
func (r *Rules) put(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	switch {
	case len(track) == 0 || event.Grain > u.newest:
		return r.putAfter(u, track, event, s)
	case event.Grain == u.newest && event.shift == u.shift && u.tail > 0:
		return r.putInto(u, track, event, s)
	}
	s.cells = add(r.unpack(s.cells[:0], u, track), event)
	return r.replace(u, track, s)
}

// putAfter appends a record.
func (r *Rules) putAfter(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	shift, passed := u.shift, event.Grain-u.newest
	if len(track) == 0 {
		shift, passed = 0, 0
	}
	buf := s.buf[:0]
	if event.shift != shift {
		buf = append(buf, shiftMark, byte(event.shift))
	}
	buf = appendAdvance(buf, passed)
	head := len(buf)
	s.one[0] = event
	s.buf = r.appendRecord(buf, s.one[:])
	if need := len(track) + len(s.buf) - cap(track); need > 0 {
		return track, need
	}
	u.newest, u.shift = event.Grain, event.shift
	u.setTail(len(s.buf) - head)
	return append(track, s.buf...), 0
}

// putInto changes the last record.
func (r *Rules) putInto(u *User, track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	from := len(track) - int(u.tail)
	if r.countUp(track[from:], event.lane) {
		return track, 0
	}
	s.cells, _ = r.unpackRecord(s.cells[:0], track, from, Cell{Grain: event.Grain, shift: event.shift}, allLanes)
	s.cells = add(s.cells, event)
	s.buf = r.appendRecord(s.buf[:0], s.cells)
	if need := from + len(s.buf) - cap(track); need > 0 {
		return track, need
	}
	u.setTail(len(s.buf))
	return append(track[:from], s.buf...), 0
}

// countUp counts one event more where that changes two bits: the lane is there, has no sum, and its count stays below the escape.
func (r *Rules) countUp(record []byte, lane uint8) bool {
	lanes, ones, i := lanesAt(record, 0)
	if ones || lanes>>lane&1 == 0 || r.sums[lane] != noSum {
		return false
	}
	place := 2 * bits.OnesCount64(lanes&(1<<lane-1))
	at := &record[i+place/8]
	if *at>>(place%8)&3 >= escape-1 {
		return false
	}
	*at += 1 << (place % 8)
	return true
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
