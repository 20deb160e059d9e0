package risk

// RisesWithSilence reports whether more silence never makes the number of a user smaller, as far as that can be read off the tables: the longer the
// last activity lies back, all days alike. Whoever asks about the days ahead need then only ask about the longest silence that is possible.
func (m *Model) RisesWithSilence() bool {
	for i := range m.Features {
		f := &m.Features[i]
		if !rises(trendOf(f.Name), f.Points) {
			return false
		}
	}
	for i := range m.Pairs {
		if !m.Pairs[i].risesWithSilence() {
			return false
		}
	}
	return true
}

func (p *Pair) risesWithSilence() bool {
	for _, row := range p.Points {
		if !rises(trendOf(p.Features[1]), row) {
			return false
		}
	}
	for j := range len(p.Cuts[1]) + 1 {
		column := make([]float64, len(p.Points))
		for i, row := range p.Points {
			column[i] = row[j]
		}
		if !rises(trendOf(p.Features[0]), column) {
			return false
		}
	}
	return true
}

// trend is what becomes of a value as the silence grows and nothing else changes.
type trend int8

const (
	falls  trend = -1
	stays  trend = 0
	grows  trend = 1
	unsure trend = 2
)

// rises reports whether points do not fall as the silence grows.
func rises(t trend, points []float64) bool {
	for i := 1; i < len(points); i++ {
		if t == unsure && points[i] != points[0] || t == grows && points[i] < points[i-1] || t == falls && points[i] > points[i-1] {
			return false
		}
	}
	return true
}

func trendOf(name string) trend {
	e, err := parse(name)
	if err != nil {
		return unsure
	}
	return e.trend()
}

func (e *expression) trend() trend {
	switch e.word.op {
	case recency:
		return grows
	case returns, longReturns:
		return falls
	case logarithm, between, upTo:
		return e.parts[0].trend()
	case plus, smaller:
		return joined(e.parts[0].trend(), e.parts[1].trend())
	case ratio, product:
		if x, y := e.parts[0].trend(), e.parts[1].trend(); y == stays && (x == stays || e.parts[1].neverNegative()) {
			return x
		}
		return unsure
	}
	return stays
}

// joined is the trend of what grows with either of two.
func joined(x, y trend) trend {
	switch {
	case x == stays || x == y:
		return y
	case y == stays:
		return x
	}
	return unsure
}

// neverNegative reports whether an input never is: sums are, by refunds, and what is made of others is not looked at.
func (e *expression) neverNegative() bool { return len(e.parts) == 0 && e.word.op != sum }
