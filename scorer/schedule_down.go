package scorer

import (
	"math"

	"winback/scorer/track"
)

// relief is when the last metric that is down can be so no more: not before a border by time alone, and by events only if they feed a metric.
type relief struct {
	border uint32
	metric int    // -1 if any event may bring it
	slack  uint32 // so much may events add to the metric and leave it down until the border
}

// nextRelief returns when some core metric of those that are down by a loss can be the last one, as far as the cells before h tell. A metric that is
// down goes on being so until cells enough have left the baseline: only that can raise its rate, or the population; and cells that leave the
// current window lower it. Of several, the one is chosen that saves most looks.
func (r *Rules) nextRelief(l *loss, v *view, cells []track.Cell, h uint32) relief {
	end, longest := relief{Never, -1, 0}, uint32(0)
	for i := range r.metrics {
		if !r.metrics[i].Core {
			continue
		}
		m := &v.metrics[i]
		if v.negative {
			end.border = min(end.border, r.nextTurn(i, v, cells, h))
			continue
		}
		if !l.of(m, v.factors[i]) {
			continue
		}
		border := r.nextRiseOf(l, i, v, cells, h, 0)
		// Without an event of the metric there is no look until then; and one event of it is to be expected in so many grains.
		if saved := min(border-h, (r.window+r.baseline)/uint32(m.nCur+m.nBase)); end.metric < 0 || saved > longest {
			end, longest = relief{border, i, 0}, saved
		}
	}
	return end
}

// withSlack leaves the metric that is watched room for half of the events that it takes to raise it: looks for events against looks for time.
func (r *Rules) withSlack(end relief, l *loss, v *view, cells []track.Cell, h uint32) relief {
	if end.metric < 0 {
		return end
	}
	m := &v.metrics[end.metric]
	if room := l.strict.most(m.base) - m.cur; m.dropped(l.strict) && room > 0 {
		end.slack = uint32(min((room+1)/2, math.MaxUint32))
		end.border = r.nextRiseOf(l, end.metric, v, cells, h, int64(end.slack))
	}
	return end
}

// nextRiseOf returns a border after h before which time alone cannot end the drop of a metric by a loss, though events add some more to it.
func (r *Rules) nextRiseOf(l *loss, metric int, v *view, cells []track.Cell, h uint32, more int64) uint32 {
	m := v.metrics[metric]
	m.cur = track.AddSaturated(m.cur, more)
	if l.weeks > 1 || !m.dropped(l.strict) {
		return r.nextTurn(metric, v, cells, h)
	}
	if r.metrics[metric].Adds == Days {
		return r.nextRiseOfDays(l, metric, &m, cells[len(cells)-v.inBase:len(cells)-v.inCur])
	}
	base, events, past := m.base, m.nBase, cells[:firstFrom(cells, h)]
	for i := len(cells) - v.inBase; i < len(past); i++ {
		c := &past[i]
		take := r.lanes[c.Lane].takes[metric]
		if take == nothing {
			continue
		}
		events -= int64(c.Count)
		if base -= take.of(c); base <= 0 || events < l.events || !l.strict.within(m.cur, base) {
			return c.Grain + r.window + r.baseline + 1
		}
	}
	return Never
}

// nextRiseOfDays is nextRiseOf for a metric of days: a day leaves the baseline with the last of its cells. What enters meanwhile can only
// raise it.
func (r *Rules) nextRiseOfDays(l *loss, metric int, m *sums, inBase []track.Cell) uint32 {
	base := m.base
	for i := range inBase {
		c := &inBase[i]
		if r.lanes[c.Lane].takes[metric] != days || r.dayGoesOn(metric, c, inBase[i+1:]) {
			continue
		}
		if base--; base <= 0 || base < l.events || !l.strict.within(m.cur, base) {
			return c.Grain + r.window + r.baseline + 1
		}
	}
	return Never
}
