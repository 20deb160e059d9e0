package calibrate

import "winback/schemas"

// Config says what is asked.
type Config struct {
	ReturnBelow float64          `yaml:"return_below"` // churned is a silence after which a smaller share than this returns
	Horizon     schemas.Duration `yaml:"horizon"`      // a flag was right if the user has no activity in this time from a cut-off on; whole days
}

// Defaults asks for the silence after which fewer than one in twenty return, and for flags of those who stay away for 30 days, as `winback train` does.
func Defaults() Config { return Config{ReturnBelow: 0.05, Horizon: 30 * schemas.Day} }

// The shares that return from light, moderate and heavy silence.
const (
	lightReturn    = 0.50
	moderateReturn = 0.25
	heavyReturn    = 0.10
)

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if !(c.ReturnBelow >= 0.001 && c.ReturnBelow < heavyReturn) {
		faults.Add("return-below", "%v: use 0.001 up to below %v, the share that still returns from heavy silence", c.ReturnBelow, heavyReturn)
	}
	if c.Horizon < schemas.Day || c.Horizon > 400*schemas.Day || c.Horizon%schemas.Day != 0 {
		faults.Add("horizon", "%v: use whole days, 1d to 400d", c.Horizon)
	}
	return faults.Err()
}

// What a history must hold before anything is said about it.
const (
	minUsers    = 100 // with activity
	minDays     = 28  // from the first event to the end of the data
	minReturns  = 100 // from silences of a day or longer
	minWatched  = 100 // silences that are still watched at the longest length that counts
	minOutcomes = 50  // rows of users who were lost, and as many of users who were not, before pairs are compared
	minCutoffs  = 4
	minArrivals = 10_000 // events, of which ten may then come later than the lateness
)
