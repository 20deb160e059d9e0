package scorer

// When must a user be looked at again? Judging every user at every border would be correct and far too slow, and judging them
// whenever a cell crosses a window's edge costs some eight looks a cell. Most looks find nothing, so Judge leaves behind the
// first border at which its answer could differ if no further event came, and Step brings that border nearer for the events
// that could matter sooner. For a steady user, one who is active or new, not pre-churn and has a border due within W, an event
// of a positive amount cannot: it raises the current window until it leaves it, W later, and only then raises the baseline.

const none = ^uint32(0)

// nextDue returns the first border after h at which something can differ by time alone; none if nothing can.
func (r *Rules) nextDue(u *User, v *view, cells []Cell, h uint32) uint32 {
	due := r.lifecycle.next(h, u.First, u.end, v)
	u.steady = false
	switch {
	case u.PreChurn:
		due = min(due, r.nextCrossing(cells, h, r.isCore))
	case u.State == Churned: // only an event can change that
	default:
		drop := r.nextDrop(v, cells, h)
		due = min(due, drop)
		u.steady = drop != none && !v.refund && (u.State == Active || u.State == New)
	}
	if !u.steady && v.pending != none {
		due = min(due, v.pending+1)
	}
	return due
}

func (r *Rules) isCore(lane uint8) bool { return len(r.lanes[lane].core) > 0 }

// nextDrop returns a border after h, at most W later, before which no core metric can have dropped; none if the windows are empty.
func (r *Rules) nextDrop(v *view, cells []Cell, h uint32) uint32 {
	due := uint32(none)
	for i := range r.metrics {
		m := &v.metrics[i]
		if r.metrics[i].Core && m.nCur+m.nBase > 0 {
			due = min(due, h+r.window, r.nextDropOf(uint8(i), m, v, cells, h))
		}
	}
	return due
}

func (r *Rules) nextDropOf(metric uint8, m *sums, v *view, cells []Cell, h uint32) uint32 {
	// Where the drop is there and only the evidence is missing, or where a sum is negative, every crossing can tell.
	if v.negative || r.dropped(m) {
		return r.nextCrossing(cells, h, func(lane uint8) bool { return r.lanes[lane].feeds(metric) })
	}
	// Otherwise cells must first leave the current window, oldest first. That cells also leave the baseline only delays a drop.
	s := *m
	for i := r.firstCurrent(cells, h); i < len(cells) && cells[i].Grain < h; i++ {
		c := &cells[i]
		for _, rd := range r.lanes[c.lane()].core {
			if rd.metric != metric {
				continue
			}
			amount := v.value(c, rd, int64(c.count()))
			s.cur -= amount
			s.base = addSaturated(s.base, amount)
			if r.dropped(&s) {
				return c.Grain + r.window + 1
			}
		}
	}
	return none
}

func (l *lane) feeds(metric uint8) bool {
	for _, rd := range l.core {
		if rd.metric == metric {
			return true
		}
	}
	return false
}

func (r *Rules) firstCurrent(cells []Cell, h uint32) int {
	from, i := back(h, r.window), len(cells)
	for i > 0 && cells[i-1].Grain >= from {
		i--
	}
	return i
}

// nextCrossing returns the first border after h at which a cell of the lanes crosses an edge: out of the current window, over a
// week of the baseline, or out of it.
func (r *Rules) nextCrossing(cells []Cell, h uint32, counts func(lane uint8) bool) uint32 {
	due := uint32(none)
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if c.Grain < back(h, r.window+r.baseline) {
			break
		}
		if counts(c.lane()) {
			due = min(due, r.crossing(c.Grain, h))
		}
	}
	return due
}

func (r *Rules) crossing(grain, h uint32) uint32 {
	leaves := grain + 1 + r.window
	switch {
	case h <= grain:
		return grain + 1
	case h < leaves:
		return leaves
	}
	weeks := (h-leaves)/r.week + 1
	return leaves + min(weeks*r.week, r.baseline)
}
