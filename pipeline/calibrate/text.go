package calibrate

import (
	"fmt"
	"slices"
	"strings"
)

// shownDays are the lengths at which the curve is written as text.
func (r *Returns) shownDays() []int {
	var days []int
	for _, d := range [...]int{1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365, 540, 730, 1095, r.Longest} {
		if d <= r.Longest {
			days = append(days, d)
		}
	}
	for i := range r.Levels {
		if l := &r.Levels[i]; l.Err == nil {
			days = append(days, l.Days)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

const barWidth = 40 // characters for everybody

// Text is the curve of returns, a line a length.
func (r *Returns) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6s %10s %9s\n", "days", "silences", "return")
	for _, d := range r.shownDays() {
		share, _ := r.Share(d)
		line := fmt.Sprintf("%6d %10d %9s  %s", d, r.Watched(d), percent(share), strings.Repeat("#", int(barWidth*share+0.5)))
		for i := range r.Levels {
			if l := &r.Levels[i]; l.Err == nil && l.Days == d {
				line = strings.TrimRight(line, " ") + "  " + l.name()
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	fmt.Fprintf(&b, "Return: by day %d, the longest that at least %d silences were watched for. Kaplan-Meier: silences that\n"+
		"are open when the data ends count up to then.", r.Last, minWatched)
	return b.String()
}

// Table compares pairs, a line each, and marks the chosen one, which may be nil.
func Table(outcomes []Outcome, chosen *Outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %8s %10s %7s %6s %6s %8s", "pair", "flagged", "precision", "recall", "lift", "J", "lead")
	for i := range outcomes {
		o := &outcomes[i]
		fmt.Fprintf(&b, "\n%-9s %8s %10.3f %7.3f %6.2f %6.3f %6.1f d", o.Pair, percent(ratio(o.Flagged, o.Rows)), o.Precision(), o.Recall(), o.Lift(), o.J(), o.Lead)
		if o == chosen {
			b.WriteString("  chosen")
		}
	}
	return b.String()
}
