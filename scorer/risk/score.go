package risk

import (
	"math"

	"winback/schemas"
)

// Scorer is a model compiled for the metrics of one configuration. It never changes, so any number of goroutines may use one.
type Scorer struct {
	vector   *Vector
	axes     []axis
	pairs    []pair
	subjects []string
	need     Need
	metrics  []string
	base     float64 // of everybody: the bias, and the base rate
	chance   bool
	shift    float64 // of the base rate
	told     *Threshold
}

// pair is the table of a pair.
type pair struct {
	axes   [2]int16
	bins   [2][cells]uint8 // by the bin of the axis, which may have more cuts
	width  int
	points []float64 // row by row
}

// exact rounds points so that they, and halves of them, add up without any rounding, in whatever order: to multiples of 2^-32. All tables
// together have less than 2^20, and a float64 holds every multiple of 2^-33 below that.
func exact(points float64) float64 { return math.RoundToEven(points*(1<<32)) / (1 << 32) }

// Compile prepares a model for pasts that hold the given metrics, in that order. A base rate above 0, the share of users who are lost, makes
// chances of the scores of a model that was fitted on as many lost as others. The error holds every fault.
func Compile(m *Model, metrics []string, baseRate float64) (*Scorer, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	s := &Scorer{need: m.Needs(), metrics: metrics, chance: m.Chance || baseRate > 0, told: m.Threshold}
	var faults schemas.Faults
	if baseRate != 0 {
		s.shift = shiftOf(&faults, m, baseRate)
	}
	s.base = exact(m.Bias) + s.shift
	b := builder{Scorer: s, expressions: newCompiler(metrics), faults: &faults, latest: map[int16]int16{}}
	b.build(m)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// shiftOf is what a base rate adds to the log-odds of a model fitted on as many lost as others.
func shiftOf(faults *schemas.Faults, m *Model, baseRate float64) float64 {
	switch {
	case !(baseRate > 0 && baseRate < 1):
		faults.Add("base_rate", "%v: use a share above 0 and below 1, such as 0.2 where one user in five is lost; 0 for none", baseRate)
	case m.Chance:
		faults.Add("base_rate", "%v: the model %s gives a chance as it is: leave the base rate out", baseRate, m.Name)
	default:
		return exact(logit(baseRate))
	}
	return 0
}

func logit(p float64) float64 { return math.Log(p) - math.Log1p(-p) }

// Scratch is memory that Score reuses: filled anew it would cost more than the score.
type Scratch struct {
	values  [maxSteps]float64
	bins    [maxSteps]uint8
	logOdds float64
}

// LogOdds are those of the last Score.
func (s *Scratch) LogOdds() float64 { return s.logOdds }

// Score returns the risk, 0 to 100.
func (s *Scorer) Score(p *Past, scratch *Scratch) float64 {
	s.vector.run(p, &scratch.values)
	logOdds := s.base
	for i := range s.axes {
		a := &s.axes[i]
		bin := a.bin(scratch.values[a.step&(maxSteps-1)])
		scratch.bins[i&(maxSteps-1)] = bin
		logOdds += a.points[bin]
	}
	for i := range s.pairs {
		logOdds += s.pairs[i].of(scratch)
	}
	scratch.logOdds = logOdds
	return number(logOdds)
}

func (p *pair) of(scratch *Scratch) float64 {
	first, second := scratch.bins[p.axes[0]&(maxSteps-1)], scratch.bins[p.axes[1]&(maxSteps-1)]
	return p.points[int(p.bins[0][first])*p.width+int(p.bins[1][second])]
}

// number is what stands for log-odds, 0 to 100.
func number(logOdds float64) float64 { return 100 / (1 + math.Exp(-logOdds)) }

// Chance tells whether the risk is a chance in per cent; otherwise it is a score that ranks.
func (s *Scorer) Chance() bool { return s.chance }

// Enter is the risk from which on a user is flagged, by the model's own threshold; ok is false if it has none.
func (s *Scorer) Enter() (threshold float64, ok bool) {
	if s.told == nil {
		return 0, false
	}
	return s.moved(s.told.Enter), true
}

// Exit is the risk below which a flagged user is no longer flagged, likewise.
func (s *Scorer) Exit() (threshold float64, ok bool) {
	if s.told == nil || s.told.Exit == 0 {
		return s.Enter()
	}
	return s.moved(s.told.Exit), true
}

// moved shifts a threshold as the base rate shifts the scores, so that the same users are above it.
func (s *Scorer) moved(threshold float64) float64 {
	if s.shift == 0 {
		return threshold
	}
	return number(logit(threshold/100) + s.shift)
}

// ReadsDays says of each metric whether the model reads its days, as Vector.ReadsDays does.
func (s *Scorer) ReadsDays() []bool { return s.vector.ReadsDays() }
