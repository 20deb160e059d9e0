package train

import (
	"fmt"

	"winback/pipeline/train/additive"
	"winback/schemas"
)

// Config says what a row and its label are, how the rows are divided, and how the model is fitted.
type Config struct {
	Horizon schemas.Duration `yaml:"horizon"` // a user is lost without activity in this time from a cut-off on; whole days
	Active  schemas.Duration `yaml:"active"`  // users with activity in this time before a cut-off are a row; whole days
	Every   schemas.Duration `yaml:"every"`   // between cut-offs, which are multiples of it since the epoch

	Pairs    int  `yaml:"pairs"`    // of features, at most, beside the features alone
	Monotone bool `yaml:"monotone"` // more silence is never less risk: see risk.Direction

	Unseen float64 `yaml:"unseen"` // the share of users kept from the fit, to measure it on
	Test   float64 `yaml:"test"`   // the share of the rows, those of the last cut-offs, kept from the fit, to measure it on
	Users  string  `yaml:"users"`  // AllUsers or SeenUsers: whom the model that is written is fitted on
}

// What Config.Users can be.
const (
	AllUsers  = "all"
	SeenUsers = "seen" // not the share Unseen, so that the model itself can be judged on them
)

// Defaults asks which users, of those seen in the last four weeks, stay away for 30 days.
func Defaults() Config {
	return Config{
		Horizon: 30 * schemas.Day, Active: 28 * schemas.Day, Every: schemas.Week, Pairs: additive.Defaults().Pairs, Unseen: 0.2, Test: 0.25, Users: AllUsers,
	}
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
	faults.Under("", c.learner().Validate())
	share := func(name string, v float64) {
		if !(v >= 0.05 && v <= 0.5) {
			faults.Add(name, "%v: use 0.05 to 0.5", v)
		}
	}
	share("unseen", c.Unseen)
	share("test", c.Test)
	if c.Users != AllUsers && c.Users != SeenUsers {
		faults.Add("users", "%q: use %s or %s", c.Users, AllUsers, SeenUsers)
	}
	return faults.Err()
}

// learner is how the model is fitted.
func (c Config) learner() additive.Config {
	learner := additive.Defaults()
	learner.Pairs = c.Pairs
	return learner
}

// method says in words how a model was fitted.
func method(l *additive.Config, m *additive.Model) string {
	return fmt.Sprintf("Cyclic gradient boosting of trees of %d leaves over %d bins, %v of each added, at least %d rows a leaf, ridge %v; the mean of %d bags, each of which kept %.0f %% of the users back "+
		"to stop by, after %d rounds over the features and %d more with %d pairs, on average.",
		l.Leaves, l.Bins, l.Rate, l.MinLeaf, l.Ridge, l.Bags, 100*l.KeptBack, mean(m.Rounds), mean(m.PairRounds), len(m.Surfaces))
}

func mean(rounds []int) int {
	sum := 0
	for _, n := range rounds {
		sum += n
	}
	return sum / max(1, len(rounds))
}
