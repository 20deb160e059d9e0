package scorer

import (
	"math/bits"

	"winback/schemas"
)

// whole is one in millionths: the population is as it was.
const whole = 1_000_000

// bounds are Population's, in millionths. While it is off, both are whole.
type bounds struct{ floor, ceiling uint32 }

func newBounds(p Population) bounds {
	if !p.On {
		return bounds{whole, whole}
	}
	floor, _ := millionths(p.Floor)
	ceiling, _ := millionths(p.Ceiling)
	return bounds{uint32(floor), uint32(ceiling)}
}

func (b bounds) on() bool { return b.floor != whole || b.ceiling != whole }

// of is the ratio where the population is at f millionths of its own past: the expectation is scaled by it.
func (q ratio) of(f uint32) ratio {
	if f == whole {
		return q
	}
	return ratio{q.num * uint64(f), q.den * whole}
}

// Relative reports whether drops are taken relative to the population's.
func (r *Rules) Relative() bool { return r.population.on() }

// Feeds calls add for each metric that an event adds to, with the amount the population's totals count: for metrics of sessions and
// days, 1 an event.
func (r *Rules) Feeds(e *schemas.Event, add func(metric int, amount int64)) {
	for _, f := range r.kindOf(e.Type, e.Category).feeds {
		amount := int64(1)
		if f.take == sum && r.metrics[f.metric].Adds == Amount {
			amount = e.Amount
		} else if f.take == sum {
			amount = e.Duration
		}
		add(int(f.metric), amount)
	}
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

// quotient is a / b for a quotient below 2^32, by long division in binary: it is taken once a border and metric.
func quotient(a [3]uint64, hi, lo uint64) (q uint64) {
	for bit := 31; bit >= 0; bit-- {
		p := [3]uint64{hi >> (64 - bit), hi<<bit | lo>>(64-bit), lo << bit}
		low, borrow := bits.Sub64(a[2], p[2], 0)
		mid, borrow := bits.Sub64(a[1], p[1], borrow)
		top, borrow := bits.Sub64(a[0], p[0], borrow)
		if borrow == 0 {
			a, q = [3]uint64{top, mid, low}, q|1<<bit
		}
	}
	return q
}

// Windows are the lengths of the current window and the baseline, in grains.
func (r *Rules) Windows() (window, baseline uint32) { return r.window, r.baseline }
