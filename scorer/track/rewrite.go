package track

import "math"

// Addition is what one event adds to a track: a cell for each lane without sessions that it feeds, all of the event's grain and shift, and
// the lanes whose sessions it may join.
type Addition struct {
	Cells    []Cell
	Sessions []uint8
	Time     int64 // Unix milliseconds
	Grain    uint32
	Shift    int8
}

// Change is what an Addition did. Sets of lanes have a bit for each.
type Change struct {
	Merged uint64 // lanes without sessions that already had a cell in the event's grain
	Began  uint64 // lanes of sessions in which a session began, or begins in an earlier grain than before
	From   uint32 // the oldest grain that was changed
}

// sessionRoom is how many bytes more are asked for where a session begins: its length and its counts will grow, and without them each of its
// next events would ask again.
const sessionRoom = 8

// Rewrite adds an event to any lanes at any time: unless that can be done in registers, the records from the oldest one that it changes on are
// unpacked and written anew, the others stay. need is how many bytes of capacity the track lacks; with any, nothing has been changed: make room and call again.
func (c *Codec) Rewrite(head *Head, track []byte, a Addition) (_ []byte, change Change, need int) {
	if track, change, need, fits := c.addInRegisters(head, track, &a); fits {
		return track, change, need
	}
	from := c.openFor(*head, track, &a)
	c.cells = append(c.cells[:0], c.Cells()...)
	closed := Shape{}
	if len(c.cells) > 0 && a.Grain > head.Newest {
		closed = shapeOf(lastRecord(c.cells))
	}
	change = c.addTo(&a)
	w := writer{schema: c.schema, shapes: c.shapes, track: c.buf[:0], n: from.at % 8}
	if w.n > 0 {
		w.pending = uint64(track[from.at/8]) & (1<<w.n - 1)
	}
	newest := w.records(c.cells, from.head, from.at == 0)
	c.buf = w.sealed()
	if need = from.at/8 + len(c.buf) - cap(track); need > 0 {
		if change.Began != 0 {
			need += sessionRoom
		}
		return track, Change{}, need
	}
	*head = newest
	if closed.Lanes != 0 {
		c.shapes.observe(closed)
	}
	return append(track[:from.at/8], c.buf...), change, 0
}

// addTo adds an event to the unpacked cells.
func (c *Codec) addTo(a *Addition) (change Change) {
	change.From = a.Grain
	for _, cell := range a.Cells {
		var merged bool
		if c.cells, merged = c.schema.add(c.cells, cell); merged {
			change.Merged |= 1 << cell.Lane
		}
	}
	for _, lane := range a.Sessions {
		var session SessionChange
		c.cells, session = c.schema.addSession(c.cells, lane, a.Time, a.Shift)
		change.From = min(change.From, session.From)
		if session.Began || session.Moved {
			change.Began |= 1 << lane
		}
	}
	return change
}

// openFor reads the records that an event changes, at least the newest one, and returns where they begin.
func (c *Codec) openFor(head Head, track []byte, a *Addition) place {
	oldest := min(a.Grain, head.Newest)
	c.Open(head, track, AllLanes, 0)
	c.Read(oldest)
	for _, lane := range a.Sessions {
		oldest = min(oldest, c.readToSession(lane, a.Time))
	}
	if cells := c.Cells(); len(cells) > 0 && cells[0].Grain < oldest { // it took more to find that out
		c.Open(head, track, AllLanes, 0)
		c.Read(oldest)
	}
	return c.place
}

// readToSession reads on until it has found a session of the lane that begins no later than a time: those before it end before that one
// begins. It returns the grain of the oldest session that an event at that time joins, or the largest number if there is none.
func (c *Codec) readToSession(lane uint8, at int64) (grain uint32) {
	grain = math.MaxUint32
	for older := c.Cells(); ; {
		found := false
		for i := len(older) - 1; i >= 0; i-- {
			if cell := &older[i]; cell.Lane == lane {
				span := c.schema.SpanOf(cell)
				if span.End+c.schema.gap >= at && span.Start-c.schema.gap <= at {
					grain = cell.Grain
				}
				found = found || span.Start <= at
			}
		}
		if found || c.Done() {
			return grain
		}
		read := len(c.Cells())
		c.Read(c.head.Newest)
		older = c.Cells()[:len(c.Cells())-read]
	}
}

// lastRecord is the cells of the newest record among some cells.
func lastRecord(cells []Cell) []Cell {
	i := len(cells) - 1
	for i > 0 && sameRecord(cells[i-1:]) > 1 {
		i--
	}
	return cells[i:]
}
