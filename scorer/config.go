package scorer

import (
	"slices"

	"winback/schemas"
	"winback/scorer/tags"
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
	Days     Aggregate = "days"     // 1 a day of the user's own calendar with events
)

// Metric names the event types it looks at and what it adds.
type Metric struct {
	Name  string    `yaml:"name"`  // as in decisions
	Types []string  `yaml:"types"` // "*" stands for every type, also those no other metric names
	Adds  Aggregate `yaml:"adds"`  // count, amount, duration, sessions or days
	Core  bool      `yaml:"core"`  // a drop of a core metric opens an episode

	Windows []schemas.Duration `yaml:"windows"` // further windows that are kept, such as 30d, 90d and 180d; multiples of the grain
}

// Config says what is measured and where the borders between states lie. Durations are event time.
type Config struct {
	Grain    schemas.Duration `yaml:"grain"`    // 1 minute to 1 day, dividing a day
	Window   schemas.Duration `yaml:"window"`   // the current window, a multiple of the grain
	Baseline schemas.Duration `yaml:"baseline"` // the user's own past before it, a multiple of the grain

	Metrics    []Metric         `yaml:"metrics"`     // what is measured of every user, at most 16
	Activity   []string         `yaml:"activity"`    // the metrics whose events make a user active
	SessionGap schemas.Duration `yaml:"session_gap"` // longer pauses begin a new session

	Drop      Drop      `yaml:"drop"`
	Lifecycle Lifecycle `yaml:"lifecycle"`

	Assess schemas.Duration `yaml:"assess"` // how often worth, tags and risk are looked at anew, a multiple of the grain
	RFM    RFM              `yaml:"rfm"`
	Tags   []tags.Tag       `yaml:"tags"` // how users behave; docs/tags.md
	Risk   Risk             `yaml:"risk"`
}

// Drop holds the rule by which a user enters and leaves pre-churn.
type Drop struct {
	Enter       float64 `yaml:"enter"`        // fraction of the baseline rate lost, to be a candidate; exact to six decimals
	Exit        float64 `yaml:"exit"`         // fraction below which an episode's metric has recovered; without a model, every core metric must be, to leave
	MinBaseline int64   `yaml:"min_baseline"` // events in the baseline, at least; without a model 4 is advised
	MinWeeks    int     `yaml:"min_weeks"`    // weeks of the baseline with events, at least; without a model 2 is advised

	Population Population `yaml:"population"`
}

// Population divides the partition's own change out of every user's drop, so that a holiday, or the week after a sale, does not flag
// everybody.
type Population struct {
	On      bool    `yaml:"on"`      // measures drops against what everybody did
	Floor   float64 `yaml:"floor"`   // the population's rate counts as no less than this part of its past; up to six decimals
	Ceiling float64 `yaml:"ceiling"` // and as no more than this
}

// Lifecycle holds the thresholds between the states.
type Lifecycle struct {
	NewUnder       schemas.Duration `yaml:"new_under"`       // tenure
	SilentLight    schemas.Duration `yaml:"silent_light"`    // age, from here on
	SilentModerate schemas.Duration `yaml:"silent_moderate"` // age, from here on
	SilentHeavy    schemas.Duration `yaml:"silent_heavy"`    // age, from here on
	Churned        schemas.Duration `yaml:"churned"`         // age, from here on
	Forgotten      schemas.Duration `yaml:"forgotten"`       // age from which nothing is known any more; 0: 400d, or twice churned if that is longer
	ActiveWindow   schemas.Duration `yaml:"active_window"`   // a multiple of the grain
	ActiveEvents   int64            `yaml:"active_events"`   // activity events in the active window, at least, to be active
}

// RFM holds the borders between the tiers of recency, frequency and monetary value.
type RFM struct {
	Orders string `yaml:"orders"` // a count metric; with spend empty too: orders, if there is one
	Spend  string `yaml:"spend"`  // an amount metric; with orders empty too: spend, if there is one

	Window         schemas.Duration `yaml:"window"`          // a multiple of the grain
	Recent         schemas.Duration `yaml:"recent"`          // since the last order, at most: high and potential
	Lapsed         schemas.Duration `yaml:"lapsed"`          // since the last order, at least: low
	HighOrders     int64            `yaml:"high_orders"`     // at least
	HighSpend      int64            `yaml:"high_spend"`      // minor units, at least
	PotentialSpend int64            `yaml:"potential_spend"` // minor units, at least; below it: low
}

// Risk says by which model the risk is scored, and which risk makes a candidate an episode.
type Risk struct {
	Model     string  `yaml:"model"`     // a file made by winback train, or a model that is part of the binary; none: every candidate enters
	High      float64 `yaml:"high"`      // high risk from here on, 0 to 100
	Threshold float64 `yaml:"threshold"` // a candidate enters from this risk on, 0 to 100; 0: the model's own
	Exit      float64 `yaml:"exit"`      // an episode ends below this risk, no more than threshold; 0: the model's own, or threshold
	BaseRate  float64 `yaml:"base_rate"` // the part of your users that is lost, which makes a chance of the generic model's score; 0: not told
}

// NoModel is the name of no model: the bare rule of the drop.
const NoModel = "none"

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
			{Name: "orders", Types: []string{"order"}, Adds: Count, Core: true, Windows: long()},
			{Name: "spend", Types: []string{"order"}, Adds: Amount, Core: true, Windows: long()},
			{Name: "online_time", Types: []string{"session_end"}, Adds: Duration, Core: true},
			{Name: "support", Types: []string{"support"}, Adds: Count},
		},
		Activity:   []string{"visits", "orders"},
		SessionGap: hour / 2,
		Drop:       Drop{Enter: 0.30, Exit: 0.15, MinBaseline: 1, MinWeeks: 1, Population: Population{Floor: 0.5, Ceiling: 1}},
		Lifecycle: Lifecycle{
			NewUnder: 7 * day, SilentLight: 30 * day, SilentModerate: 46 * day, SilentHeavy: 61 * day, Churned: 90 * day,
			ActiveWindow: 30 * day, ActiveEvents: 2,
		},
		Assess: 7 * day,
		RFM: RFM{
			Window: 180 * day, Recent: 30 * day, Lapsed: 90 * day, HighOrders: 3, HighSpend: 500_00, PotentialSpend: 200_00,
		},
		Risk: Risk{Model: "generic", High: 80},
	}
}

// Vocabulary numbers the event types and categories that metrics and tags name, "*" aside, and knows whose amounts and durations they add.
func (c Config) Vocabulary() (*schemas.Vocabulary, error) {
	set, err := tags.Compile(c.Tags)
	if err != nil {
		return nil, err
	}
	v, err := schemas.NewVocabulary(c.types(set), set.Categories()...)
	if err != nil {
		return nil, err
	}
	return v.WithSums(c.summed(set, Amount, tags.Amount), c.summed(set, Duration, tags.Duration)), nil
}

// summed lists the types whose amounts, or durations, a metric or a tag adds.
func (c Config) summed(set *tags.Set, adds Aggregate, quantity tags.Quantity) (types []string) {
	for _, m := range c.Metrics {
		if m.Adds == adds {
			types = append(types, m.Types...)
		}
	}
	for _, s := range set.Selectors() {
		switch {
		case s.Quantity != quantity:
		case s.Types == nil:
			types = append(types, schemas.AnyType)
		default:
			types = append(types, s.Types...)
		}
	}
	return types
}

func (c Config) types(set *tags.Set) []string {
	types := slices.Clone(set.Types())
	for _, m := range c.Metrics {
		types = append(types, m.Types...)
	}
	slices.Sort(types)
	return slices.DeleteFunc(slices.Compact(types), func(t string) bool { return t == schemas.AnyType })
}

// long are the windows in which a shop looks at what its customers are worth.
func long() []schemas.Duration { return []schemas.Duration{30 * day, 90 * day, 180 * day} }
