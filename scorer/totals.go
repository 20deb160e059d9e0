package scorer

// Total is what one metric adds up to in a user's current window and baseline, and from how many events (sessions for a sessions
// metric). Cur and Base are counts, minor units or milliseconds, by the metric's aggregate.
type Total struct {
	Cur, Base   int64
	NCur, NBase int64
}

// Totals appends every metric's total at border h, in the order of the configuration.
func (r *Rules) Totals(totals []Total, cells []Cell, h uint32) []Total {
	from := len(totals)
	totals = append(totals, make([]Total, len(r.metrics))...)
	curFrom, baseFrom := back(h, r.window), back(h, r.window+r.baseline)
	for i := range cells {
		c := &cells[i]
		if c.Grain < baseFrom || c.Grain >= h {
			continue
		}
		for _, rd := range r.lanes[c.lane()].metrics {
			totals[from+int(rd.metric)].add(c, rd, c.Grain >= curFrom)
		}
	}
	return totals
}

func (t *Total) add(c *Cell, rd read, current bool) {
	n, amount := int64(c.count()), int64(c.count())
	if rd.wantSum {
		amount = c.Sum
	}
	if current {
		t.NCur, t.Cur = t.NCur+n, addSaturated(t.Cur, amount)
	} else {
		t.NBase, t.Base = t.NBase+n, addSaturated(t.Base, amount)
	}
}

// Metrics lists the metrics' names in the order of the configuration.
func (r *Rules) Metrics() []string {
	names := make([]string, len(r.metrics))
	for i, m := range r.metrics {
		names[i] = m.Name
	}
	return names
}
