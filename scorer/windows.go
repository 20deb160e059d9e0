package scorer

import "winback/scorer/track"

// view is what Judge sees of a user's cells at one border.
type view struct {
	metrics [MaxMetrics]sums
	factors [MaxMetrics]uint32 // what the population makes of each metric, millionths
	summary
}

// summary is what of a view is not of one metric.
type summary struct {
	active   int64  // activity events in the active window, not counted on once there are enough
	decisive uint32 // the grain of the activity event that, counted back, makes the user active
	last     uint32 // one past the newest active grain before the border, 0 if none is left
	pending  uint32 // the oldest grain at or after the border, Never if there is none
	order    uint32 // the oldest grain at or after the border with an order, Never if there is none
	ordered  bool   // an order lies in the border's own grain
	refund   bool   // some sum at or after the border is negative
	negative bool   // some sum before it is: a cell that leaves the current window can raise it
	inCur    int    // cells that do not lie before the current window
	inBase   int    // and not before the baseline
}

// windows is a view, and the memory it is made in.
type windows struct {
	view
	cur  []tally // by the number that Rules.tallies gives a lane
	base []tally
}

func (r *Rules) newWindows() windows {
	return windows{cur: make([]tally, r.tallied), base: make([]tally, r.tallied)}
}

func (v *view) setFactors(metrics int, population []uint32) {
	for i := range metrics {
		v.factors[i] = whole
		if len(population) > 0 {
			v.factors[i] = population[i]
		}
	}
}

// addUp fills the view with the cells before border h.
func (r *Rules) addUp(w *windows, cells []track.Cell, h uint32) {
	v := &w.view
	v.summary = summary{}
	clear(v.metrics[:len(r.metrics)])
	clear(w.cur)
	clear(w.base)
	past := cells[:len(cells)-r.ahead(v, cells, h)]
	r.addActivity(v, past, track.GrainsBefore(h, r.lifecycle.active))
	for i := len(past) - 1; i >= 0 && past[i].Grain == h-1 && !v.ordered; i-- {
		v.ordered = r.lanes[past[i].Lane].orders
	}
	curFrom := track.GrainsBefore(h, r.window)
	rest := r.addTallied(w.cur, past, curFrom, 0)
	v.inCur = len(cells) - len(rest)
	from := curFrom
	for end, bit := track.GrainsBefore(from, r.baseline), uint64(1); from > end; bit <<= 1 {
		from = max(track.GrainsBefore(from, r.week), end)
		rest = r.addTallied(w.base, rest, from, bit)
	}
	v.inBase = len(cells) - len(rest)
	r.combine(w)
	if len(r.dayMetrics) > 0 {
		r.countDays(v, past, rest, curFrom)
	}
}

// ahead looks at the cells that border h does not see yet, and returns how many there are.
func (r *Rules) ahead(v *view, cells []track.Cell, h uint32) int {
	v.pending, v.order = Never, Never
	i := len(cells)
	for ; i > 0 && cells[i-1].Grain >= h; i-- {
		c := &cells[i-1]
		v.pending = c.Grain
		if r.lanes[c.Lane].orders {
			v.order = c.Grain
		}
		v.refund = v.refund || c.Sum < 0
	}
	return len(cells) - i
}

// addActivity counts activity events back until there are enough, or further for the last one.
func (r *Rules) addActivity(v *view, cells []track.Cell, from uint32) {
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if !r.lanes[c.Lane].activity {
			continue
		}
		if v.last == 0 {
			v.last = c.Grain + 1
		}
		if c.Grain < from {
			return
		}
		if v.active += int64(c.Count); v.active >= r.lifecycle.events {
			v.decisive = c.Grain
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

// addTallied adds the last of the cells, those from a grain on, to their lanes' tallies and returns the others. There is no branch here that
// follows a user's habits: a processor guesses those wrong more often than not.
func (r *Rules) addTallied(tallies []tally, cells []track.Cell, from uint32, week uint64) []track.Cell {
	i := len(cells)
	for ; i > 0 && cells[i-1].Grain >= from; i-- {
		c := &cells[i-1]
		t := &tallies[r.tallies[c.Lane&(maxLanes+1)]]
		t.n += int64(c.Count)
		t.sum = track.AddSaturated(t.sum, c.Sum)
		t.signs |= c.Sum
		t.weeks |= week
	}
	return cells[:i]
}

// combine makes the core metrics' sums of their lanes'.
func (r *Rules) combine(w *windows) {
	for _, f := range r.core {
		m, cur, base := &w.metrics[f.metric], &w.cur[f.tally], &w.base[f.tally]
		m.nCur, m.nBase, m.weeks = m.nCur+cur.n, m.nBase+base.n, m.weeks|base.weeks
		if f.take == sum {
			m.cur, m.base = track.AddSaturated(m.cur, cur.sum), track.AddSaturated(m.base, base.sum)
			w.negative = w.negative || (cur.signs|base.signs) < 0
		} else {
			m.cur, m.base = m.nCur, m.nBase
		}
	}
}

// countDays replaces the events of the metrics of days by the users' own days. before are the cells that lie before the baseline.
func (r *Rules) countDays(v *view, past, before []track.Cell, curFrom uint32) {
	for _, i := range r.dayMetrics {
		m := &v.metrics[i]
		m.nCur, m.nBase = 0, 0
		counted, inCur := DaySet{}, true
		for k := len(past) - 1; k >= len(before); k-- {
			c := &past[k]
			if inCur && c.Grain < curFrom {
				counted, inCur = DaySet{}, false
			}
			own := r.ownDay(c)
			if counted.isLast(own) || r.lanes[c.Lane].takes[i] != days || !counted.Add(r.dayOf(c.Grain), own) {
				continue
			}
			if inCur {
				m.nCur++
			} else {
				m.nBase++
			}
		}
		m.cur, m.base = m.nCur, m.nBase
	}
}
