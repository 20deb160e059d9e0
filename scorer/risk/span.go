package risk

import "math"

// span is where a value lies.
type span struct{ least, most float64 }

// anything is the span of what is not looked at more closely.
func anything() span { return span{-math.MaxFloat64, math.MaxFloat64} }

// widened leaves room for what logarithms and powers are off by, which need not rise with what they are made of.
func (s span) widened() span {
	const off = 1e-9
	return span{s.least - off*math.Abs(s.least), s.most + off*math.Abs(s.most)}
}

// spanOf is where an input lies over a stretch.
func (s *step) spanOf(t *Stretch, returning *returnLogs) span {
	switch s.op {
	case tenure:
		return span{float64(t.From-t.First) / day, float64(t.Until-t.First) / day}
	case recency:
		return span{0, float64(t.Until-t.End) / day}
	case gap:
		return t.usualGap(gapDays)
	case longGap:
		return t.usualGap(t.longDays())
	case returns:
		return returning.span(t, int(s.to))
	case longReturns:
		return returning.span(t, t.longDays())
	case activeDays:
		least, most := t.days(int(s.from), int(s.to))
		return span{float64(least), float64(most)}
	case activeWeeks:
		least, most := t.days(7*int(s.from), 7*int(s.to))
		return span{float64((least + 6) / 7), float64(min(most, int(s.to-s.from)))}
	case longest:
		return span{1, gapDays}
	case metricDays:
		return span{0, float64(s.to - s.from)}
	case alive:
		return span{0, 1}
	}
	return anything()
}

// deriveSpan is where a value lies that is made of others.
func (s *step) deriveSpan(spans *[maxSteps]span, logs *logTable) span {
	x, y := spans[s.x&(maxSteps-1)], spans[s.y&(maxSteps-1)]
	switch s.op {
	case logarithm:
		return span{logs.of(x.least), logs.of(x.most)}.widened()
	case between:
		return span{s.part(x.least), s.part(x.most)}
	case upTo:
		return span{min(x.least, s.numbers[0]), min(x.most, s.numbers[0])}
	case ratio:
		return quotients(x, y)
	case plus:
		return span{bounded(x.least + y.least), bounded(x.most + y.most)}
	case smaller:
		return span{min(x.least, y.least), min(x.most, y.most)}
	}
	return corners(x, y, func(a, b float64) float64 { return a * b })
}

// quotients is where the quotient lies, which is 0 unless the divisor is above 0.
func quotients(x, y span) span {
	switch {
	case y.most <= 0:
		return span{}
	case y.least > 0 && x.least >= 0: // as it mostly is
		return span{bounded(x.least / y.most), bounded(x.most / y.least)}
	case y.least > 0:
		return corners(x, y, func(a, b float64) float64 { return a / b })
	}
	q := span{}
	if x.least < 0 {
		q.least = -math.MaxFloat64
	}
	if x.most > 0 {
		q.most = math.MaxFloat64
	}
	return q
}

// corners is where what is made of two values lies, if it rises or falls with either of them all along the other's span.
func corners(x, y span, of func(a, b float64) float64) span {
	a, b, c, d := of(x.least, y.least), of(x.least, y.most), of(x.most, y.least), of(x.most, y.most)
	return span{bounded(min(a, b, c, d)), bounded(max(a, b, c, d))}
}
