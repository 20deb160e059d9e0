package oracle

// Alive says what the model of P(alive) reads, and asks it.
type Alive struct {
	Metric   string
	UnitDays int64 // the days of the model's unit of time
	Chance   func(x int, tx, t float64) float64
}

// Inputs are x, t_x and T at the border, from one user's events in order of time: the days with an event of the metric less one, and,
// from the first such day on, the time to the last one and to the border's own day. It is not ok without such an event.
func (a *Alive) Inputs(cfg Config, events []Event, border int64) (x int, tx, t float64, ok bool) {
	metric := cfg.Metrics[cfg.metric(a.Metric)]
	var days []int64
	for _, e := range events {
		d := dayOf(e.Time)
		if e.Time < border && metric.reads(e.Type) && (len(days) == 0 || days[len(days)-1] != d) {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return 0, 0, 0, false
	}
	first, last := days[0], days[len(days)-1]
	unit := float64(a.UnitDays)
	return len(days) - 1, float64(last-first) / unit, float64(dayOf(border)-first) / unit, true
}
