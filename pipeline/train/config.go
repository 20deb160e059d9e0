package train

import "winback/schemas"

// Config says what a row and its label are, and how the rows are divided.
type Config struct {
	Horizon schemas.Duration `yaml:"horizon"` // a user is lost without activity in this time from a cut-off on; whole days
	Active  schemas.Duration `yaml:"active"`  // users with activity in this time before a cut-off are a row; whole days
	Every   schemas.Duration `yaml:"every"`   // between cut-offs, which are multiples of it since the epoch

	// L2 is the strength of the regularisation: minimised is the sum of the rows' logistic losses plus L2/2 times the sum of the squared
	// weights of the features, standardised to mean 0 and deviation 1.
	L2 float64 `yaml:"l2"`

	Unseen float64 `yaml:"unseen"` // the share of users kept from the fit, to measure it on
	Test   float64 `yaml:"test"`   // the share of the rows, those of the last cut-offs, kept from the fit, to measure it on
}

// Defaults asks which users, of those seen in the last four weeks, stay away for 30 days.
func Defaults() Config {
	return Config{Horizon: 30 * schemas.Day, Active: 28 * schemas.Day, Every: schemas.Week, L2: 30, Unseen: 0.2, Test: 0.25}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	for _, d := range [...]struct {
		name   string
		length schemas.Duration
	}{{"horizon", c.Horizon}, {"active", c.Active}, {"every", c.Every}} {
		if d.length < schemas.Day || d.length > 400*schemas.Day || d.length%schemas.Day != 0 {
			faults.Add(d.name, "%v: use whole days, 1d to 400d", d.length)
		}
	}
	if !(c.L2 >= 1e-3 && c.L2 <= 1e9) {
		faults.Add("l2", "%v: use 0.001 to 1e9 (30 is usual); without any, a feature that separates has no weight", c.L2)
	}
	share := func(name string, v float64) {
		if !(v >= 0.05 && v <= 0.5) {
			faults.Add(name, "%v: use 0.05 to 0.5", v)
		}
	}
	share("unseen", c.Unseen)
	share("test", c.Test)
	return faults.Err()
}
