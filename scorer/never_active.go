package scorer

import (
	"winback/scorer/track"
)

// A user who never was active has no lifecycle state that could end in churn, and still must not be kept for good: an open episode is lost when
// the windows hold nothing any more, and the user is forgotten when no cell tells anything.

// windowsEmpty reports whether neither window holds an event of a core metric.
func (r *Rules) windowsEmpty(v *view) bool {
	for i := range r.metrics {
		if m := &v.metrics[i]; r.metrics[i].Core && m.nCur+m.nBase > 0 {
			return false
		}
	}
	return true
}

// windowsEmptyAt is the border at which the last event of a core metric before h has left the windows.
func (r *Rules) windowsEmptyAt(cells []track.Cell, h uint32) uint32 {
	for i := firstFrom(cells, h) - 1; i >= 0; i-- {
		if len(r.lanes[cells[i].Lane].core) > 0 {
			return cells[i].Grain + 1 + r.window + r.baseline
		}
	}
	return Never
}

// expiresAt is the first border, h or later, from which on no cell of a user tells anything. A session tells by its last event.
func (r *Rules) expiresAt(cells []track.Cell, h uint32) uint32 {
	last := h
	for i := range cells {
		c := &cells[i]
		l := &r.lanes[c.Lane]
		grain := c.Grain
		if l.sum == Sessions {
			grain = r.GrainOf(r.schema.SpanOf(c).End)
		}
		last = max(last, grain+l.expiry+1)
	}
	return last
}

// firstFrom returns where the cells from a grain on begin.
func firstFrom(cells []track.Cell, grain uint32) int {
	i := len(cells)
	for i > 0 && cells[i-1].Grain >= grain {
		i--
	}
	return i
}
