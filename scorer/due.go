package scorer

// When must a user be looked at again? Judging every user at every border would be correct and far too slow, and judging them
// whenever a cell crosses a window's edge costs some eight looks a cell. Most looks find nothing, so Judge leaves behind the
// first border at which its answer could differ if no further event came, and Step brings that border nearer for the events
// that could matter sooner. For a steady user, one who is active or new, not pre-churn and has a border due within W, an event
// of a positive amount cannot: it raises the current window until it leaves it, W later, and only then raises the baseline. For a
// pre-churn one only events can that feed one certain metric: as long as it is down, the episode goes on. And if what is missing are
// events, however large, not the first of them: half as many as are missing can come before the next look.

const none = ^uint32(0)

// heeds says which events of positive amounts, not late, the next border must be judged for: all, none, or those that feed a metric,
// whose number follows. From lulled on none, and those that feed a metric are counted: see lull.
type heeds uint8

const (
	allEvents heeds = iota
	noEvents
	feeding
	lulled = feeding + MaxMetrics
)

// tell reports whether events that feed some metrics are among those of one metric that must be heeded.
func (x heeds) tell(fed uint32) bool { return x < lulled && fed<<feeding>>x&1 == 1 && x >= feeding }

// overdraws counts some events that are heeded against those to spare. It reports whether they were too many.
func (u *User) overdraws(events uint32) bool {
	if events > uint32(u.spare) {
		return true
	}
	u.spare -= uint8(events)
	return false
}

// nextDue returns the first border after h at which something can differ by time alone; none if nothing can. other is the first at which
// something else can than that one of the two metrics has dropped that can drop first.
func (r *Rules) nextDue(u *User, v *view, cells []Cell, h uint32) (due, other uint32) {
	due = r.lifecycle.next(h, u.First, u.end, v)
	drop := none
	u.heeds, u.spare = allEvents, 0
	lively := !v.refund && (u.State == Active || u.State == New)
	switch {
	case u.PreChurn:
		calm, blocker, spare := r.nextCalm(v, cells, h)
		if due = min(due, calm); lively && blocker < MaxMetrics {
			u.heeds, u.spare = feeding+heeds(blocker), uint8(spare)
		}
		if u.State == Nobody {
			due = min(due, r.nextBereft(cells, h))
		}
	case u.State == Churned: // only an event can change that, and being forgotten
	default:
		drop, due = r.nextDrop(v, cells, h, due)
		if drop != none && lively {
			u.heeds = noEvents
		}
	}
	if v.pending != none {
		due = min(due, r.nextHeeded(u, v, cells, h))
	}
	if u.State == Nobody && !u.PreChurn {
		due = min(due, r.fades(cells, h))
	}
	return min(due, drop), due
}

// nextHeeded is the first border after one of the events that are there already and must be heeded; none if there is none.
func (r *Rules) nextHeeded(u *User, v *view, cells []Cell, h uint32) uint32 {
	switch u.heeds {
	case allEvents:
		return v.pending + 1
	case noEvents:
		return none
	}
	for i := firstFrom(cells, h); i < len(cells); i++ {
		if u.heeds.tell(r.lanes[cells[i].lane].fed) && u.overdraws(cells[i].count) {
			return cells[i].Grain + 1
		}
	}
	return none
}

// nextDrop returns a border after h before which no core metric can have dropped with evidence; none if the windows hold nothing
// to lose. It is at most W later, since by then all that the current window holds has left it, and so may what comes meanwhile. The
// borders of all metrics but the first two are taken into other.
func (r *Rules) nextDrop(v *view, cells []Cell, h, other uint32) (first, _ uint32) {
	v.looms = [2]loom{{due: none}, {due: none}}
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core || m.nCur+m.nBase == 0 {
			continue
		}
		next := loom{i, min(h+r.window, r.nextDropOf(i, v, cells, h, 0))}
		for k := range v.looms {
			if next.due < v.looms[k].due {
				next, v.looms[k] = v.looms[k], next
			}
		}
		other = min(other, next.due)
	}
	return v.looms[0].due, other
}

// loom is a border before which a metric cannot have dropped.
type loom struct {
	metric int
	due    uint32
}

// looming is the drop rule without the weeks: what more cells leaving the current window can only make truer. The population counts
// as it is when it makes the rule easiest.
func (r *Rules) looming(s *sums) bool {
	return s.dropped(r.loose) && s.nBase >= r.guard.minBaseline && r.guard.unlikely(s.nCur, s.nCur+s.nBase)
}

// nextDropOf is nextDrop for one metric that at least so many more events feed; none if even all that leaves the current window does not
// make it drop.
func (r *Rules) nextDropOf(metric int, v *view, cells []Cell, h, more uint32) uint32 {
	m := &v.metrics[metric]
	// Where only the weeks are missing, where a sum is negative or days are counted, every crossing can tell.
	if v.negative || r.metrics[metric].Adds == Days || r.looming(m) {
		return r.nextTurn(metric, v, cells, h)
	}
	// Otherwise cells must first leave the current window, oldest first. That cells also leave the baseline only delays a drop.
	s := *m
	if s.nCur += int64(more); r.metrics[metric].Adds == Count {
		s.cur += int64(more)
	}
	most := r.guard.most(s.nCur + s.nBase)
	if most < 0 {
		return none
	}
	for i := len(cells) - v.inCur; i < len(cells) && cells[i].Grain < h; i++ {
		c := &cells[i]
		take := r.lanes[c.lane].takes[metric]
		if take == nothing {
			continue
		}
		amount := c.value(take)
		s.cur, s.base = s.cur-amount, addSaturated(s.base, amount)
		s.nCur, s.nBase = s.nCur-int64(c.count), s.nBase+int64(c.count)
		if s.nCur <= most && r.looming(&s) {
			return c.Grain + r.window + 1
		}
	}
	return none
}

// nextCalm returns a border after h before which time alone cannot end the episode of a user who has not churned, and the metric that
// must be fed for events to do so, and by more than how many; MaxMetrics if any event may. A metric that is down goes on being so until
// cells enough have left the baseline: only that can raise its rate, or the population, and cells that leave the current window lower it.
// Of several, the one is chosen that spares most looks.
func (r *Rules) nextCalm(v *view, cells []Cell, h uint32) (due uint32, blocker int, spare uint32) {
	due, blocker = none, MaxMetrics
	longest := uint32(0)
	for i := range r.metrics {
		if !r.metrics[i].Core {
			continue
		}
		m := &v.metrics[i]
		if v.negative {
			due = min(due, r.nextTurn(i, v, cells, h))
			continue
		}
		if !m.dropped(r.exit.of(v.factors[i])) {
			continue
		}
		more := r.missing(i, m) / 2
		until := r.nextCalmOf(i, v, cells, h, more)
		if spared := min(until-h, (more+1)*(r.window+r.baseline)/uint32(m.nCur+m.nBase)); blocker == MaxMetrics || spared > longest {
			due, blocker, spare, longest = until, i, more, spared
		}
	}
	return due, blocker, spare
}

// missing is how many more events a metric of events is sure to be down with, about: at least half as many, and at most mostMissing. It
// is 0 for metrics of anything else.
func (r *Rules) missing(metric int, m *sums) (n uint32) {
	if adds := r.metrics[metric].Adds; adds != Count && adds != Sessions {
		return 0
	}
	for n = 1; n <= mostMissing && r.firm.within(m.cur+int64(n), m.base); n *= 2 {
	}
	return n / 2
}

const mostMissing = 1 << 8

// nextCalmOf is nextCalm for one metric that so many more events may have fed.
func (r *Rules) nextCalmOf(metric int, v *view, cells []Cell, h, more uint32) uint32 {
	m := &v.metrics[metric]
	if r.metrics[metric].Adds == Days || !m.dropped(r.firm) {
		return r.nextTurn(metric, v, cells, h)
	}
	base, cur := m.base, m.cur+int64(more)
	for i := len(cells) - v.inBase; i < len(cells) && cells[i].Grain < h; i++ {
		c := &cells[i]
		if take := r.lanes[c.lane].takes[metric]; take != nothing {
			base -= c.value(take)
			if base <= 0 || !r.firm.within(cur, base) {
				return c.Grain + r.window + r.baseline + 1
			}
		}
	}
	return none
}

// nextTurn is nextCrossing, or the very next border where the population can turn a drop at any.
func (r *Rules) nextTurn(metric int, v *view, cells []Cell, h uint32) uint32 {
	if r.population.on() {
		return h + 1
	}
	return r.nextCrossing(metric, v, cells, h)
}

// firstFrom returns where the cells from a grain on begin.
func firstFrom(cells []Cell, grain uint32) int {
	i := len(cells)
	for i > 0 && cells[i-1].Grain >= grain {
		i--
	}
	return i
}

// nextCrossing returns the first border after h at which a cell of the metric crosses an edge: out of the current window, over a
// week of the baseline, or out of it.
func (r *Rules) nextCrossing(metric int, v *view, cells []Cell, h uint32) uint32 {
	due := none
	for i := len(cells) - v.inBase; i < len(cells); i++ {
		c := &cells[i]
		if r.lanes[c.lane].takes[metric] != nothing {
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
