package scorer

import (
	"fmt"
	"math"
	"slices"

	"winback/schemas"
)

// MaxMetrics is how many metrics a Config may name.
const MaxMetrics = 16

// Aggregate is what a metric adds up.
type Aggregate string

// The aggregates.
const (
	Count    Aggregate = "count"    // 1 an event
	Amount   Aggregate = "amount"   // the event's amount, minor units
	Duration Aggregate = "duration" // the event's duration, milliseconds
	Sessions Aggregate = "sessions" // 1 a session: events no further apart than session_gap
)

// Metric names the event types it looks at and what it adds.
type Metric struct {
	Name  string    `yaml:"name"`
	Types []string  `yaml:"types"` // "*" stands for every type, also those no other metric names
	Adds  Aggregate `yaml:"adds"`
	Core  bool      `yaml:"core"` // a drop of a core metric opens an episode
}

// Config says what is measured and where the borders between states lie. Durations are event time.
type Config struct {
	Grain    schemas.Duration `yaml:"grain"`    // 1 minute to 1 day, dividing a day
	Window   schemas.Duration `yaml:"window"`   // the current window, a multiple of the grain
	Baseline schemas.Duration `yaml:"baseline"` // the user's own past before it, a multiple of the grain

	Metrics    []Metric         `yaml:"metrics"`
	Activity   []string         `yaml:"activity"`    // the metrics whose events make a user active
	SessionGap schemas.Duration `yaml:"session_gap"` // longer pauses begin a new session

	Drop      Drop      `yaml:"drop"`
	Lifecycle Lifecycle `yaml:"lifecycle"`
}

// Drop holds the rule by which a user enters and leaves pre-churn.
type Drop struct {
	Enter       float64 `yaml:"enter"`        // fraction of the baseline rate lost, to enter; exact to six decimals
	Exit        float64 `yaml:"exit"`         // fraction below which every core metric must be, to leave
	MinBaseline int64   `yaml:"min_baseline"` // events in the baseline, at least
	MinWeeks    int     `yaml:"min_weeks"`    // weeks of the baseline with events, at least
	Alpha       float64 `yaml:"alpha"`        // the chance of so few events under the user's own rate, at most; 1 turns the guard off
}

// Lifecycle holds the thresholds between the states.
type Lifecycle struct {
	NewUnder       schemas.Duration `yaml:"new_under"`       // tenure
	SilentLight    schemas.Duration `yaml:"silent_light"`    // age, from here on
	SilentModerate schemas.Duration `yaml:"silent_moderate"` // age, from here on
	SilentHeavy    schemas.Duration `yaml:"silent_heavy"`    // age, from here on
	Churned        schemas.Duration `yaml:"churned"`         // age, from here on
	ActiveWindow   schemas.Duration `yaml:"active_window"`   // a multiple of the grain
	ActiveEvents   int64            `yaml:"active_events"`   // activity events in the active window, at least, to be active
}

const (
	hour = schemas.Hour
	day  = schemas.Day
	week = schemas.Week
)

// Defaults returns the configuration of a shop or an app that people use about weekly.
func Defaults() Config {
	return Config{
		Grain: hour, Window: 7 * day, Baseline: 28 * day,
		Metrics: []Metric{
			{Name: "visits", Types: []string{"visit"}, Adds: Count, Core: true},
			{Name: "views", Types: []string{"view"}, Adds: Count},
			{Name: "searches", Types: []string{"search"}, Adds: Count},
			{Name: "carts", Types: []string{"add_to_cart"}, Adds: Count},
			{Name: "orders", Types: []string{"order"}, Adds: Count, Core: true},
			{Name: "spend", Types: []string{"order"}, Adds: Amount, Core: true},
			{Name: "online_time", Types: []string{"session_end"}, Adds: Duration, Core: true},
			{Name: "support", Types: []string{"support"}, Adds: Count},
		},
		Activity:   []string{"visits", "orders"},
		SessionGap: hour / 2,
		Drop:       Drop{Enter: 0.30, Exit: 0.15, MinBaseline: 4, MinWeeks: 2, Alpha: 0.05},
		Lifecycle: Lifecycle{
			NewUnder: 7 * day, SilentLight: 30 * day, SilentModerate: 46 * day, SilentHeavy: 61 * day, Churned: 90 * day,
			ActiveWindow: 30 * day, ActiveEvents: 2,
		},
	}
}

// Types lists the event types that the metrics name, "*" aside: the words of the Vocabulary.
func (c Config) Types() []string {
	var types []string
	for _, m := range c.Metrics {
		types = append(types, m.Types...)
	}
	slices.Sort(types)
	return slices.DeleteFunc(slices.Compact(types), func(t string) bool { return t == anyType })
}

const anyType = "*"

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
		if w.length <= 0 || w.length%c.Grain != 0 || w.length > 400*day {
			faults.Add(w.name, "%v: use a multiple of the grain (%v), at most 400d", w.length, c.Grain)
		}
	}
	if c.Baseline < c.Window {
		faults.Add("baseline", "%v is shorter than the window (%v): a past as long as the present at least", c.Baseline, c.Window)
	}
	if c.SessionGap <= 0 || c.SessionGap > day {
		faults.Add("session_gap", "%v: use a length up to 1d (30m is usual)", c.SessionGap)
	}
}

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
		if !slices.Contains([]Aggregate{Count, Amount, Duration, Sessions}, m.Adds) {
			faults.Add(at+".adds", "%q: use count, amount, duration or sessions", m.Adds)
		}
		seen[m.Name], core = true, core || m.Core
	}
	if !core && len(c.Metrics) > 0 {
		faults.Add("metrics", "no metric is core: set core: true where a drop should open an episode")
	}
	if n := len(c.Types()); n > schemas.MaxTypes {
		faults.Add("metrics", "%d event types: at most %d can be named", n, schemas.MaxTypes)
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
	if !(d.Alpha > 0 && d.Alpha <= 1) {
		faults.Add("drop.alpha", "%v: use a chance above 0, at most 1 (1 turns the guard off)", d.Alpha)
	}
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
	if l.NewUnder < 0 || l.NewUnder > 4000*day {
		faults.Add("lifecycle.new_under", "%v: use 0 to 4000d", l.NewUnder)
	}
	if l.ActiveEvents < 1 {
		faults.Add("lifecycle.active_events", "%d: use 1 or more events", l.ActiveEvents)
	}
}

// millionths turns a decimal fraction into an exact count of millionths.
func millionths(v float64) (int64, bool) {
	n := math.Round(v * 1e6)
	return int64(n), math.Abs(v*1e6-n) < 1e-6
}
