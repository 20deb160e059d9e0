package risk

import (
	"math"
	"slices"

	"winback/schemas"
)

// MaxReasons is how many terms explain a risk.
const MaxReasons = 3

// Scorer is a model compiled for the metrics of one configuration. It never changes, so any number of goroutines may use one.
type Scorer struct {
	vector   *Vector
	weights  []weight
	subjects []string
	base     float64
}

type weight struct {
	slope, mean, low, high float64
	step, subject          int16
}

// Compile prepares a model for pasts that hold the given metrics, in that order. The error holds every fault.
func Compile(m *Model, metrics []string) (*Scorer, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	names := make([]string, len(m.Features))
	for i, f := range m.Features {
		names[i] = f.Name
	}
	vector, err := CompileFeatures(names, metrics)
	if err != nil {
		var faults schemas.Faults
		faults.Under("features", err)
		return nil, faults.Err()
	}
	s := &Scorer{vector: vector, base: m.Bias}
	for i, f := range m.Features {
		s.weights = append(s.weights, weight{f.Weight / f.Scale, f.Mean, f.Low, f.High, vector.results[i], s.subject(vector.subjects[i])})
	}
	return s, nil
}

func (s *Scorer) subject(name string) int16 {
	if i := slices.Index(s.subjects, name); i >= 0 {
		return int16(i)
	}
	s.subjects = append(s.subjects, name)
	return int16(len(s.subjects) - 1)
}

// Scratch is memory that Score reuses: filled anew it would cost more than the score.
type Scratch struct {
	values [maxSteps]float64
	points [MaxFeatures]float64
}

// Score returns the risk, 0 to 100.
func (s *Scorer) Score(p *Past, scratch *Scratch) float64 {
	values, points := &scratch.values, &scratch.points
	clear(points[:len(s.subjects)])
	s.vector.run(p, values)
	linear := s.base
	for i := range s.weights {
		w := &s.weights[i]
		x := values[w.step&(maxSteps-1)]
		if x < w.low {
			x = w.low
		} else if x > w.high {
			x = w.high
		}
		x = w.slope * (x - w.mean)
		linear += x
		points[w.subject&(MaxFeatures-1)] += x
	}
	return 100 / (1 + math.Exp(-linear))
}

// Reasons appends those of the last Score to terms, once: the subjects that move the risk most, the largest first, at most MaxReasons.
// Features of one subject are one reason, their points added: apart, the pieces of one curve mean nothing. Points are log-odds against
// the average user of the training; above 0 raises the risk.
func (s *Scorer) Reasons(scratch *Scratch, terms []schemas.Term) []schemas.Term {
	return s.largest(scratch.points[:len(s.subjects)], terms)
}

func (s *Scorer) largest(points []float64, terms []schemas.Term) []schemas.Term {
	for range MaxReasons {
		best := 0
		for i, x := range points {
			if math.Abs(x) > math.Abs(points[best]) {
				best = i
			}
		}
		if len(points) == 0 || points[best] == 0 {
			break
		}
		terms = append(terms, schemas.Term{Feature: s.subjects[best], Points: points[best]})
		points[best] = 0
	}
	return terms
}

// Values puts the model's features of a past into dst, as Vector.Values does.
func (s *Scorer) Values(p *Past, dst []float64) { s.vector.Values(p, dst) }

// ReadsDays says of each metric whether the model reads its days, as Vector.ReadsDays does.
func (s *Scorer) ReadsDays() []bool { return s.vector.ReadsDays() }
