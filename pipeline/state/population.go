package state

import (
	"winback/schemas"
	"winback/scorer"
)

// population adds up what all users of the partition did, by metric and grain, and keeps the two windows' totals as borders pass: one
// step a border, whatever the number of users. It stands still while drops are not relative.
type population struct {
	rules            *scorer.Rules
	metrics          int
	window, baseline uint32
	grains           map[uint32]*totals
	cur, base        totals
	next             uint32              // the border that cur and base are for
	factors          map[uint32][]uint32 // by border: of those passed and not yet judged for everybody
}

type totals [scorer.MaxMetrics]int64

func newPopulation(rules *scorer.Rules) *population {
	if !rules.Relative() {
		return nil
	}
	p := &population{rules: rules, metrics: len(rules.Metrics()), grains: map[uint32]*totals{}, factors: map[uint32][]uint32{}}
	p.window, p.baseline = rules.Windows()
	return p
}

// add counts an event in its grain, and in the windows that it came late for.
func (p *population) add(e *schemas.Event) {
	if p == nil {
		return
	}
	grain := p.rules.GrainOf(e.Time)
	sums := p.grains[grain]
	if sums == nil {
		sums = &totals{}
		p.grains[grain] = sums
	}
	p.rules.Feeds(e, func(metric int, amount int64) {
		sums[metric] += amount
		switch {
		case grain >= p.next || grain+p.window+p.baseline < p.next:
		case grain+p.window >= p.next:
			p.cur[metric] += amount
		default:
			p.base[metric] += amount
		}
	})
}

// begin sets the first border.
func (p *population) begin(next uint32) {
	if p != nil {
		p.next = next
	}
}

// pass moves the windows' totals to border h, the one after the last, and remembers what they make of each metric.
func (p *population) pass(h uint32) {
	if p == nil {
		return
	}
	for ; p.next < h; p.next++ {
		p.shift(&p.cur, p.next, 1)
		p.shift(&p.cur, p.next-p.window, -1)
		p.shift(&p.base, p.next-p.window, 1)
		p.shift(&p.base, p.next-p.window-p.baseline, -1)
		delete(p.grains, p.next-p.window-p.baseline)
	}
	factors := make([]uint32, p.metrics)
	for i := range factors {
		factors[i] = p.rules.Factor(p.cur[i], p.base[i])
	}
	p.factors[h] = factors
}

func (p *population) shift(sums *totals, grain uint32, sign int64) {
	if g := p.grains[grain]; g != nil {
		for i, v := range g {
			sums[i] += sign * v
		}
	}
}

// at is what the population makes of each metric at a border that has been passed; nil while drops are not relative.
func (p *population) at(h uint32) []uint32 {
	if p == nil {
		return nil
	}
	return p.factors[h]
}

// done forgets a border at which everybody has been judged.
func (p *population) done(h uint32) {
	if p != nil {
		delete(p.factors, h)
	}
}
