package scorer

// Trim drops the cells that no border from h on can see and returns what is left of the track, in place: what the last Judge, at h, has
// found stale. A session that began before that stays as long as an event that is not too late may belong to it; days that P(alive)
// counts are kept in the User. Records in which nothing can have expired are copied as they are. Should what is left need more room, for
// shapes with long numbers, all stays.
func (r *Rules) Trim(u *User, track []byte, h uint32, s *Scratch) []byte {
	t := &s.trail
	if !t.old.met {
		return track
	}
	end, seam, next := endOf(track), t.old.seam, t.old.last
	t.rewind(r, ^r.lingering, h)
	r.read(t, 0)
	trimmed := *u
	old := r.expire(&trimmed, t.cells(), h)
	if seam == end {
		s.buf = r.pack(s.buf[:0], &trimmed, old, &s.book)
	} else {
		w := packer{track: s.buf[:0], book: &s.book}
		if newest, shift := w.records(r, old, false); len(old) > 0 {
			w.gap(next.grain-newest, next.shift, shift)
		}
		w.copy(track, seam, end)
		s.buf = w.sealed()
	}
	if len(s.buf) > cap(track) {
		return track
	}
	*u = trimmed
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
	cur, base   int64
	nCur, nBase int64
	weeks       uint64 // the baseline's weeks with events, counted back from its end
}

// view is what Judge sees of a user's cells at one border.
type view struct {
	metrics [MaxMetrics]sums
	factors [MaxMetrics]uint32 // what the population makes of each metric, millionths
	glance
}

// glance is what of a view is not of one metric.
type glance struct {
	active   int64   // activity events in the active window, not counted on once there are enough
	enough   uint32  // the grain of the activity event that, counted back, makes the user active
	last     uint32  // one past the newest active grain before the border, 0 if none is left
	pending  uint32  // the oldest grain at or after the border, none if there is none
	order    uint32  // the oldest grain at or after the border with an order, none if there is none
	ordered  bool    // an order lies in the border's own grain
	refund   bool    // some sum at or after the border is negative
	negative bool    // some sum before it is: a cell that leaves the current window can raise it
	looms    [2]loom // the core metrics that can drop first
	inCur    int     // cells that do not lie before the current window
	inBase   int     // and not before the baseline
}

// look adds up the cells before border h. It reads as far as it is told to, and further where the windows hold no activity.
func (r *Rules) look(s *Scratch, h, until uint32) {
	t := &s.trail
	for {
		r.read(t, until)
		r.addUp(s, t.cells(), h)
		if s.view.last > 0 || t.done() {
			return
		}
		until = 0
	}
}

func (r *Rules) addUp(s *Scratch, cells []Cell, h uint32) {
	v := &s.view
	v.glance = glance{}
	clear(v.metrics[:len(r.metrics)])
	clear(s.cur)
	clear(s.base)
	past := cells[:len(cells)-r.ahead(v, cells, h)]
	r.activity(v, past, back(h, r.lifecycle.active))
	for i := len(past) - 1; i >= 0 && past[i].Grain == h-1 && !v.ordered; i-- {
		v.ordered = r.lanes[past[i].lane].orders
	}
	from := back(h, r.window)
	rest := r.tally(s.cur, past, from, 0)
	v.inCur = len(cells) - len(rest)
	for end, bit := back(from, r.baseline), uint64(1); from > end; bit <<= 1 {
		from = max(back(from, r.week), end)
		rest = r.tally(s.base, rest, from, bit)
	}
	v.inBase = len(cells) - len(rest)
	r.combine(s)
	if len(r.dayMetrics) > 0 {
		r.countDays(v, past, rest, back(h, r.window))
	}
}

// back is the grain n before h, not before the epoch.
func back(h, n uint32) uint32 {
	if h < n {
		return 0
	}
	return h - n
}

// ahead looks at the cells that border h does not see yet, and returns how many there are.
func (r *Rules) ahead(v *view, cells []Cell, h uint32) int {
	v.pending, v.order = none, none
	i := len(cells)
	for ; i > 0 && cells[i-1].Grain >= h; i-- {
		c := &cells[i-1]
		v.pending = c.Grain
		if r.lanes[c.lane].orders {
			v.order = c.Grain
		}
		v.refund = v.refund || c.Sum < 0
	}
	return len(cells) - i
}

// activity counts activity events back until there are enough, or further for the last one.
func (r *Rules) activity(v *view, cells []Cell, from uint32) {
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if !r.lanes[c.lane].activity {
			continue
		}
		if v.last == 0 {
			v.last = c.Grain + 1
		}
		if c.Grain < from {
			return
		}
		if v.active += int64(c.count); v.active >= r.lifecycle.events {
			v.enough = c.Grain
			return
		}
	}
}

// tally is what one lane adds up to in a window.
type tally struct {
	n, sum int64
	weeks  uint64
	signs  int64 // below 0 if some sum is
}

// tally adds the last of the cells, those from a grain on, to their lanes' tallies and returns the others. There is no branch here that
// follows a user's habits: those are guessed wrong more often than not.
func (r *Rules) tally(tallies []tally, cells []Cell, from uint32, week uint64) []Cell {
	i := len(cells)
	for ; i > 0 && cells[i-1].Grain >= from; i-- {
		c := &cells[i-1]
		t := &tallies[r.tallies[c.lane&(maxLanes+1)]]
		t.n += int64(c.count)
		t.sum = addSaturated(t.sum, c.Sum)
		t.signs |= c.Sum
		t.weeks |= week
	}
	return cells[:i]
}

// combine makes the core metrics' sums of their lanes'.
func (r *Rules) combine(s *Scratch) {
	for _, f := range r.core {
		m, cur, base := &s.view.metrics[f.metric], &s.cur[f.tally], &s.base[f.tally]
		m.nCur, m.nBase, m.weeks = m.nCur+cur.n, m.nBase+base.n, m.weeks|base.weeks
		if f.take == sum {
			m.cur, m.base = addSaturated(m.cur, cur.sum), addSaturated(m.base, base.sum)
			s.view.negative = s.view.negative || (cur.signs|base.signs) < 0
		} else {
			m.cur, m.base = m.nCur, m.nBase
		}
	}
}

// countDays replaces the events of the metrics of days by days. before are the cells that lie before the baseline.
func (r *Rules) countDays(v *view, past, before []Cell, curFrom uint32) {
	for _, i := range r.dayMetrics {
		m := &v.metrics[i]
		m.nCur, m.nBase = 0, 0
		counted, inCur := uint32(0), true
		for k := len(past) - 1; k >= len(before); k-- {
			c := &past[k]
			if inCur && c.Grain < curFrom {
				counted, inCur = 0, false
			}
			if day := c.Grain/r.day + 1; r.lanes[c.lane].takes[i] == days && counted != day {
				counted = day
				if inCur {
					m.nCur++
				} else {
					m.nBase++
				}
			}
		}
		m.cur, m.base = m.nCur, m.nBase
	}
}
