package oracle

import "math"

// past is one user before a border, for a model to read.
type past struct {
	*judge
	*userState
	border int64
}

// at is what an expression comes to.
func (e *expression) at(p *past) float64 {
	part := func(i int) float64 { return e.parts[i].at(p) }
	switch e.word {
	case "log":
		x := part(0)
		return math.Copysign(math.Log1p(math.Abs(x)), x)
	case "between":
		return min(max(part(0), e.numbers[0]), e.numbers[1]) - e.numbers[0]
	case "up_to":
		return min(part(0), e.numbers[0])
	case "ratio":
		if part(1) <= 0 {
			return 0
		}
		return part(0) / part(1)
	case "times":
		return part(0) * part(1)
	case "plus":
		return part(0) + part(1)
	case "min":
		return min(part(0), part(1))
	}
	return e.input(p)
}

// input is what a word without parts comes to.
func (e *expression) input(p *past) float64 {
	switch e.word {
	case "tenure":
		return inDays(p.border - p.cfg.grainStart(p.active[0]))
	case "recency":
		return inDays(p.border - p.cfg.grainEnd(p.active[countBefore(p.active, p.border)-1]))
	case "gap":
		return p.gap(habit)
	case "long_gap":
		return p.gap(p.cfg.longDays())
	case "returns":
		return p.returns(e.to)
	case "long_returns":
		return p.returns(p.cfg.longDays())
	case "longest":
		return p.longestSilence()
	case "days":
		if e.metric != "" {
			return float64(p.metricDays(e.metric, e.from, e.to))
		}
		return float64(p.activeSpans(day, e.from, e.to))
	case "weeks":
		return float64(p.activeSpans(week, e.from, e.to))
	case "sum":
		return float64(p.sum(e.metric, e.from, e.to))
	}
	return p.alive()
}

func inDays(d int64) float64 { return float64(d) / float64(day) }

// known is how many of so many last days the user has been known for, at least one.
func (p *past) known(back int64) float64 {
	return max(min(inDays(p.border-p.cfg.grainStart(p.active[0])), inDays(back)), 1)
}

// gap is the time known over the active days in it.
func (p *past) gap(back int64) float64 {
	return p.known(back) / float64(max(p.activeSpans(day, 0, back), 1))
}

// returns is the chance of activity in the next 30 days, by the active days of so far back.
func (p *past) returns(back int64) float64 {
	const r, alpha, a, b = 0.5, 10, 0.2, 2.5
	n := float64(p.activeSpans(day, 0, back))
	if n == 0 {
		return 0
	}
	whole := func(since int64) float64 { return float64(min((p.border-since)/day, back/day)) }
	known := max(whole(p.cfg.grainStart(p.active[0])), 1)
	seen := max(known-whole(p.cfg.grainEnd(p.active[countBefore(p.active, p.border)-1])), 0)
	g := 1.0
	if n > 1 {
		g = a / (b + n - 2)
	}
	k := r + n - 1
	gone := g * min(math.Pow((alpha+known)/(alpha+seen), k), math.Exp(50))
	return (1 - math.Pow((alpha+known)/(alpha+known+30), k)) / (1 + gone)
}

// activeOn reports whether an active grain begins from one time on and before another.
func (p *past) activeOn(from, to int64) bool { return p.begins(p.active, from, to) }

func (p *past) begins(times []int64, from, to int64) bool {
	for _, t := range times {
		if start := p.cfg.grainStart(t); t < p.border && start >= from && start < to {
			return true
		}
	}
	return false
}

// activeSpans counts the days or weeks with activity between two distances from the border.
func (p *past) activeSpans(span, from, to int64) (n int) {
	for back := from; back < to; back += span {
		if p.activeOn(p.border-back-span, p.border-back) {
			n++
		}
	}
	return n
}

// longestSilence is the most days from one active day to the next within the last 56; or all the time known where there are no two.
func (p *past) longestSilence() float64 {
	last, longest := int64(-1), int64(0)
	for k := range habit / day {
		if !p.activeOn(p.border-(k+1)*day, p.border-k*day) {
			continue
		}
		if last >= 0 {
			longest = max(longest, k-last)
		}
		last = k
	}
	if longest == 0 {
		return p.known(habit)
	}
	return float64(longest)
}

// metricDays counts the days with an event of a metric.
func (p *past) metricDays(metric string, from, to int64) (n int) {
	m := p.cfg.metric(metric)
	var times []int64
	for i, t := range p.times {
		if p.n[m][i+1] > p.n[m][i] {
			times = append(times, t)
		}
	}
	for back := from; back < to; back += day {
		if p.begins(times, p.border-back-day, p.border-back) {
			n++
		}
	}
	return n
}

// sum adds up a metric week by week: a day of the user's own calendar that lies in two of them counts twice.
func (p *past) sum(metric string, from, to int64) (sum int64) {
	m := p.cfg.metric(metric)
	for back := from; back < to; back += week {
		sum += p.total(m, p.before(p.border-back-week), p.before(p.border-back))
	}
	return sum
}

func (p *past) alive() float64 {
	a := p.model.Alive
	x, tx, t, ok := a.Inputs(*p.cfg, p.events[:p.before(p.border)], p.border)
	if !ok {
		return 0
	}
	return a.Chance(x, tx, t)
}
