package oracle

import "math/big"

// Population says whether a drop is taken against what became of everybody.
type Population struct {
	On             bool
	Floor, Ceiling int64 // in millionths: no more and no less than this is excused
}

// population is everybody's events of one partition, as totals per metric and grain.
type population struct {
	cfg     *Config
	grains  []map[int64]int64 // per metric, by the grain's start
	factors map[int64][]int64 // by border, what was asked for since the last event came
}

func newPopulation(cfg *Config) *population {
	p := &population{cfg: cfg, factors: map[int64][]int64{}}
	for range cfg.Metrics {
		p.grains = append(p.grains, map[int64]int64{})
	}
	return p
}

// add counts the events of sessions and days metrics: nobody knows which sessions and days are one over all users.
func (p *population) add(e Event) {
	for m, metric := range p.cfg.Metrics {
		if !metric.reads(e.Type) {
			continue
		}
		adds := int64(1)
		switch metric.Adds {
		case Amount:
			adds = e.Amount
		case Duration:
			adds = e.Duration
		}
		p.grains[m][p.cfg.grainStart(e.Time)] += adds
	}
	clear(p.factors)
}

// factor is what became of metric m over all, in millionths of what its baseline promised.
func (p *population) factor(m int, border int64) int64 {
	if !p.cfg.Population.On {
		return Million
	}
	if p.factors[border] == nil {
		for m := range p.cfg.Metrics {
			p.factors[border] = append(p.factors[border], p.find(m, border))
		}
	}
	return p.factors[border][m]
}

func (p *population) find(m int, border int64) int64 {
	middle := border - p.cfg.Window
	cur, base := p.total(m, middle, border), p.total(m, middle-p.cfg.Baseline, middle)
	switch {
	case base <= 0:
		return Million
	case cur < 0:
		return p.cfg.Population.Floor
	}
	share := new(big.Int).Quo(product(Million, cur, p.cfg.Baseline), product(base, p.cfg.Window))
	if !share.IsInt64() {
		return p.cfg.Population.Ceiling
	}
	return max(p.cfg.Population.Floor, min(share.Int64(), p.cfg.Population.Ceiling))
}

func (p *population) total(m int, from, to int64) (sum int64) {
	for grain := from; grain < to; grain += p.cfg.Grain {
		sum += p.grains[m][grain]
	}
	return sum
}
