package oracle

import (
	"maps"
	"math"
	"math/big"
	"slices"
)

// Alive says what the model of P(alive) reads, and its four parameters: BG/NBD, by Fader, Hardie and Lee (2005).
type Alive struct {
	Metric   string  `json:"metric"`
	UnitDays float64 `json:"unit_days"` // the days of the model's unit of time
	R        float64 `json:"r"`
	Alpha    float64 `json:"alpha"`
	A        float64 `json:"a"`
	B        float64 `json:"b"`
}

// Inputs are x, t_x and T at the border, from one user's events in order of time: the days with an event of the metric less one, and,
// from the first such day on, the time to the last one and to the border's own day of UTC, or to the last one if that is later. Days are those
// of the user's own calendar. Of a metric of sessions those count on which one begins. It is not ok without such an event.
func (a *Alive) Inputs(cfg Config, events []Event, border int64) (x int, tx, t float64, ok bool) {
	seen := map[int64]bool{}
	for _, e := range a.bought(cfg, events) {
		if e.Time < border {
			seen[e.ownDay()] = true
		}
	}
	if len(seen) == 0 {
		return 0, 0, 0, false
	}
	days := slices.Sorted(maps.Keys(seen))
	first, last := days[0], days[len(days)-1]
	unit := a.UnitDays
	return len(days) - 1, float64(last-first) / unit, float64(max(dayOf(border), last)-first) / unit, true
}

// bought are the events whose days count: of a metric of sessions the first of each, and of several at the same moment the one by whose clock it
// was earliest.
func (a *Alive) bought(cfg Config, events []Event) (all []Event) {
	metric, before := cfg.Metrics[cfg.metric(a.Metric)], int64(math.MinInt64/2)
	for _, e := range events {
		if !metric.reads(e.Type) {
			continue
		}
		if metric.Adds != Sessions || e.Time-before > cfg.SessionGap {
			all = append(all, e)
		} else if first := &all[len(all)-1]; first.Time == e.Time && e.Offset < first.Offset {
			*first = e
		}
		before = e.Time
	}
	return all
}

// Chance is P(alive) by what it means: of all ways in which a customer can have bought as this one did, the part in which they are still there.
//
// A customer who buys at the rate l and leaves after each repeat purchase with the chance p has made x of them by tx, and none since, and stayed,
// with a likelihood of (1-p)^x l^x e^(-l T); or left after the last one, with p (1-p)^(x-1) l^x e^(-l tx). Over all customers l is distributed as
// Gamma(r, alpha) and p as Beta(a, b), so that both become products, which are multiplied out here one factor after the other. What they have in
// common, that of l^x, is left out.
func (a *Alive) Chance(x int, tx, t float64) float64 {
	if x == 0 {
		return 1 // nobody leaves before a repeat purchase
	}
	stayed, left := factor(1), factor(a.A/(a.A+a.B)) // the means of (1-p)^x and of p (1-p)^(x-1)
	for i := range x {
		stayed.Mul(stayed, factor((a.B+float64(i))/(a.A+a.B+float64(i))))
	}
	for i := range x - 1 {
		left.Mul(left, factor((a.B+float64(i))/(a.A+a.B+1+float64(i))))
	}
	for range x { // of l^x e^(-l T) there is (alpha + T)^-(r + x)
		stayed.Quo(stayed, factor(a.Alpha+t))
		left.Quo(left, factor(a.Alpha+tx))
	}
	stayed.Mul(stayed, factor(math.Pow(a.Alpha+t, -a.R)))
	left.Mul(left, factor(math.Pow(a.Alpha+tx, -a.R)))
	chance, _ := stayed.Quo(stayed, left.Add(left, stayed)).Float64()
	return chance
}

// factor is a number that is multiplied. Products of many need more than the exponents of a float64.
func factor(x float64) *big.Float { return new(big.Float).SetPrec(100).SetFloat64(x) }
