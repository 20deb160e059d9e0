package oracle

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

// Config holds the rules' numbers. Durations are milliseconds; Window, Baseline, Assess, every other window and a day are multiples of
// Grain.
type Config struct {
	Grain, Window, Baseline int64
	Metrics                 []Metric
	Activity                []string // the metrics whose events are activity
	DropEnter, DropExit     int64    // in millionths
	MinBaseline             int64    // events in the baseline
	MinWeeks                int      // weeks of the baseline with an event
	Population              Population

	NewUnder                                          int64 // tenure
	SilentLight, SilentModerate, SilentHeavy, Churned int64 // age
	Forgotten                                         int64 // age; 0 is 400 days, or twice Churned if that is longer
	ActiveWindow, ActiveEvents                        int64
	SessionGap                                        int64 // the longest pause inside a session, inclusive

	Assess    int64 // how often a profile is looked at if nothing asks for it sooner
	RFM       RFM
	Tags      []Tag
	Model     string  // the text of a model file; empty for no model
	RiskHigh  float64 // 0 to 100
	RiskEnter float64 // a candidate enters an episode from this risk on; 0: the model says from which
	RiskExit  float64 // the episode ends below this one; 0: the model says below which
	BaseRate  float64 // the part of all users that is lost, if the model's number is to be a chance and is none by itself; 0: not told

	Reach int64 // above 0: the reach of every event type, instead of what ReachOf finds
}

// Event is one thing one user did. Time is Unix milliseconds, Amount minor units, Duration milliseconds.
type Event struct {
	User, Type             string
	Category               string // empty for none
	Time, Amount, Duration int64
	Offset                 int16 // minutes by which the user's local time was ahead of UTC
}

// Defaults returns the default numbers, without metrics, activity, tags and models.
func Defaults() Config {
	return Config{
		Grain: hour, Window: 7 * day, Baseline: 28 * day,
		DropEnter: 300_000, DropExit: 150_000,
		MinBaseline: 1, MinWeeks: 1,
		Population: Population{Floor: Million / 2, Ceiling: Million},
		NewUnder:   7 * day, SilentLight: 30 * day, SilentModerate: 46 * day, SilentHeavy: 61 * day, Churned: 90 * day,
		ActiveWindow: 30 * day, ActiveEvents: 2,
		SessionGap: 30 * minute,
		Assess:     7 * day, RiskHigh: 80,
		RFM: RFM{Window: 180 * day, Recent: 30 * day, Lapsed: 90 * day, HighOrders: 3, HighSpend: 50_000, PotentialSpend: 20_000},
	}
}

// forgotten is the age from which a churned user is forgotten.
func (c *Config) forgotten() int64 {
	if c.Forgotten > 0 {
		return c.Forgotten
	}
	return max(400*day, 2*c.Churned)
}
