package scorer

import "winback/scorer/track"

// nextDrop returns a border after h before which no core metric can have dropped on the evidence asked for, as far as the cells before h
// tell; Never if what they hold cannot drop.
func (r *Rules) nextDrop(v *view, cells []track.Cell, h uint32) uint32 {
	first := Never
	for i := range r.metrics {
		if m := &v.metrics[i]; r.metrics[i].Core && m.nCur+m.nBase > 0 {
			first = min(first, r.nextDropOf(i, v, cells, h))
		}
	}
	return first
}

// mayDrop is the drop rule without the weeks: what more cells leaving the current window can only make truer. The population counts as it is
// when it makes the rule easiest.
func (r *Rules) mayDrop(s *sums) bool {
	return s.nBase >= r.entering.events && s.dropped(r.entering.lenient)
}

// nextDropOf is nextDrop for one metric; Never if even all that leaves the current window does not make it drop.
func (r *Rules) nextDropOf(metric int, v *view, cells []track.Cell, h uint32) uint32 {
	m := v.metrics[metric]
	// Where only the weeks are missing, or where a sum is negative, every crossing can tell.
	if v.negative || r.mayDrop(&m) {
		return r.nextTurn(metric, v, cells, h)
	}
	// Otherwise cells must first leave the current window, oldest first. That cells also leave the baseline only delays a drop.
	inWindow := cells[len(cells)-v.inCur : firstFrom(cells, h)]
	if r.metrics[metric].Adds == Days {
		return r.nextDropOfDays(metric, m, cells[len(cells)-v.inBase:len(cells)-v.inCur], inWindow)
	}
	if m.nCur+m.nBase < r.entering.events {
		return Never
	}
	for i := range inWindow {
		c := &inWindow[i]
		take := r.lanes[c.Lane].takes[metric]
		if take == nothing {
			continue
		}
		amount := take.of(c)
		m.cur, m.base = m.cur-amount, track.AddSaturated(m.base, amount)
		m.nCur, m.nBase = m.nCur-int64(c.Count), m.nBase+int64(c.Count)
		if r.mayDrop(&m) {
			return c.Grain + r.window + 1
		}
	}
	return Never
}

// nextDropOfDays is nextDropOf for a metric of days: a day leaves the current window with the last of its cells, and enters the baseline with
// the first. inBase are the cells of the baseline.
func (r *Rules) nextDropOfDays(metric int, m sums, inBase, inWindow []track.Cell) uint32 {
	if m.nCur+m.nBase+daysInBoth < r.entering.events || len(inWindow) == 0 {
		return Never
	}
	entered := r.lastDaysOf(metric, inBase, inWindow[0].Grain)
	for i := range inWindow {
		c := &inWindow[i]
		if r.lanes[c.Lane].takes[metric] != days {
			continue
		}
		if r.addCell(&entered, c) {
			m.base, m.nBase = m.base+1, m.nBase+1
		}
		if !r.dayGoesOn(metric, c, inWindow[i+1:]) {
			m.cur, m.nCur = m.cur-1, m.nCur-1
		}
		if r.mayDrop(&m) {
			return c.Grain + r.window + 1
		}
	}
	return Never
}

// daysInBoth is how many own days can lie on either side of a moment: those of the day of UTC before it, of its own, and of the one after it.
const daysInBoth = 3

// lastDaysOf are those own days of the cells that feed a metric of days that may be a day of a grain after them too.
func (r *Rules) lastDaysOf(metric int, cells []track.Cell, grain uint32) (last DaySet) {
	for i := len(cells) - 1; i >= 0 && r.dayOf(cells[i].Grain)+2 >= r.dayOf(grain); i-- {
		if c := &cells[i]; r.lanes[c.Lane].takes[metric] == days {
			r.addCell(&last, c)
		}
	}
	return last
}

// dayGoesOn reports whether the own day of a cell, of a metric of days, has a cell among later ones. None lies behind the day of UTC after it.
func (r *Rules) dayGoesOn(metric int, c *track.Cell, later []track.Cell) bool {
	day := r.ownDay(c) // one above its number
	for i := range later {
		d := &later[i]
		if r.dayOf(d.Grain) > day {
			return false
		}
		if r.ownDay(d) == day && r.lanes[d.Lane].takes[metric] == days {
			return true
		}
	}
	return false
}

// nextTurn is nextCrossing, or the very next border where the population can turn a drop at any.
func (r *Rules) nextTurn(metric int, v *view, cells []track.Cell, h uint32) uint32 {
	if r.population.on() {
		return h + 1
	}
	return r.nextCrossing(metric, v, cells, h)
}

// nextCrossing returns the first border after h at which a cell of the metric crosses an edge: out of the current window, over a
// week of the baseline, or out of it.
func (r *Rules) nextCrossing(metric int, v *view, cells []track.Cell, h uint32) uint32 {
	due := Never
	for i := len(cells) - v.inBase; i < len(cells); i++ {
		c := &cells[i]
		if r.lanes[c.Lane].takes[metric] != nothing {
			due = min(due, r.crossing(c.Grain, h))
		}
	}
	return due
}

// crossing is the first border after h at which a grain crosses an edge.
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
