package risk_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"winback/scorer/risk"
)

// No past that a user can come to has a higher risk than is said of the stretch, and it says more than nothing.
func TestNoPastOfAStretchIsAboveItsBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	told, tight := 0, 0
	for range 3000 {
		m := drawBoundModel(rng)
		scorer, err := risk.Compile(m, []string{"m"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		grains, from := drawGrains(rng)
		stretch := stretchOf(grains, from, from+1+rng.Int64N(7*24))
		bound, highest := scorer.AtMost(stretch, &risk.Bounds{}), 0.0
		for range 30 {
			at := from + 1 + rng.Int64N(stretch.Until/hourLong-from)
			past := pastOf(append(slices.Clone(grains), drawFuture(rng, from, at)...), at)
			past.LongDays, past.Alive = stretch.LongDays, rng.Float64()*2-1
			past.Metrics[0].Weeks[0] = rng.Int64N(9) - 4
			risk := scorer.Score(past, &risk.Scratch{})
			if highest = max(highest, risk); risk > bound {
				t.Fatalf("%+v\nof %+v\nat %d of %v: %v is above %v", m, stretch, at, grains, risk, bound)
			}
		}
		if told++; bound < highest+1e-5 {
			tight++
		}
	}
	if tight < told/10 {
		t.Errorf("%d of %d bounds are reached: that shows little", tight, told)
	}
}

const (
	hourLong = 60 * 60 * 1000
	dayLong  = 24 * hourLong
)

func pointsOf(rng *rand.Rand, n int) (points []float64) {
	for range n {
		points = append(points, float64(rng.IntN(3)))
	}
	return points
}

// drawBoundModel draws tables of all kinds of expressions.
func drawBoundModel(rng *rand.Rand) *risk.Model {
	expressions := []string{
		"recency", "tenure", "gap", "days(0d, 7d)", "days(3d, 28d)", "days(0d, 56d)", "weeks(0w, 8w)", "weeks(1w, 3w)", "longest", "returns(56d)", "returns(14d)", "long_gap",
		"long_returns", "days(m, 0d, 9d)", "sum(m, 0w, 1w)", "alive", "log(recency)", "log(sum(m, 0w, 1w))", "between(recency, 2, 9)", "up_to(gap, 5)",
		"ratio(recency, gap)", "ratio(recency, tenure)", "ratio(sum(m, 0w, 1w), days(0d, 7d))", "times(recency, sum(m, 0w, 1w))", "times(recency, days(0d, 28d))",
		"plus(recency, tenure)", "min(recency, gap)", "ratio(days(0d, 7d), days(7d, 35d))",
	}
	m := &risk.Model{Format: risk.Format, Name: "drawn", HorizonDays: 30, ActiveDays: 28}
	m.Alive = &risk.Alive{Metric: "m", UnitDays: 7, R: 0.2, Alpha: 4, A: 0.8, B: 2.4}
	cuts := func() []float64 {
		c := []float64{rng.Float64(), 1 + float64(rng.IntN(9)), 10 + 40*rng.Float64()}
		return c[rng.IntN(2):]
	}
	for _, i := range rng.Perm(len(expressions))[:1+rng.IntN(2)] {
		c := cuts()
		m.Features = append(m.Features, risk.Feature{Name: expressions[i], Cuts: c, Points: pointsOf(rng, len(c)+1)})
	}
	if rng.IntN(2) == 0 {
		i, first, second := rng.Perm(len(expressions)), cuts(), cuts()
		p := risk.Pair{Features: [2]string{expressions[i[0]], expressions[i[1]]}, Cuts: [2][]float64{first, second}}
		for range len(first) + 1 {
			p.Points = append(p.Points, pointsOf(rng, len(second)+1))
		}
		m.Pairs = append(m.Pairs, p)
	}
	m.Metrics = m.Needs().Metrics
	return m
}

// drawGrains draws active hours, oldest first, and an hour after them.
func drawGrains(rng *rand.Rand) (grains []int64, from int64) {
	from = 10_000 + rng.Int64N(24)
	reach, habit := 24*(1+rng.Int64N(70)), rng.Int64N(24)
	for range 1 + rng.IntN(80) {
		hour := from - 1 - rng.Int64N(reach)
		if rng.IntN(3) > 0 { // the same time of day
			hour = hour/24*24 + habit
		}
		if hour < from {
			grains = append(grains, hour)
		}
	}
	if len(grains) == 0 {
		grains = append(grains, from-1)
	}
	slices.Sort(grains)
	return slices.Compact(grains), from
}

// drawFuture draws active hours from one on and before another, often none.
func drawFuture(rng *rand.Rand, from, before int64) (grains []int64) {
	for range rng.IntN(3) * rng.IntN(8) {
		grains = append(grains, from+rng.Int64N(before-from))
	}
	slices.Sort(grains)
	return slices.Compact(grains)
}

func stretchOf(grains []int64, from, until int64) *risk.Stretch {
	s := &risk.Stretch{From: from * hourLong, Until: until * hourLong, First: grains[0] * hourLong, End: (grains[len(grains)-1] + 1) * hourLong, LongDays: 60}
	for i := len(grains) - 1; i >= 0; i-- {
		newest := grains[i]
		for i > 0 && grains[i-1] > newest-24 {
			i--
		}
		s.Add(newest*hourLong, grains[i]*hourLong)
	}
	return s
}

func pastOf(grains []int64, at int64) *risk.Past {
	p := &risk.Past{
		At: at * hourLong, Tenure: (at - grains[0]) * hourLong, Age: (at - grains[len(grains)-1] - 1) * hourLong, Metrics: make([]risk.History, 1),
	}
	for _, grain := range grains {
		if day := (at - 1 - grain) / 24; day < risk.MaxDays {
			p.Days[day/64] |= 1 << (day % 64)
		}
	}
	return p
}
