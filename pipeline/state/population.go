package state

import (
	"winback/schemas"
	"winback/scorer"
)

// population adds up what all users of the partition did, by metric and grain, and moves the totals of the two windows along as borders pass:
// the work at a border is the same whatever the number of users. While drops are not relative it is nil, and its methods do nothing.
type population struct {
	rules            *scorer.Rules
	metrics          int                 // how many there are
	window, baseline uint32              // grains
	grains           map[uint32]*totals  // of the grains that a window can still see
	cur, base        totals              // of the current window and the baseline at nextBorder
	nextBorder       uint32              // the border that cur and base are for
	factors          map[uint32][]uint32 // by border that has been passed and not yet judged for everybody: of each metric, in millionths
}

// totals are what some events added, by metric.
type totals [scorer.MaxMetrics]int64

func newPopulation(rules *scorer.Rules) *population {
	if !rules.Relative() {
		return nil
	}
	p := &population{rules: rules, metrics: len(rules.Metrics()), grains: map[uint32]*totals{}, factors: map[uint32][]uint32{}}
	p.window, p.baseline = rules.Windows()
	return p
}

// add counts an event in its grain, and in the windows of nextBorder if it came late for them. One that lies before both tells nothing.
func (p *population) add(e *schemas.Event) {
	if p == nil {
		return
	}
	grain := p.rules.GrainOf(e.Time)
	if grain+p.window+p.baseline < p.nextBorder {
		return
	}
	sums := p.grains[grain]
	if sums == nil {
		sums = &totals{}
		p.grains[grain] = sums
	}
	p.rules.Feeds(e, func(metric int, amount int64) {
		sums[metric] += amount
		switch {
		case grain >= p.nextBorder:
		case grain+p.window >= p.nextBorder:
			p.cur[metric] += amount
		default:
			p.base[metric] += amount
		}
	})
}

// setFirstBorder begins at a border, at which nothing has been added yet.
func (p *population) setFirstBorder(next uint32) {
	if p != nil {
		p.nextBorder = next
	}
}

// advanceTo moves the windows' totals to border h, nextBorder or the one after it, and remembers what they make of each metric.
func (p *population) advanceTo(h uint32) {
	if p == nil {
		return
	}
	for ; p.nextBorder < h; p.nextBorder++ {
		p.shift(&p.cur, p.nextBorder, 1)
		p.shift(&p.cur, p.nextBorder-p.window, -1)
		p.shift(&p.base, p.nextBorder-p.window, 1)
		p.shift(&p.base, p.nextBorder-p.window-p.baseline, -1)
		delete(p.grains, p.nextBorder-p.window-p.baseline)
	}
	p.factors[h] = p.factorsNow()
}

// factorsNow is what the population makes of each metric at nextBorder, in millionths; nil while drops are not relative.
func (p *population) factorsNow() []uint32 {
	if p == nil {
		return nil
	}
	factors := make([]uint32, p.metrics)
	for i := range factors {
		factors[i] = p.rules.Factor(p.cur[i], p.base[i])
	}
	return factors
}

// shift adds a grain to a window's totals, or with a sign of -1 takes it out.
func (p *population) shift(sums *totals, grain uint32, sign int64) {
	if g := p.grains[grain]; g != nil {
		for i, v := range g {
			sums[i] += sign * v
		}
	}
}

// factorsAt is what the population makes of each metric at a border that has been passed, in millionths; nil while drops are not relative.
func (p *population) factorsAt(h uint32) []uint32 {
	if p == nil {
		return nil
	}
	return p.factors[h]
}

// forgetBorder drops the factors of a border at which everybody has been judged.
func (p *population) forgetBorder(h uint32) {
	if p != nil {
		delete(p.factors, h)
	}
}
