package calibrate

import "fmt"

// The tenure up to which users are new is looked for in whole weeks.
const (
	newWeeks  = 12
	newExcess = 1.25 // a week's users are new if their silences last this much more often than those of users who have been there for longer
)

// NewUsers is how often silences of users of each tenure last.
type NewUsers struct {
	Days  int     // under this tenure a user is new
	Week  float64 // the share of silences, begun in the users' first week, that last as long as light silence
	Later float64 // the share of those begun at Days or later
}

// NewUsers looks for the tenure from which silences are as those of users who have been there for longer. light is when a silence counts.
func (h *History) NewUsers(light int) (*NewUsers, error) {
	var weeks [newWeeks + 1]Lengths
	h.silences(func(days, tenure int, returned bool) { weeks[min(tenure/7, newWeeks)].Add(days, returned) })
	week := func(k int) (float64, int64) { return reaching(light, weeks[k:k+1]...) }
	later := func(k int) (float64, int64) { return reaching(light, weeks[k:]...) }
	first, begun := week(0)
	if _, old := later(1); begun < minWatched || old < minWatched {
		return nil, fmt.Errorf("only %d silences began in the users' first week, and %d later: %d of each are needed", begun, old, minWatched)
	}
	for k := range newWeeks {
		share, n := week(k)
		rest, old := later(k + 1)
		switch {
		case n < minWatched || old < minWatched:
			return nil, fmt.Errorf("up to week %d silences last more often than later, and in that week, or after it, fewer than %d began: more users are needed", k+1, minWatched)
		case share > newExcess*rest:
			continue
		case k == 0:
			return nil, fmt.Errorf("silences begun in the users' first week last %d days in %s, those begun later in %s: new users are not different enough (%.2f times) to tell them apart",
				light, percent(share), percent(rest), newExcess)
		}
		after, _ := later(k)
		return &NewUsers{Days: 7 * k, Week: first, Later: after}, nil
	}
	return nil, fmt.Errorf("silences last more often the newer the user is, over %d weeks: no border can be seen", newWeeks)
}

// reaching is the share of silences that last so many days, and how many silences there are.
func reaching(days int, from ...Lengths) (share float64, begun int64) {
	var all Lengths
	for _, l := range from {
		all.merge(&l)
	}
	s := all.Estimate()
	share, _ = s.Reach(days)
	return share, s.Watched(0)
}
