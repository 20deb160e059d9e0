package oracle

import "slices"

// Durations in milliseconds, as everywhere in this package.
const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day
)

// Million is the unit in which Config states a drop: 300_000 is 30 %.
const Million = int64(1_000_000)

// What a Metric adds.
const (
	Count    = "count"    // 1 for each event of its types
	Amount   = "amount"   // the events' amounts; an amount of zero still counts as an event
	Duration = "duration" // the events' durations; likewise
	Sessions = "sessions" // 1 for each session, at its first event
)

// Metric is one thing that is summed over windows.
type Metric struct {
	Name  string
	Types []string // the event types it reads
	Adds  string   // Count, Amount, Duration or Sessions
	Core  bool     // a drop in it can open an episode
}

// Config holds the rules' numbers. Durations are milliseconds; Window, Baseline and a day are multiples of Grain.
type Config struct {
	Grain, Window, Baseline int64
	Metrics                 []Metric
	Activity                []string // the metrics whose events are activity
	DropEnter, DropExit     int64    // in millionths
	MinBaseline             int64    // events in the baseline
	MinWeeks                int      // weeks of the baseline with an event
	Alpha                   float64  // 1 turns the guard off

	NewUnder                                          int64 // tenure
	SilentLight, SilentModerate, SilentHeavy, Churned int64 // age
	ActiveWindow, ActiveEvents                        int64
	SessionGap                                        int64 // the longest pause inside a session, inclusive

	Reach int64 // an event whose grain ended Reach or longer before the next border is refused as late
}

// Event is one thing one user did. Time is Unix milliseconds, Amount minor units, Duration milliseconds.
type Event struct {
	User, Type             string
	Time, Amount, Duration int64
}

// Defaults returns the default numbers, without metrics and activity.
func Defaults() Config {
	return Config{
		Grain: hour, Window: 7 * day, Baseline: 28 * day,
		DropEnter: 300_000, DropExit: 150_000,
		MinBaseline: 4, MinWeeks: 2, Alpha: 0.05,
		NewUnder: 7 * day, SilentLight: 30 * day, SilentModerate: 46 * day, SilentHeavy: 61 * day, Churned: 90 * day,
		ActiveWindow: 30 * day, ActiveEvents: 2,
		SessionGap: 30 * minute,
		Reach:      35 * day,
	}
}

// grainStart is the start of the grain that t lies in, also before 1970.
func (c *Config) grainStart(t int64) int64 {
	r := t % c.Grain
	if r < 0 {
		r += c.Grain
	}
	return t - r
}

// grainEnd is the border at which an event at t is first seen.
func (c *Config) grainEnd(t int64) int64 { return c.grainStart(t) + c.Grain }

// isActivity reports whether an event of this type is activity. An event is one activity, however many metrics read it.
func (c *Config) isActivity(eventType string) bool {
	return slices.ContainsFunc(c.Metrics, func(m Metric) bool {
		return slices.Contains(c.Activity, m.Name) && slices.Contains(m.Types, eventType)
	})
}
