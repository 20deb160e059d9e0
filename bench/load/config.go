package load

import (
	"math"

	"winback/schemas"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// MaxUsers is how many users a user id of eight digits can name.
const MaxUsers = 100_000_000

// Config describes a population and the time span of its events.
type Config struct {
	Seed  uint64 `yaml:"seed"`
	Users int    `yaml:"users"`

	Start int64 `yaml:"start"` // Unix milliseconds
	End   int64 `yaml:"end"`   // Unix milliseconds; no event is at or after it

	// EventsPerUserDay is the population's mean where patterns do not reduce it; they never raise it.
	EventsPerUserDay float64 `yaml:"events_per_user_day"`
	EventsPerSession float64 `yaml:"events_per_session"` // mean, more than 2: a visit and a session_end belong to each

	// Spread is the standard deviation of the logarithm of the users' rates: 0 makes all alike, 1.2 lets the busiest fifth make
	// two thirds of the sessions.
	Spread float64 `yaml:"spread"`

	Shares Shares  `yaml:"shares"`
	Faults float64 `yaml:"faults"` // share of events, 0 to 0.5, that come out of order or are followed by a faulty record
}

// Shares says which part of the users has which pattern. The rest is steady.
type Shares struct {
	Decaying  float64 `yaml:"decaying"`
	Silent    float64 `yaml:"silent"`
	Returning float64 `yaml:"returning"`
	Newcomer  float64 `yaml:"newcomer"`
	Seasonal  float64 `yaml:"seasonal"`
}

// Defaults returns the standard population: 10,000 users over 84 days from Monday 2026-01-05, six events a user and day in
// sessions of eight, log-normal rates of spread 1.2, and 10 % decaying, 8 % going silent, 5 % coming back, 10 % newcomers, 5 %
// seasonal; no faults.
func Defaults() Config {
	const start = 1_767_571_200_000
	return Config{
		Seed: 1, Users: 10_000,
		Start: start, End: start + 84*day,
		EventsPerUserDay: 6, EventsPerSession: 8, Spread: 1.2,
		Shares: Shares{Decaying: 0.10, Silent: 0.08, Returning: 0.05, Newcomer: 0.10, Seasonal: 0.05},
	}
}

// Validate reports every fault of the configuration at once.
func (c Config) Validate() error {
	var fs schemas.Faults
	if c.Users < 1 || c.Users > MaxUsers {
		fs.Add("users", "%d: must be 1 to %d", c.Users, MaxUsers)
	}
	if c.End <= c.Start {
		fs.Add("end", "%d: must be after start (%d)", c.End, c.Start)
	}
	within(&fs, "events_per_user_day", c.EventsPerUserDay, 1e-6, 1e5)
	within(&fs, "events_per_session", c.EventsPerSession, 2.01, 1e3)
	within(&fs, "spread", c.Spread, 0, 3)
	within(&fs, "faults", c.Faults, 0, 0.5)
	fs.Under("shares", c.Shares.validate())
	return fs.Err()
}

func (s Shares) validate() error {
	var fs schemas.Faults
	sum := 0.0
	for i, share := range s.list() {
		within(&fs, PatternKind(i+1).String(), share, 0, 1)
		sum += share
	}
	if sum > 1+1e-9 {
		fs.Add("", "they sum to %g: must not exceed 1", sum)
	}
	return fs.Err()
}

// list returns the shares in the order of their PatternKind, Steady left out.
func (s Shares) list() [patternKinds - 1]float64 {
	return [...]float64{s.Decaying, s.Silent, s.Returning, s.Newcomer, s.Seasonal}
}

func within(fs *schemas.Faults, field string, v, lo, hi float64) {
	if math.IsNaN(v) || v < lo || v > hi {
		fs.Add(field, "%g: must be %g to %g", v, lo, hi)
	}
}
