package risk_test

import (
	"math/rand/v2"
	"os"
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

func BenchmarkScore(b *testing.B) {
	text, err := os.ReadFile("../../pipeline/config/models/oulad.json")
	if err != nil {
		b.Fatal(err)
	}
	m, err := risk.Decode(text)
	if err != nil {
		b.Fatal(err)
	}
	s, err := risk.Compile(m, m.Metrics, 0)
	if err != nil {
		b.Fatal(err)
	}
	pasts, scratch, terms := drawnPasts(len(m.Metrics)), new(risk.Scratch), make([]schemas.Term, 0, s.MaxReasons())
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
