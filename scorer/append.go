package scorer

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
	s.record[0] = event
	w.record(r, s.record[:1])
	if track, need = s.lay(track, end, &w); need == 0 {
		u.newest, u.shift = event.Grain, event.shift
	}
	return track, need
}

// putInto changes the last record.
func (r *Rules) putInto(track []byte, event Cell, s *Scratch) (_ []byte, need int) {
	first, at, _ := r.readRecord(s.record[:maxLanes], maxLanes, track, endOf(track), event.Grain, event.shift, allLanes)
	cells := add(s.record[first:maxLanes], event)
	w := packerAt(s.buf[:0], track, at)
	w.record(r, cells)
	return s.lay(track, at, &w)
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
