package scorer

import "winback/scorer/track"

// Sum is what a metric adds up to in a window, counts, minor units or milliseconds by its aggregate, and from how many events
// (sessions or the user's own days for metrics of those).
type Sum struct{ S, N int64 }

// Total is what one metric adds up to in a user's current window, in the baseline and in the further windows it keeps.
type Total struct {
	Cur, Base Sum
	Windows   []Sum // in the order of the configuration
}

// Inspect returns every metric's total at border h, in the order of the configuration, and the activity events of the active window
// by the user's local hour.
func (r *Rules) Inspect(u *User, encoded []byte, h uint32, s *Scratch) (totals []Total, hours [24]int64) {
	cells := s.tracks.Unpack(nil, u.head(), encoded)
	curFrom := track.GrainsBefore(h, r.window)
	for i, m := range r.metrics {
		t := Total{Cur: r.sum(cells, i, curFrom, h), Base: r.sum(cells, i, track.GrainsBefore(h, r.window+r.baseline), curFrom)}
		for _, w := range m.Windows {
			t.Windows = append(t.Windows, r.sum(cells, i, track.GrainsBefore(h, uint32(int64(w)/r.grain)), h))
		}
		totals = append(totals, t)
	}
	return totals, r.hours(cells, h)
}

// Dropped reports whether some core metric has dropped by drop.enter or more at border h against the user's own past: the bare rule of the drop, whatever
// the evidence, the lifecycle, and what everybody did.
func (r *Rules) Dropped(u *User, encoded []byte, h uint32, s *Scratch) bool {
	cells := s.tracks.Unpack(nil, u.head(), encoded)
	curFrom, from := track.GrainsBefore(h, r.window), track.GrainsBefore(h, r.window+r.baseline)
	for i := range r.metrics {
		if !r.metrics[i].Core {
			continue
		}
		if base := r.sum(cells, i, from, curFrom).S; base > 0 && r.entering.least.within(r.sum(cells, i, curFrom, h).S, base) {
			return true
		}
	}
	return false
}

// sum adds up a metric over the grains [from, to).
func (r *Rules) sum(cells []track.Cell, metric int, from, to uint32) (total Sum) {
	counted := DaySet{}
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if c.Grain < from || c.Grain >= to {
			continue
		}
		for _, rd := range r.lanes[c.Lane].metrics {
			if int(rd.metric) != metric {
				continue
			}
			switch {
			case rd.take != days:
				total.N, total.S = total.N+int64(c.Count), track.AddSaturated(total.S, rd.take.of(c))
			case r.addCell(&counted, c):
				total.N, total.S = total.N+1, total.S+1
			}
		}
	}
	return total
}

// hours are the activity events of the active window by local hour. Grains longer than an hour count at their first.
func (r *Rules) hours(cells []track.Cell, h uint32) (hours [24]int64) {
	for i := range cells {
		if c := &cells[i]; r.lanes[c.Lane].activity && c.Grain >= track.GrainsBefore(h, r.lifecycle.active) && c.Grain < h {
			hours[(int64(c.Grain)*r.grain/hourMillis+int64(c.Shift)+24)%24] += int64(c.Count)
		}
	}
	return hours
}
