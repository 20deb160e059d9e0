package backtest

import "winback/schemas"

// Config says what a row and its label are, and which rows are reported.
type Config struct {
	Horizon schemas.Duration // a user is lost without activity in this time from a cut-off on; whole days
	Active  schemas.Duration // users with activity in this time before a cut-off are rows; whole days
	Cut     schemas.Duration // between cut-offs, which are multiples of it since the epoch; whole days

	From, To int64   // cut-offs from From on and before To are reported, Unix milliseconds; 0 for no limit
	Users    Users   // whose rows are reported
	Unseen   float64 // the share of users that training keeps from its fit
}

// Users says whose rows are reported.
type Users string

// The choices of Config.Users. Training divides users by the same hash.
const (
	AllUsers    Users = "all"
	SeenUsers   Users = "seen"
	UnseenUsers Users = "unseen"
)

// Defaults asks at weekly cut-offs which users, of those seen in the last four weeks, stay away for 30 days.
func Defaults() Config {
	return Config{Horizon: 30 * schemas.Day, Active: 28 * schemas.Day, Cut: schemas.Week, Users: AllUsers, Unseen: 0.2}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	for _, d := range [...]struct {
		name   string
		length schemas.Duration
	}{{"horizon", c.Horizon}, {"active", c.Active}, {"cut", c.Cut}} {
		if d.length < schemas.Day || d.length > 400*schemas.Day || d.length%schemas.Day != 0 {
			faults.Add(d.name, "%v: use whole days, 1d to 400d", d.length)
		}
	}
	if c.From > 0 && c.To > 0 && c.From >= c.To {
		faults.Add("from", "it does not lie before --to: no cut-off is left")
	}
	if c.Users != AllUsers && c.Users != SeenUsers && c.Users != UnseenUsers {
		faults.Add("users", "%q: use %s, %s or %s", c.Users, AllUsers, SeenUsers, UnseenUsers)
	}
	if !(c.Unseen >= 0.05 && c.Unseen <= 0.5) {
		faults.Add("unseen", "%v: use 0.05 to 0.5", c.Unseen)
	}
	return faults.Err()
}
