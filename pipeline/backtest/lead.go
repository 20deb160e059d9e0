package backtest

import "slices"

// timeFlags fills in how early the losses were flagged: by the flag that the first of a loss's rows to be flagged has.
func (s *selection) timeFlags(v *verdicts, into *Rule) {
	at := make([]int64, len(s.losses))
	s.each(func(k, i int, _ *Row) {
		if n := s.lossOf[k][i]; n >= 0 && at[n] == 0 {
			at[n] = v.since[k][i]
		}
	})
	var toLast, toLoss []float64
	for n, flag := range at {
		if flag == 0 {
			continue
		}
		silence := flag - s.losses[n].last // below 0 if the flag came first
		toLast = append(toLast, float64(-silence)/dayLength)
		toLoss = append(toLoss, float64(int64(s.cfg.Horizon)-silence)/dayLength)
		into.DaysFlagged = append(into.DaysFlagged, wholeDays(silence))
	}
	slices.Sort(into.DaysFlagged)
	into.Caught, into.DaysToLast, into.DaysToLoss = len(toLast), median(toLast), median(toLoss)
}

// wholeDays rounds up, so that what happened on a day counts from its end on.
func wholeDays(ms int64) int {
	days := ms / dayLength
	if ms > 0 && ms%dayLength != 0 {
		days++
	}
	return int(days)
}
