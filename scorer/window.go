package scorer

import "math/bits"

// Trim drops the cells that no border from h on can see and returns what is left of the track, in place. A session that began
// before that stays as long as an event that is not too late may belong to it; days that P(alive) counts are kept in the User. Records
// in which nothing can have expired are copied as they are.
func (r *Rules) Trim(u *User, track []byte, h uint32, s *Scratch) []byte {
	t := &s.trail
	t.open(u, track, 0)
	end, seam := t.at, t.at
	var grain uint32
	var shift int8
	for border := back(h, r.limits[0].reach); !t.done() && t.grain >= border; {
		grain, shift = t.grain, t.shift
		seam = r.readOne(t)
	}
	t.wanted = allLanes
	r.read(t, 0)
	old := r.expire(u, t.cells(), h)
	if seam == end {
		s.buf = r.pack(s.buf[:0], u, old)
		return append(track[:0], s.buf...)
	}
	w := packer{track: s.buf[:0]}
	if newest, was := w.records(r, old); len(old) > 0 {
		w.gap(grain-newest, shift, was)
	}
	w.copy(track, seam, end)
	s.buf = w.sealed() // a gap takes no more bits than the two it was made of
	return append(track[:0], s.buf...)
}

func (r *Rules) expire(u *User, cells []Cell, h uint32) []Cell {
	kept := cells[:0]
	for i := range cells {
		c := cells[i]
		l := &r.lanes[c.lane]
		switch oldest := r.oldest(l, h); {
		case c.Grain >= oldest, l.sum == Sessions && r.spanOf(&c).end+r.gap >= int64(oldest)*r.grain:
			kept = append(kept, c)
		case l.alive:
			u.fold(c.Grain / r.day)
		}
	}
	return kept
}

// oldest is the first grain of a lane that a border from h on can see. Days that are counted are kept whole.
func (r *Rules) oldest(l *lane, h uint32) uint32 {
	oldest := back(h, l.reach)
	if l.alive {
		oldest -= oldest % r.day
	}
	return oldest
}

// sums is what one metric adds up to at one border.
type sums struct {
	cur, base       int64
	nCur, nBase     int64
	weeks           uint64 // the baseline's weeks with events, counted back from its end
	curDay, baseDay uint32 // the last day counted, one above its number
}

// view is what Judge sees of a user's cells at one border.
type view struct {
	metrics  [MaxMetrics]sums
	factors  [MaxMetrics]uint32 // what the population makes of each metric, millionths
	active   int64              // activity events in the active window
	enough   uint32             // the grain of the activity event that, counted back, makes the user active
	last     uint32             // one past the newest active grain before the border, 0 if none is left
	pending  uint32             // the oldest grain at or after the border, none if there is none
	order    uint32             // the oldest grain at or after the border with an order, none if there is none
	ordered  bool               // an order lies in the border's own grain
	refund   bool               // some sum at or after the border is negative
	negative bool               // some sum before it is: a cell that leaves the current window can raise it
}

// look adds up the cells before border h in one pass from the newest back. It reads as far as it is told to, and further where
// the windows hold no activity.
func (r *Rules) look(v *view, t *trail, h, until uint32) {
	factors := v.factors
	for {
		r.read(t, until)
		*v = view{factors: factors}
		r.addUp(v, t.cells(), h)
		if v.last > 0 || t.done() {
			return
		}
		until = 0
	}
}

func (r *Rules) addUp(v *view, cells []Cell, h uint32) {
	v.pending, v.order = none, none
	i := len(cells) - 1
	for ; i >= 0 && cells[i].Grain >= h; i-- {
		v.pending = cells[i].Grain
		if r.lanes[cells[i].lane].orders {
			v.order = v.pending
		}
		v.refund = v.refund || cells[i].Sum < 0
	}
	curFrom, baseFrom, activeFrom := back(h, r.window), back(h, r.window+r.baseline), back(h, r.lifecycle.active)
	week, bit := curFrom, uint64(1)<<63 // the week of the baseline under way; divisions are too slow here
	for ; i >= 0; i-- {
		c := &cells[i]
		l := &r.lanes[c.lane]
		if l.activity {
			v.act(c, activeFrom, r.lifecycle.events)
		}
		switch {
		case c.Grain >= curFrom:
			v.ordered = v.ordered || l.orders && c.Grain == h-1
			r.current(v, c, l)
		case c.Grain >= baseFrom:
			for c.Grain < week {
				week, bit = back(week, r.week), bits.RotateLeft64(bit, 1)
			}
			r.past(v, c, l, bit)
		case c.Grain < activeFrom && v.last > 0:
			return // what lies further back is for assessments
		}
	}
}

// back is the grain n before h, not before the epoch.
func back(h, n uint32) uint32 {
	if h < n {
		return 0
	}
	return h - n
}

func (v *view) act(c *Cell, from uint32, events int64) {
	if v.last == 0 {
		v.last = c.Grain + 1
	}
	if c.Grain < from {
		return
	}
	if v.active < events && v.active+int64(c.count) >= events {
		v.enough = c.Grain
	}
	v.active += int64(c.count)
}

func (r *Rules) current(v *view, c *Cell, l *lane) {
	for _, rd := range l.core {
		m := &v.metrics[rd.metric]
		n, value := r.take(v, c, rd.take, &m.curDay)
		m.nCur += n
		m.cur = addSaturated(m.cur, value)
	}
}

func (r *Rules) past(v *view, c *Cell, l *lane, week uint64) {
	for _, rd := range l.core {
		m := &v.metrics[rd.metric]
		n, value := r.take(v, c, rd.take, &m.baseDay)
		m.nBase += n
		m.weeks |= week
		m.base = addSaturated(m.base, value)
	}
}

// take returns how many events a cell contributes to a metric and what it adds. Cells come from the newest back.
func (r *Rules) take(v *view, c *Cell, take taking, counted *uint32) (n, value int64) {
	switch take {
	case sum:
		v.negative = v.negative || c.Sum < 0
		return int64(c.count), c.Sum
	case days:
		day := c.Grain/r.day + 1
		if *counted == day {
			return 0, 0
		}
		*counted = day
		return 1, 1
	}
	return int64(c.count), int64(c.count)
}
