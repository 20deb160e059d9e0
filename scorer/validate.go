package scorer

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"winback/schemas"
	"winback/scorer/tags"
)

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	c.checkWindows(&faults)
	c.checkMetrics(&faults)
	c.checkActivity(&faults)
	c.Drop.check(&faults)
	if weeks := (c.Baseline + week - 1) / week; c.Drop.MinWeeks > int(weeks) {
		faults.Add("drop.min_weeks", "%d: the baseline (%v) has only %d weeks", c.Drop.MinWeeks, c.Baseline, weeks)
	}
	c.Lifecycle.check(&faults, c.Grain)
	c.checkAssessment(&faults)
	return faults.Err()
}

func (c Config) checkWindows(faults *schemas.Faults) {
	if c.Grain < hour/60 || c.Grain > day || day%c.Grain != 0 {
		faults.Add("grain", "%v: use 1m to 1d, dividing a day (1h is usual)", c.Grain)
		return
	}
	for _, w := range []struct {
		name   string
		length schemas.Duration
	}{{"window", c.Window}, {"baseline", c.Baseline}, {"lifecycle.active_window", c.Lifecycle.ActiveWindow}} {
		c.checkLength(faults, w.name, w.length)
	}
	if c.Baseline < c.Window {
		faults.Add("baseline", "%v is shorter than the window (%v): a past as long as the present at least", c.Baseline, c.Window)
	}
	if c.SessionGap <= 0 || c.SessionGap > day {
		faults.Add("session_gap", "%v: use a length up to 1d (30m is usual)", c.SessionGap)
	}
}

func (c Config) checkLength(faults *schemas.Faults, name string, length schemas.Duration) {
	if c.Grain <= 0 || day%c.Grain != 0 {
		return // the grain has a fault of its own
	}
	if length <= 0 || length%c.Grain != 0 || length > longest {
		faults.Add(name, "%v: use a multiple of the grain (%v), at most 400d", length, c.Grain)
	}
}

// longest is how long a window may be.
const longest = 400 * day

func (c Config) checkMetrics(faults *schemas.Faults) {
	if len(c.Metrics) == 0 || len(c.Metrics) > MaxMetrics {
		faults.Add("metrics", "%d metrics: name 1 to %d", len(c.Metrics), MaxMetrics)
	}
	seen, core := map[string]bool{}, false
	for i, m := range c.Metrics {
		at := fmt.Sprintf("metrics[%d]", i)
		if m.Name == "" || seen[m.Name] {
			faults.Add(at+".name", "%q: give every metric a name of its own", m.Name)
		}
		if len(m.Types) == 0 || slices.Contains(m.Types, "") {
			faults.Add(at+".types", "name at least one event type, or \"*\" for all")
		}
		if !slices.Contains([]Aggregate{Count, Amount, Duration, Sessions, Days}, m.Adds) {
			faults.Add(at+".adds", "%q: use count, amount, duration, sessions or days", m.Adds)
		}
		for _, w := range m.Windows {
			c.checkLength(faults, at+".windows", w)
		}
		seen[m.Name], core = true, core || m.Core
	}
	if !core && len(c.Metrics) > 0 {
		faults.Add("metrics", "no metric is core: set core: true where a drop should open an episode")
	}
}

func (c Config) checkActivity(faults *schemas.Faults) {
	if len(c.Activity) == 0 {
		faults.Add("activity", "name at least one metric whose events make a user active")
	}
	for i, name := range c.Activity {
		if !slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.Name == name }) {
			faults.Add(fmt.Sprintf("activity[%d]", i), "%q is no metric: use a name from metrics", name)
		}
	}
}

func (d Drop) check(faults *schemas.Faults) {
	fraction := func(field string, v float64) {
		if _, ok := millionths(v); !ok || v <= 0 || v >= 1 {
			faults.Add("drop."+field, "%v: use a fraction above 0 and below 1 with at most six decimals", v)
		}
	}
	fraction("enter", d.Enter)
	fraction("exit", d.Exit)
	if d.Exit > d.Enter {
		faults.Add("drop.exit", "%v is above drop.enter (%v): leaving must be harder than entering", d.Exit, d.Enter)
	}
	if d.MinBaseline < 1 {
		faults.Add("drop.min_baseline", "%d: use 1 or more events", d.MinBaseline)
	}
	if d.MinWeeks < 1 {
		faults.Add("drop.min_weeks", "%d: use 1 or more weeks", d.MinWeeks)
	}
	d.Population.check(faults)
}

func (p Population) check(faults *schemas.Faults) {
	bound := func(field string, v, lowest, highest float64) {
		if _, ok := millionths(v); !ok || v < lowest || v > highest {
			faults.Add("drop.population."+field, "%v: use a part from %s to %s, with at most six decimals", v, decimal(lowest), decimal(highest))
		}
	}
	bound("floor", p.Floor, 0.000001, 1)
	bound("ceiling", p.Ceiling, 1, 10)
}

func (l Lifecycle) check(faults *schemas.Faults, grain schemas.Duration) {
	last, lastName := grain-1, "the grain"
	for _, t := range []struct {
		name string
		age  schemas.Duration
	}{{"silent_light", l.SilentLight}, {"silent_moderate", l.SilentModerate}, {"silent_heavy", l.SilentHeavy}, {"churned", l.Churned}} {
		if t.age <= last {
			faults.Add("lifecycle."+t.name, "%v: must be longer than %s (%v)", t.age, lastName, last)
		}
		if t.age > 4000*day {
			faults.Add("lifecycle."+t.name, "%v: at most 4000d", t.age)
		}
		last, lastName = t.age, t.name
	}
	if l.Forgotten != 0 && l.Forgotten <= l.Churned || l.Forgotten > 8000*day {
		faults.Add("lifecycle.forgotten", "%v: must be longer than churned (%v) and at most 8000d; 0 chooses", l.Forgotten, l.Churned)
	}
	if l.NewUnder < 0 || l.NewUnder > 4000*day {
		faults.Add("lifecycle.new_under", "%v: use 0 to 4000d", l.NewUnder)
	}
	if l.ActiveEvents < 1 {
		faults.Add("lifecycle.active_events", "%d: use 1 or more events", l.ActiveEvents)
	}
}

func (c Config) checkAssessment(faults *schemas.Faults) {
	c.checkLength(faults, "assess", c.Assess)
	c.Risk.check(faults)
	c.checkRFM(faults)
	set, err := tags.Compile(c.Tags)
	faults.Under("", err)
	if err != nil {
		return
	}
	if n := len(c.types(set)); n > schemas.MaxTypes {
		faults.Add("metrics", "%d event types: metrics and tags together can name %d at most", n, schemas.MaxTypes)
	}
	c.checkTagsGrain(faults)
}

func (r Risk) check(faults *schemas.Faults) {
	if !(r.High > 0 && r.High <= 100) {
		faults.Add("risk.high", "%v: use a score above 0, at most 100 (80 is usual)", r.High)
	}
	for _, limit := range []struct {
		field string
		v     float64
	}{{"threshold", r.Threshold}, {"exit", r.Exit}} {
		if !(limit.v >= 0 && limit.v <= 100) {
			faults.Add("risk."+limit.field, "%v: use a score above 0, at most 100, or 0 for the model's own", limit.v)
		}
	}
	if r.Threshold > 0 && r.Exit > r.Threshold {
		faults.Add("risk.exit", "%v is above risk.threshold (%v): leaving must be harder than entering", r.Exit, r.Threshold)
	}
	if !(r.BaseRate >= 0 && r.BaseRate < 1) {
		faults.Add("risk.base_rate", "%v: use the part of the users that is lost, above 0 and below 1, or 0 if it is not known", r.BaseRate)
	}
}

// checkTagsGrain finds tags that ask for less than a grain.
func (c Config) checkTagsGrain(faults *schemas.Faults) {
	for i, tag := range c.Tags {
		set, err := tags.Compile([]tags.Tag{tag})
		if err != nil {
			continue // it has a fault of its own
		}
		local, at := false, fmt.Sprintf("tags[%d].when", i)
		for _, s := range set.Selectors() {
			local = local || localTime(s)
			if s.Window%max(1, int64(c.Grain)) != 0 {
				faults.Add(at, "a window of %v is no multiple of the grain (%v)", schemas.Duration(s.Window), c.Grain)
			}
		}
		if local && c.Grain > hour {
			faults.Add(at, "hours and weekdays need a grain of at most 1h, and it is %v", c.Grain)
		}
	}
}

// localTime reports whether a selector asks for the user's own hour or weekday.
func localTime(s tags.Selector) bool { return s.Hours != allHours || s.Weekdays != allWeekdays }

const (
	allHours    = 1<<24 - 1
	allWeekdays = 1<<7 - 1
)

func (c Config) checkRFM(faults *schemas.Faults) {
	f := c.RFM
	for _, m := range []struct {
		field, name string
		adds        Aggregate
	}{{"orders", f.Orders, Count}, {"spend", f.Spend, Amount}} {
		if named := f.Orders+f.Spend != ""; named && c.metric(m.name, m.adds) < 0 {
			faults.Add("rfm."+m.field, "%q is no metric that adds %s: name one, or leave rfm.orders and rfm.spend empty", m.name, m.adds)
		}
	}
	c.checkLength(faults, "rfm.window", f.Window)
	if f.Recent <= 0 || f.Lapsed <= f.Recent || f.Lapsed > f.Window {
		faults.Add("rfm.lapsed", "%v: must lie between rfm.recent (%v) and rfm.window (%v)", f.Lapsed, f.Recent, f.Window)
	}
	if f.HighOrders < 2 {
		faults.Add("rfm.high_orders", "%d: use 2 or more", f.HighOrders)
	}
	if f.PotentialSpend < 0 || f.HighSpend < f.PotentialSpend {
		faults.Add("rfm.high_spend", "%d: must be at least rfm.potential_spend (%d), and that 0", f.HighSpend, f.PotentialSpend)
	}
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// metric returns the number of a metric of this name and kind, -1 if there is none.
func (c Config) metric(name string, adds Aggregate) int {
	return slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.Name == name && m.Adds == adds })
}

// worth returns the metrics of the RFM tiers, -1 if there are none.
func (c Config) worth() (orders, spend int) {
	if c.RFM.Orders+c.RFM.Spend != "" {
		return c.metric(c.RFM.Orders, Count), c.metric(c.RFM.Spend, Amount)
	}
	if orders, spend = c.metric("orders", Count), c.metric("spend", Amount); orders < 0 || spend < 0 {
		return -1, -1
	}
	return orders, spend
}

// millionths turns a decimal fraction into an exact count of millionths.
func millionths(v float64) (int64, bool) {
	n := math.Round(v * 1e6)
	return int64(n), math.Abs(v*1e6-n) < 1e-6
}
