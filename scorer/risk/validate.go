package risk

import (
	"fmt"
	"math"
	"slices"

	"winback/schemas"
)

// maxPoints bounds what one table can add, and the bias: far above any sense, so that sums stay exact (see exact).
const maxPoints = 1000

// Validate reports every fault.
func (m *Model) Validate() error {
	var faults schemas.Faults
	if m.Format != Format {
		faults.Add("format", "%d: this version reads format %d: fit the model anew with `winback train`, or take the version of winback that wrote it", m.Format, Format)
	}
	if m.Name == "" {
		faults.Add("name", "give the model a name")
	}
	checkPoints(&faults, "bias", m.Bias)
	for _, days := range []struct {
		field string
		n     int
	}{{"horizon_days", m.HorizonDays}, {"active_days", m.ActiveDays}} {
		if days.n < 1 || days.n > 400 {
			faults.Add(days.field, "%d: use 1 to 400 days", days.n)
		}
	}
	m.checkTables(&faults)
	if m.Alive != nil {
		m.Alive.check(&faults)
	}
	if m.Threshold != nil {
		m.Threshold.check(&faults)
	}
	for i := range m.Table {
		m.Table[i].check(&faults, fmt.Sprintf("table[%d].", i))
	}
	return faults.Err()
}

func (m *Model) checkTables(faults *schemas.Faults) {
	if n := len(m.Features); n > MaxFeatures || n+len(m.Pairs) == 0 {
		faults.Add("features", "%d features: 1 to %d", n, MaxFeatures)
	}
	if n := len(m.Pairs); n > MaxPairs {
		faults.Add("pairs", "%d pairs: at most %d", n, MaxPairs)
	}
	c := tableChecker{faults: faults, need: newNeed(), seen: map[string]bool{}}
	for i := range m.Features {
		c.feature(&m.Features[i], fmt.Sprintf("features[%d].", i))
	}
	for i := range m.Pairs {
		c.pair(&m.Pairs[i], fmt.Sprintf("pairs[%d].", i))
	}
	if c.need.Alive && m.Alive == nil {
		faults.Add("alive", "a feature needs it: give the parameters of BG/NBD")
	}
	if m.Alive != nil {
		c.need.metric(m.Alive.Metric, 0)
	}
	if !c.unread && !slices.Equal(m.Metrics, c.need.Metrics) {
		faults.Add("metrics", "%q: the model uses %q", m.Metrics, c.need.Metrics)
	}
}

// tableChecker gathers from the tables what they need, and what is wrong with them.
type tableChecker struct {
	faults *schemas.Faults
	need   Need
	seen   map[string]bool // the expressions of the features, and of the pairs, by their one spelling
	unread bool            // some expression could not be read, so the need is not known
}

func (c *tableChecker) feature(f *Feature, at string) {
	if text := c.expression(f.Name, at+"name"); text != "" && c.twice(text) {
		c.faults.Add(at+"name", "%q stands twice: leave one out", text)
	}
	checkCuts(c.faults, at+"cuts", f.Cuts, MaxCuts)
	if len(f.Points) != len(f.Cuts)+1 {
		c.faults.Add(at+"points", "%d points for %d cuts: give one more than there are cuts", len(f.Points), len(f.Cuts))
	}
	for i, points := range f.Points {
		checkPoints(c.faults, fmt.Sprintf("%spoints[%d]", at, i), points)
	}
	if f.Monotone != "" && f.Monotone != Rising && f.Monotone != Falling {
		c.faults.Add(at+"monotone", "%q: write %s or %s, or leave it out", f.Monotone, Rising, Falling)
	}
}

func (c *tableChecker) pair(p *Pair, at string) {
	first, second := c.expression(p.Features[0], at+"features[0]"), c.expression(p.Features[1], at+"features[1]")
	switch {
	case first == "" || second == "":
	case first == second:
		c.faults.Add(at+"features", "%q is paired with itself: make it a feature", first)
	case c.twice(min(first, second) + "\n" + max(first, second)):
		c.faults.Add(at+"features", "%q and %q are a pair twice: leave one out", first, second)
	}
	for side := range p.Cuts {
		checkCuts(c.faults, fmt.Sprintf("%scuts[%d]", at, side), p.Cuts[side], MaxPairCuts)
	}
	if len(p.Points) != len(p.Cuts[0])+1 {
		c.faults.Add(at+"points", "%d rows for %d cuts of the first feature: give one more than there are cuts", len(p.Points), len(p.Cuts[0]))
	}
	for i, row := range p.Points {
		if len(row) != len(p.Cuts[1])+1 {
			c.faults.Add(fmt.Sprintf("%spoints[%d]", at, i), "%d points for %d cuts of the second feature: give one more than there are cuts", len(row), len(p.Cuts[1]))
		}
		for j, points := range row {
			checkPoints(c.faults, fmt.Sprintf("%spoints[%d][%d]", at, i, j), points)
		}
	}
}

// expression returns the one spelling of an expression, or nothing where it cannot be read.
func (c *tableChecker) expression(text, at string) string {
	e, err := parse(text)
	if err != nil {
		c.faults.Add(at, "%.100q: %v", text, err)
		c.unread = true
		return ""
	}
	e.need(&c.need)
	return e.text()
}

func (c *tableChecker) twice(text string) bool {
	was := c.seen[text]
	c.seen[text] = true
	return was
}

func checkCuts(faults *schemas.Faults, at string, cuts []float64, limit int) {
	if len(cuts) > limit {
		faults.Add(at, "%d cuts: at most %d", len(cuts), limit)
	}
	for i, cut := range cuts {
		if !finite(cut) {
			faults.Add(fmt.Sprintf("%s[%d]", at, i), "%v is not a number", cut)
		} else if i > 0 && finite(cuts[i-1]) && cut <= cuts[i-1] {
			faults.Add(fmt.Sprintf("%s[%d]", at, i), "%v is not above the cut before it, %v: sort the cuts, each once", cut, cuts[i-1])
		}
	}
}

func checkPoints(faults *schemas.Faults, at string, points float64) {
	if !(math.Abs(points) <= maxPoints) {
		faults.Add(at, "%v: use log-odds of -%d to %d", points, maxPoints, maxPoints)
	}
}

func (a *Alive) check(faults *schemas.Faults) {
	if a.Metric == "" {
		faults.Add("alive.metric", "name the metric whose days are counted")
	}
	for _, n := range []struct {
		field string
		x     float64
	}{{"unit_days", a.UnitDays}, {"r", a.R}, {"alpha", a.Alpha}, {"a", a.A}, {"b", a.B}} {
		if !(n.x > 0) || math.IsInf(n.x, 1) {
			faults.Add("alive."+n.field, "%v: must be above 0", n.x)
		}
	}
}

func (t *Threshold) check(faults *schemas.Faults) {
	if !(t.Enter > 0 && t.Enter <= 100) { // from 0 on everybody would be flagged, and nobody let go
		faults.Add("threshold.enter", "%v: use a number above 0, up to 100", t.Enter)
	}
	switch {
	case !(t.Exit >= 0 && t.Exit <= 100):
		faults.Add("threshold.exit", "%v: use 0 to 100, or leave it out: then it is enter", t.Exit)
	case t.Exit > t.Enter:
		faults.Add("threshold.exit", "%v is above enter, %v: whoever is flagged would be let go at once", t.Exit, t.Enter)
	}
}

func (f *Flagging) check(faults *schemas.Faults, at string) {
	for _, n := range []struct {
		field    string
		x        float64
		low, top float64
	}{
		{"threshold", f.Threshold, 0, 100},
		{"flagged", f.Flagged, 0, 1}, {"precision", f.Precision, 0, 1}, {"recall", f.Recall, 0, 1},
		{"lift", f.Lift, 0, math.MaxFloat64}, {"new_flags", f.NewFlags, 0, math.MaxFloat64},
		{"days_to_last", f.DaysToLast, -math.MaxFloat64, math.MaxFloat64}, {"days_to_loss", f.DaysToLoss, -math.MaxFloat64, math.MaxFloat64},
	} {
		if !(n.x >= n.low && n.x <= n.top) {
			faults.Add(at+n.field, "%v: must be %g to %g", n.x, n.low, n.top)
		}
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
