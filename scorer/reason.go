package scorer

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"winback/scorer/risk"
)

// Reason tells a person why an episode began, as the last Judge found: "visits -62 % against own 28 days: 3 instead of 7.9; risk 71: silent 12 days,
// usually 2 between visits"; without a model the first half of it. A risk that is a chance is told in per cent, one that is a score is not.
func (r *Rules) Reason(v *Verdict, s *Scratch) string {
	reason := r.reasonOfDrop(v)
	if v.Risk < 0 {
		return reason
	}
	reason += fmt.Sprintf("; risk %.0f", math.Floor(v.Risk)) // never above what was compared with the threshold
	if r.risk.Chance() {
		reason += " %"
	}
	if words := r.risk.Words(&s.past, &s.scorer, r.wording()); words != "" {
		reason += ": " + words
	}
	return reason
}

// wording is how what the model reads is put in words.
func (r *Rules) wording() risk.Wording {
	return risk.Wording{Activity: r.activeIn, Quantity: func(metric int, total float64) string { return quantity(r.metrics[metric].Adds, total, 0) }}
}

// reasonOfDrop is the drop in words.
func (r *Rules) reasonOfDrop(v *Verdict) string {
	m := r.metrics[v.Metric]
	past := time.Duration(int64(r.baseline)*r.grain) * time.Millisecond
	reason := fmt.Sprintf("%s -%.0f %% against own %s: %s instead of %s", m.Name, math.Floor(100*r.Drop(v.Cur, v.Base, v.Factor)), inDays(past),
		quantity(m.Adds, float64(v.Cur), 0), quantity(m.Adds, r.expected(v.Base, v.Factor), 1))
	if m.Adds == Days {
		reason += " days of the user's own calendar"
	}
	if v.Factor != whole {
		reason += fmt.Sprintf(", everybody at %.0f %%", float64(v.Factor)/1e4)
	}
	return reason
}

func inDays(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	}
	return d.String()
}

// quantity writes counts with the given decimals, amounts in major units of a currency with cents, durations in minutes.
func quantity(adds Aggregate, v float64, decimals int) string {
	switch adds {
	case Amount:
		return strconv.FormatFloat(v/100, 'f', 2, 64)
	case Duration:
		return strconv.FormatFloat(v/60_000, 'f', 1, 64) + " min"
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
