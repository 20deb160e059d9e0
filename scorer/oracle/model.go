package oracle

import (
	"encoding/json"
	"fmt"
	"math"
)

// Model is what a model file says, as docs/risk.md describes it: of its fields, those that a score follows from.
type Model struct {
	Chance     bool       `json:"chance"`
	Bias       float64    `json:"bias"`
	Features   []Feature  `json:"features"`
	Pairs      []Pair     `json:"pairs"`
	ActiveDays int64      `json:"active_days"`
	Alive      *Alive     `json:"alive"`
	Threshold  *Threshold `json:"threshold"`
}

// Feature is a table over one expression.
type Feature struct {
	Name   string    `json:"name"`
	Cuts   []float64 `json:"cuts"`
	Points []float64 `json:"points"`

	value *expression
}

// Pair is a table over two.
type Pair struct {
	Features [2]string    `json:"features"`
	Cuts     [2][]float64 `json:"cuts"`
	Points   [][]float64  `json:"points"`

	values [2]*expression
}

// Threshold is from which number on a candidate enters, and below which an episode ends: Enter if it is not told.
type Threshold struct {
	Enter float64 `json:"enter"`
	Exit  float64 `json:"exit"`
}

// ParseModel reads a model file.
func ParseModel(text []byte) (m *Model, err error) {
	m = &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for i := range m.Features {
		f := &m.Features[i]
		if f.value, err = parseExpression(f.Name); err != nil {
			return nil, err
		}
	}
	for i := range m.Pairs {
		for side, name := range m.Pairs[i].Features {
			if m.Pairs[i].values[side], err = parseExpression(name); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// expressions are all that the model reads.
func (m *Model) expressions() (all []*expression) {
	for _, f := range m.Features {
		all = append(all, f.value)
	}
	for _, p := range m.Pairs {
		all = append(all, p.values[0], p.values[1])
	}
	return all
}

// reads is how far back the model looks at a metric, 0 for one that it does not look at.
func (m *Model) reads(c *Config, metric Metric) (back int64) {
	for _, e := range m.expressions() {
		back = max(back, e.reads(c, metric.Name, c.countsAsActivity(metric.Name)))
	}
	if c.countsAsActivity(metric.Name) {
		back = max(back, m.ActiveDays*day)
	}
	return back
}

// bin is how many cuts are not above x.
func bin(cuts []float64, x float64) (n int) {
	for _, cut := range cuts {
		if cut <= x {
			n++
		}
	}
	return n
}

// logOdds add up what the tables have for a user.
func (m *Model) logOdds(p *past) float64 {
	sum := m.Bias
	for _, f := range m.Features {
		sum += f.Points[bin(f.Cuts, f.value.at(p))]
	}
	for _, pair := range m.Pairs {
		sum += pair.Points[bin(pair.Cuts[0], pair.values[0].at(p))][bin(pair.Cuts[1], pair.values[1].at(p))]
	}
	return sum
}

// shift is what the base rate adds to the log-odds of a model that gives no chance.
func (c *Config) shift() float64 {
	if c.BaseRate == 0 {
		return 0
	}
	return math.Log(c.BaseRate / (1 - c.BaseRate))
}

func number(logOdds float64) float64 { return 100 / (1 + math.Exp(-logOdds)) }

// risk is the model's number of a user at a border; it is not ok without activity in the days that the model asks for.
func (j *judge) risk(p *userState, border int64) (risk float64, ok bool) {
	n := countBefore(p.active, border)
	if j.model == nil || n == 0 || j.cfg.grainEnd(p.active[n-1])+j.model.ActiveDays*day <= border {
		return 0, false
	}
	return number(j.model.logOdds(&past{j, p, border}) + j.cfg.shift()), true
}

// enters is the number from which on a candidate enters.
func (j *judge) enters() float64 {
	if j.cfg.RiskEnter > 0 {
		return j.cfg.RiskEnter
	}
	return j.cfg.moved(j.model.Threshold.Enter)
}

// exits is the number below which an episode ends.
func (j *judge) exits() float64 {
	switch t := j.model.Threshold; {
	case j.cfg.RiskExit > 0:
		return j.cfg.RiskExit
	case t != nil && t.Exit > 0:
		return min(j.cfg.moved(t.Exit), j.enters())
	}
	return j.enters()
}

// moved is a threshold of the model's own, moved as the base rate moves its numbers.
func (c *Config) moved(threshold float64) float64 {
	return number(math.Log(threshold/(100-threshold)) + c.shift())
}
