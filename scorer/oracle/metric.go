package oracle

import "slices"

// What a Metric adds.
const (
	Count    = "count"    // 1 for each event of its types
	Amount   = "amount"   // the events' amounts; an amount of zero still counts as an event
	Duration = "duration" // the events' durations; likewise
	Sessions = "sessions" // 1 for each session, at its first event
	Days     = "days"     // 1 for each day, by the user's own calendar, of which an event lies in the window
)

// Metric is one thing that is summed over windows.
type Metric struct {
	Name    string
	Types   []string // the event types it reads
	Adds    string   // Count, Amount, Duration, Sessions or Days
	Core    bool     // a drop in it can open an episode
	Windows []int64  // how far back it is kept, beside what the rules need
}

// reads reports whether events of this type are the metric's.
func (m Metric) reads(eventType string) bool { return slices.Contains(m.Types, eventType) }

// metric returns the number of the metric of this name, -1 if there is none.
func (c *Config) metric(name string) int {
	return slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.Name == name })
}

// countsAsActivity reports whether a metric's events are activity.
func (c *Config) countsAsActivity(metric string) bool { return slices.Contains(c.Activity, metric) }

// isActivity reports whether an event of this type is activity. An event is one activity, however many metrics read it.
func (c *Config) isActivity(eventType string) bool {
	return slices.ContainsFunc(c.Metrics, func(m Metric) bool {
		return slices.Contains(c.Activity, m.Name) && m.reads(eventType)
	})
}

// Sum is what the metric of this name makes of one user's events in [from, to): how many contributed, and what they added. The events
// are all that is known of the user, since a session may have begun before from.
func Sum(cfg Config, events []Event, metric string, from, to int64) (n, sum int64) {
	h := newHistory(&cfg)
	for _, e := range events {
		h.add(e)
	}
	m, i, j := cfg.metric(metric), h.before(from), h.before(to)
	return h.count(m, i, j), h.total(m, i, j)
}
