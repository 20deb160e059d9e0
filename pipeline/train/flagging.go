package train

import (
	"math"
	"slices"

	"winback/schemas"
	"winback/scorer/risk"
)

// flaggingCount is what is counted of a threshold.
type flaggingCount struct {
	rows, lost, flagged, hits, entries int
	toLast                             []float64 // of the losses that were flagged: days from the entry to the last activity
}

// count runs all episodes at a threshold.
func (h *HeldOutLooks) count(enter, exit float64) *flaggingCount {
	c := &flaggingCount{}
	for i := range h.users {
		u := &h.users[i]
		e, next := episode{}, 0
		look := func(until int) {
			for ; next < until; next++ {
				if e.see(&u.looks[next], h.grain, enter, exit) && e.since > u.from {
					c.entries++
				}
			}
		}
		timed := int64(math.MinInt64) // the last activity before the newest loss whose lead has been noted
		for k := range u.rows {
			r := &u.rows[k]
			look(r.looks)
			c.add(r, e.since != 0)
			if r.lost && e.since != 0 && timed != r.last {
				timed = r.last
				c.toLast = append(c.toLast, float64(r.last-e.since)/dayLength)
			}
		}
		look(len(u.looks))
	}
	return c
}

func (c *flaggingCount) add(r *flaggingRow, flagged bool) {
	c.rows++
	if r.lost {
		c.lost++
	}
	if flagged {
		c.flagged++
	}
	if r.lost && flagged {
		c.hits++
	}
}

// Flagging is what a threshold is worth. ok is false where nobody who was lost was flagged: most figures cannot be told then.
func (h *HeldOutLooks) Flagging(enter, exit float64) (f risk.Flagging, ok bool) {
	c := h.count(enter, exit)
	if c.hits == 0 {
		return f, false
	}
	share := func(part, whole int) float64 { return float64(part) / float64(whole) }
	f = risk.Flagging{Threshold: enter, Flagged: share(c.flagged, c.rows), Precision: share(c.hits, c.flagged), Recall: share(c.hits, c.lost)}
	f.Lift = f.Precision / share(c.lost, c.rows)
	f.NewFlags = 1000 * share(c.entries, c.rows) * float64(schemas.Week) / float64(h.cfg.Every)
	f.DaysToLast = middle(c.toLast)
	f.DaysToLoss = f.DaysToLast + float64(h.cfg.Horizon)/dayLength
	return f, true
}

// middle is the median; it sorts the values.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
