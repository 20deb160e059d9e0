package scorer

// Who was never active has no state that could end in churn, and still must not be kept for good: an open episode is lost when the windows
// hold nothing any more, and the user is forgotten when no cell tells anything.

// bereft reports whether neither window holds an event of a core metric.
func (r *Rules) bereft(v *view) bool {
	for i := range r.metrics {
		if m := &v.metrics[i]; r.metrics[i].Core && m.nCur+m.nBase > 0 {
			return false
		}
	}
	return true
}

// nextBereft is the border at which the last event of a core metric before h has left the windows.
func (r *Rules) nextBereft(cells []Cell, h uint32) uint32 {
	for i := firstFrom(cells, h) - 1; i >= 0; i-- {
		if len(r.lanes[cells[i].lane].core) > 0 {
			return cells[i].Grain + 1 + r.window + r.baseline
		}
	}
	return none
}

// faded reports whether nothing is left of a user who never was active.
func (r *Rules) faded(u *User, cells []Cell, h uint32) bool {
	return !u.PreChurn && r.fades(cells, h) <= h
}

// fades is the first border from which on no cell of a user tells anything. A session tells by its last event.
func (r *Rules) fades(cells []Cell, h uint32) uint32 {
	last := h
	for i := range cells {
		c := &cells[i]
		l := &r.lanes[c.lane]
		grain := c.Grain
		if l.sum == Sessions {
			grain = uint32(r.spanOf(c).end / r.grain)
		}
		last = max(last, grain+l.reach+1)
	}
	return last
}
