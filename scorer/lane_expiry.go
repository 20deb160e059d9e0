package scorer

import "winback/scorer/risk"

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
	}
	e.activity = max(e.activity, r.lifecycle.active)
	for i, m := range r.metrics {
		need := max(r.window+r.baseline, uint32(e.risk.Weeks[m.Name])*r.week, uint32(e.risk.MetricDays[m.Name])*r.day)
		for _, w := range m.Windows {
			need = max(need, uint32(int64(w)/r.grain))
		}
		if t := r.tiers; t != nil && (i == int(t.orders) || i == int(t.spend)) {
			need = max(need, t.window)
		}
		if model != nil && model.Alive != nil && model.Alive.Metric == m.Name {
			e.alive = i
		}
		e.metrics = append(e.metrics, need)
	}
	return e
}
