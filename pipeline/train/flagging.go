package train

import (
	"math"
	"slices"

	"winback/schemas"
	"winback/scorer/risk"
)

// Tried is a threshold that has been tried.
type Tried struct {
	risk.Flagging
	// Weekly is the recall in the average week: the mean over the cut-offs with at least leastLost lost, Recall if there are none. A threshold is chosen by
	// it, because it carries over best to a later time. In Recall a week counts by its lost, so that one in which all leave at once, as at the end of a
	// course, has most of the say; and those who leave then are easily told.
	Weekly float64
}

// leastLost is how many lost a week must have for its recall to say something.
const leastLost = 5

// flaggingCount is what is counted of a threshold.
type flaggingCount struct {
	tally
	entries int
	weeks   []tally   // by cut-off
	toLast  []float64 // of the losses that were flagged: days from the entry to the last activity
}

// tally counts rows.
type tally struct{ rows, lost, flagged, hits int }

// count runs all episodes at a threshold.
func (h *HeldOutLooks) count(enter, exit float64) *flaggingCount {
	c := &flaggingCount{weeks: make([]tally, h.cutoffs)}
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
			c.add(r.lost, e.since != 0)
			c.weeks[r.cutoff].add(r.lost, e.since != 0)
			if r.lost && e.since != 0 && timed != r.last {
				timed = r.last
				c.toLast = append(c.toLast, float64(r.last-e.since)/dayLength)
			}
		}
		look(len(u.looks))
	}
	return c
}

func (c *tally) add(lost, flagged bool) {
	c.rows++
	if lost {
		c.lost++
	}
	if flagged {
		c.flagged++
	}
	if lost && flagged {
		c.hits++
	}
}

// Try says what a threshold is worth. ok is false where nobody who was lost was flagged: most figures cannot be told then.
func (h *HeldOutLooks) Try(enter, exit float64) (t Tried, ok bool) {
	c := h.count(enter, exit)
	if c.hits == 0 {
		return t, false
	}
	t.Threshold, t.Flagged, t.Precision, t.Recall = enter, share(c.flagged, c.rows), share(c.hits, c.flagged), share(c.hits, c.lost)
	t.Lift = t.Precision / share(c.lost, c.rows)
	t.NewFlags = 1000 * share(c.entries, c.rows) * float64(schemas.Week) / float64(h.cfg.Every)
	t.DaysToLast = middle(c.toLast)
	t.DaysToLoss = t.DaysToLast + float64(h.cfg.Horizon)/dayLength
	t.Weekly = c.averageWeek()
	return t, true
}

func share(part, whole int) float64 { return float64(part) / float64(whole) }

// averageWeek is Tried.Weekly.
func (c *flaggingCount) averageWeek() float64 {
	sum, n := 0.0, 0.0
	for _, w := range c.weeks {
		if w.lost >= leastLost {
			sum += share(w.hits, w.lost)
			n++
		}
	}
	if n == 0 {
		return share(c.hits, c.lost)
	}
	return sum / n
}

// middle is the median; it sorts the values.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
