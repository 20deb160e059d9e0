package risk

import (
	"fmt"
	"math"

	"winback/schemas"
)

// Scorer is a model compiled for the metrics of one configuration. It never changes, so any number of goroutines may use one.
type Scorer struct {
	vector   *Vector
	binnings []binning
	tables   []table
	points   []float64 // of all tables, one after the other
	subjects []string
	need     Need
	metrics  []string
	base     float64 // of everybody: the bias, and the base rate
	chance   bool
	shift    float64 // of the base rate
	told     *Threshold
}

// table is a feature's, or a pair's: points[at + bin of first * width + bin of second]. A feature has no second.
type table struct {
	at, width                   int32
	first, second               int16 // binnings; second is noBinning for a feature
	firstSubject, secondSubject int16
}

const noBinning = maxBinnings - 1

// maxBinnings bounds the binnings of a model, the last kept for noBinning, whose bin is 0 always; a power of two, as maxSteps.
const maxBinnings = 512

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
	b := builder{Scorer: s, expressions: newCompiler(metrics), faults: &faults, known: map[string]int16{}}
	for i := range m.Features {
		b.addFeature(&m.Features[i], fmt.Sprintf("features[%d]", i))
	}
	for i := range m.Pairs {
		b.addPair(&m.Pairs[i], fmt.Sprintf("pairs[%d]", i))
	}
	s.vector = b.expressions.vector
	return s, faults.Err()
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
	bins    [maxBinnings]uint8
	logOdds float64
}

// LogOdds are those of the last Score.
func (s *Scratch) LogOdds() float64 { return s.logOdds }

// Score returns the risk, 0 to 100.
func (s *Scorer) Score(p *Past, scratch *Scratch) float64 {
	s.vector.run(p, &scratch.values)
	for i := range s.binnings {
		b := &s.binnings[i]
		scratch.bins[i&(maxBinnings-1)] = b.of(scratch.values[b.step&(maxSteps-1)])
	}
	logOdds := s.base
	for i := range s.tables {
		logOdds += s.pointsOf(&s.tables[i], scratch)
	}
	scratch.logOdds = logOdds
	return number(logOdds)
}

func (s *Scorer) pointsOf(t *table, scratch *Scratch) float64 {
	first, second := scratch.bins[t.first&(maxBinnings-1)], scratch.bins[t.second&(maxBinnings-1)]
	return s.points[t.at+int32(first)*t.width+int32(second)]
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
