package track

// Trim drops the cells that no border from h on can see and returns what is left of the track, in place. The track must be the one opened
// last, for border h, and have been read to its beginning. A session that began before what is seen stays as long as an event that is not
// too late may belong to it. dropped are the cells of lanes of whole days that went and
// left none of their day behind; they are valid until the next call. Records in which
// nothing can have expired are copied as they are. Should what is left need more room, for shapes without a number, all stays.
func (c *Codec) Trim(head *Head, track []byte, h uint32) (left []byte, dropped []Cell) {
	if !c.old.found {
		return track, nil
	}
	end, kept, after := endOf(track), c.old.gapEnd, c.old.last
	c.reopenOld(h)
	c.Read(0)
	var old []Cell
	old, c.dropped = c.schema.expire(c.Cells(), h, c.dropped[:0])
	w := writer{schema: c.schema, shapes: c.shapes, track: c.buf[:0]}
	newest := w.records(old, Head{}, true)
	if kept == end {
		after = newest
	} else if len(old) > 0 {
		w.gap(after.Newest-newest.Newest, after.Shift, newest.Shift)
	}
	w.copy(track, kept, end)
	c.buf = w.sealed()
	if kept == end && len(old) == 0 {
		c.buf = c.buf[:0]
	}
	if len(c.buf) > cap(track) {
		return track, nil
	}
	if kept == end {
		*head = after
	}
	return append(track[:0], c.buf...), c.dropped
}

// reopenOld goes back to where old records begin, to read them again as border h sees them: without what has expired in lanes of which
// nothing lingers.
func (c *Codec) reopenOld(h uint32) {
	c.wanted, c.lapsed, c.place, c.from = AllLanes, ^c.schema.lingering, c.old.place, len(c.store)
	c.expiryWatch = c.schema.watchExpiry(h)
}

// DropBefore drops all before a grain and returns what is left of the track, in place, and its cells, which are valid until the next call.
func (c *Codec) DropBefore(head *Head, track []byte, grain uint32) (left []byte, cells []Cell) {
	c.Open(*head, track, AllLanes, 0)
	c.Read(grain)
	cells = c.Cells()
	return c.pack(head, track[:0], cells), cells
}

// pack appends a track of the cells to an empty one.
func (c *Codec) pack(head *Head, track []byte, cells []Cell) []byte {
	if len(cells) == 0 {
		*head = Head{}
		return track
	}
	w := writer{schema: c.schema, shapes: c.shapes, track: c.buf[:0]}
	*head = w.records(cells, Head{}, true)
	c.buf = w.sealed()
	return append(track, c.buf...)
}
