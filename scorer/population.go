package scorer

import (
	"math/bits"

	"winback/schemas"
)

// Relative reports whether drops are taken relative to the population's.
func (r *Rules) Relative() bool { return r.population.on() }

// Feeds calls add for each metric that an event adds to, with the amount the population's totals count: for metrics of sessions and
// days, 1 an event.
func (r *Rules) Feeds(e *schemas.Event, add func(metric int, amount int64)) {
	for _, f := range r.kindOf(e.Type, e.Category).feeds {
		add(int(f.metric), r.added(f, e))
	}
}

// added is what an event adds to a metric, if it adds a session or a day.
func (r *Rules) added(f metricInput, e *schemas.Event) int64 {
	switch {
	case f.take != sum:
		return 1
	case r.metrics[f.metric].Adds == Amount:
		return e.Amount
	}
	return e.Duration
}

// Factor is by how much the population's change is divided out: its rate in the current window against the baseline's, in
// millionths, rounded down and kept within the bounds. cur and base are the partition's totals of one metric.
func (r *Rules) Factor(cur, base int64) uint32 {
	switch {
	case base <= 0:
		return whole
	case cur < 0:
		return r.population.floor
	}
	p := product(uint64(cur), uint64(r.baseline), whole)
	overHi, overLo := bits.Mul64(uint64(base), uint64(r.window))
	limit := product(uint64(base), uint64(r.window), uint64(r.population.ceiling))
	if p[0] > limit[0] || p[0] == limit[0] && (p[1] > limit[1] || p[1] == limit[1] && p[2] >= limit[2]) {
		return r.population.ceiling
	}
	return max(uint32(quotient(p, overHi, overLo)), r.population.floor)
}
