package risk

import "math"

// Bounds is memory that AtMost reuses.
type Bounds struct {
	spans [maxSteps]span
	bins  [maxSteps][2]uint8
}

// AtMost is a risk that no past of a stretch is above. It takes each expression's span by itself, so it need not be the risk of any of them.
func (s *Scorer) AtMost(t *Stretch, b *Bounds) float64 {
	s.vector.bound(t, &b.spans)
	logOdds := s.base
	for i := range s.axes {
		a := &s.axes[i]
		bins := a.highBins(&b.spans[a.step&(maxSteps-1)])
		b.bins[i&(maxSteps-1)] = bins
		logOdds += largest(a.points[bins[0] : int(bins[1])+1])
	}
	for i := range s.pairs {
		logOdds += s.pairs[i].atMost(b)
	}
	const room = 1e-9 // for what a power is off by
	return number(logOdds + room)
}

// atMost is the largest point of the bins that both sides can have.
func (p *pair) atMost(b *Bounds) float64 {
	first, second := b.bins[p.axes[0]&(maxSteps-1)], b.bins[p.axes[1]&(maxSteps-1)]
	from, to := int(p.bins[1][second[0]]), int(p.bins[1][second[1]])
	most := math.Inf(-1)
	for row := int(p.bins[0][first[0]]); row <= int(p.bins[0][first[1]]); row++ {
		if x := largest(p.points[row*p.width+from : row*p.width+to+1]); x > most {
			most = x
		}
	}
	return most
}

// largest is the largest of some points, which are numbers: built-in max would look for what is none.
func largest(points []float64) float64 {
	most := points[0]
	for _, x := range points[1:] {
		if x > most {
			most = x
		}
	}
	return most
}

// bound fills in where the values of all steps lie over a stretch.
func (v *Vector) bound(t *Stretch, spans *[maxSteps]span) {
	t.returnsDays = 0
	for i := range v.steps {
		if s := &v.steps[i]; s.op < logarithm {
			spans[i&(maxSteps-1)] = s.spanOf(t, v.returning)
		} else {
			spans[i&(maxSteps-1)] = s.deriveSpan(spans, v.logs)
		}
	}
}
