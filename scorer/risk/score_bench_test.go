package risk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

// drawnPasts are many, so that no branch is learnt by heart.
func drawnPasts(metrics int) []*risk.Past {
	const n = 1024
	random := rand.New(rand.NewPCG(1, 2))
	pasts := make([]*risk.Past, n)
	for i := range pasts {
		p := &risk.Past{
			Tenure: random.Int64N(300*24) * grain, Age: random.Int64N(1+random.Int64N(28*24)) * grain, Alive: random.Float64(), Metrics: make([]risk.History, metrics),
		}
		for w := range p.Days {
			p.Days[w] = random.Uint64() & random.Uint64()
		}
		for j := range p.Metrics {
			for w := range p.Metrics[j].Weeks {
				p.Metrics[j].Weeks[w] = random.Int64N(1 + random.Int64N(100))
			}
		}
		pasts[i] = p
	}
	return pasts
}

// fullModel is as large as training makes one for two metrics: every feature cut into 64 bins of equal weight, and ten pairs of 16 x 16.
func fullModel(t testing.TB, metrics []string, pasts []*risk.Past) *risk.Model {
	names := []string{
		"recency", "gap", "ratio(recency, gap)", "tenure", "days(0d, 7d)", "days(7d, 14d)", "days(14d, 28d)", "days(28d, 56d)", "days(0d, 28d)", "days(0d, 56d)",
		"longest", "ratio(recency, longest)", "weeks(0w, 8w)", "ratio(days(0d, 7d), days(7d, 35d))",
	}
	for _, m := range metrics {
		for _, f := range []string{"sum(%s, 0w, 1w)", "sum(%s, 0w, 4w)", "sum(%s, 4w, 8w)", "ratio(sum(%s, 0w, 1w), sum(%[1]s, 1w, 5w))"} {
			names = append(names, fmt.Sprintf(f, m))
		}
	}
	m := &risk.Model{Format: risk.Format, Name: "full", HorizonDays: 30, ActiveDays: 28, Metrics: metrics}
	for i, name := range names {
		f := risk.Feature{Name: name, Cuts: quantiles(t, name, metrics, pasts, 64), Points: []float64{-1}}
		for j := range f.Cuts {
			f.Points = append(f.Points, float64(j%7)/7)
		}
		m.Features = append(m.Features, f)
		if i == 0 || i > 10 {
			continue
		}
		p := risk.Pair{Features: [2]string{names[0], name}, Cuts: [2][]float64{quantiles(t, names[0], metrics, pasts, 16), quantiles(t, name, metrics, pasts, 16)}}
		for range len(p.Cuts[0]) + 1 {
			p.Points = append(p.Points, make([]float64, len(p.Cuts[1])+1))
		}
		m.Pairs = append(m.Pairs, p)
	}
	return m
}

// quantiles are the cuts that divide the pasts into so many bins of equal weight, or fewer where values are equal.
func quantiles(t testing.TB, name string, metrics []string, pasts []*risk.Past, bins int) (cuts []float64) {
	values := make([]float64, len(pasts))
	for i, p := range pasts {
		values[i] = value(t, name, metrics, p)
	}
	slices.Sort(values)
	for i := 1; i < bins; i++ {
		cuts = append(cuts, values[i*len(values)/bins])
	}
	return slices.Compact(cuts)
}

func BenchmarkScore(b *testing.B) {
	metrics := []string{"clicks", "visits"}
	pasts := drawnPasts(len(metrics))
	s, err := risk.Compile(fullModel(b, metrics, pasts), metrics, 0)
	if err != nil {
		b.Fatal(err)
	}
	scratch, terms := new(risk.Scratch), make([]schemas.Term, 0, s.MaxReasons())
	b.Run("score", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			s.Score(pasts[n%len(pasts)], scratch)
		}
	})
	b.Run("score and reasons", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			s.Score(pasts[n%len(pasts)], scratch)
			terms = s.Reasons(scratch, terms[:0])
		}
	})
}
