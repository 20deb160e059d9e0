package scorer

import (
	"slices"

	"winback/scorer/risk"
)

// expiries are after how many grains what is read of an event tells nothing, and who reads for reasons of their own.
type expiries struct {
	metrics  []uint32 // by metric
	activity uint32
	risk     risk.Need
	alive    int // the metric of P(alive), -1 for none
	orders   int // that of the RFM tiers, -1 for none
}

// readByRisk reports whether the model of risk reads a metric.
func (e *expiries) readByRisk(metric string) bool {
	return e.risk.Weeks[metric] > 0 || e.risk.MetricDays[metric] > 0
}

// expiriesOf finds out how many grains back each metric, and activity, is asked about.
func (r *Rules) expiriesOf(c *Config, model *risk.Model) (e expiries) {
	e.alive = -1
	e.orders, _ = c.worth()
	if model != nil {
		e.risk = model.Needs()
		e.activity = max(uint32(e.risk.Days), uint32(model.ActiveDays)) * r.day
		if e.risk.LongDays {
			e.activity = max(e.activity, r.longDays*r.day)
		}
	}
	e.activity = max(e.activity, r.lifecycle.active)
	for i, m := range r.metrics {
		need := max(r.keptAnyhow(i), uint32(e.risk.Weeks[m.Name])*r.week, uint32(e.risk.MetricDays[m.Name])*r.day)
		if model != nil && model.Alive != nil && model.Alive.Metric == m.Name {
			e.alive = i
		}
		e.metrics = append(e.metrics, need)
	}
	return e
}

// keptAnyhow is for how many grains the events of a metric tell something, whatever the model and the tags.
func (r *Rules) keptAnyhow(metric int) uint32 {
	kept := r.window + r.baseline
	for _, w := range r.metrics[metric].Windows {
		kept = max(kept, uint32(int64(w)/r.grain))
	}
	if t := r.tiers; t != nil && (metric == int(t.orders) || metric == int(t.spend)) {
		kept = max(kept, t.window)
	}
	return kept
}

// longDaysOf is how many days back the model's long inputs read: as far as the activity is kept anyhow, so that they cost no memory.
func (r *Rules) longDaysOf(activity []string) uint32 {
	kept := Never
	for i := range r.metrics {
		if slices.Contains(activity, r.metrics[i].Name) {
			kept = min(kept, r.keptAnyhow(i))
		}
	}
	return min(max(kept/r.day, risk.LeastLongDays), risk.MaxDays)
}
