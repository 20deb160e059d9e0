package backtest

import (
	"cmp"
	"slices"
)

// verdicts are what a rule says of the rows.
type verdicts struct {
	since [][]int64 // by cut-off and row: when the user was flagged, Unix milliseconds; 0 for one who is not
	fresh []int     // by cut-off: how many flags are new since the one before
}

// flags are what the configuration says: the episodes that are open.
func (s *selection) flags(entered []Flag) *verdicts {
	v := s.blank()
	for k := range s.cutoffs {
		for i := range s.cutoffs[k].Rows {
			v.since[k][i] = s.cutoffs[k].Rows[i].Since
		}
	}
	next := 0 // the first cut-off lies within Config.Cut of the first event, so that no entry lies too far before it
	for k := range s.cutoffs {
		for ; next < len(entered) && entered[next].At <= s.cutoffs[k].At; next++ {
			if s.chose(entered[next].User) {
				v.fresh[k]++
			}
		}
	}
	return v
}

func (s *selection) blank() *verdicts {
	v := &verdicts{since: make([][]int64, len(s.cutoffs)), fresh: make([]int, len(s.cutoffs))}
	for k := range s.cutoffs {
		v.since[k] = make([]int64, len(s.cutoffs[k].Rows))
	}
	return v
}

// asked are the verdicts of a rule that is asked at the cut-offs alone. A user is flagged since the first of the cut-offs in a row at which it held.
func (s *selection) asked(holds func(k, i int) bool) *verdicts {
	v := s.blank()
	since, until := make([]int64, len(s.hashes)), make([]int, len(s.hashes)) // until: one past the last cut-off at which it held
	for k := range s.cutoffs {
		for i := range s.cutoffs[k].Rows {
			if !holds(k, i) {
				continue
			}
			user := s.cutoffs[k].Rows[i].User
			if until[user] == 0 || until[user] != k {
				since[user] = s.cutoffs[k].At
				v.fresh[k]++
			}
			until[user], v.since[k][i] = k+1, since[user]
		}
	}
	return v
}

// bare is the rule of the drop alone.
func (s *selection) bare() *verdicts {
	return s.asked(func(k, i int) bool { return s.cutoffs[k].Rows[i].Bare })
}

// above flags whom the model gives a risk of at least a threshold.
func (s *selection) above(threshold float64) *verdicts {
	return s.asked(func(k, i int) bool { return s.cutoffs[k].Rows[i].Risk >= threshold })
}

// recency flags as many users at each cut-off as another rule does: those longest silent, of equally silent ones those with the smaller hash.
func (s *selection) recency(like *verdicts) *verdicts {
	silent := make([][]bool, len(s.cutoffs))
	for k := range s.cutoffs {
		rows := s.cutoffs[k].Rows
		order := make([]int, len(rows))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int {
			return cmp.Or(cmp.Compare(rows[i].Last, rows[j].Last), cmp.Compare(s.hashes[rows[i].User], s.hashes[rows[j].User]))
		})
		silent[k] = make([]bool, len(rows))
		for _, i := range order[:flagged(like.since[k])] {
			silent[k][i] = true
		}
	}
	return s.asked(func(k, i int) bool { return silent[k][i] })
}

func flagged(since []int64) (n int) {
	for _, at := range since {
		if at != 0 {
			n++
		}
	}
	return n
}
