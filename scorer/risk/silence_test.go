package risk_test

import (
	"math/rand/v2"
	"testing"

	"winback/scorer/risk"
)

// A model that is said to rise with silence does: nobody's number is smaller when the last activity lies further back.
func TestAModelThatRisesWithSilenceDoes(t *testing.T) {
	rng, expressions := rand.New(rand.NewPCG(1, 2)), []string{
		"recency", "ratio(recency, gap)", "log(recency)", "returns(56d)", "plus(recency, tenure)", "min(recency, gap)", "times(recency, days(0d, 28d))",
		"between(recency, 2, 9)", "up_to(recency, 5)", "ratio(gap, recency)", "days(0d, 7d)", "longest", "times(recency, sum(m, 0w, 4w))",
	}
	said := map[bool]int{}
	for range 4000 {
		m := &risk.Model{Format: risk.Format, Name: "drawn", HorizonDays: 30, ActiveDays: 28}
		m.Features = []risk.Feature{{Name: expressions[rng.IntN(len(expressions))], Cuts: []float64{1, 4}, Points: pointsOf(rng, 3)}}
		if rng.IntN(2) == 0 {
			name := expressions[rng.IntN(4)]
			m.Pairs = []risk.Pair{{Features: [2]string{name, "gap"}, Cuts: [2][]float64{{3}, {2}}, Points: [][]float64{pointsOf(rng, 2), pointsOf(rng, 2)}}}
		}
		m.Metrics = m.Needs().Metrics
		rises := m.RisesWithSilence()
		if said[rises]++; !rises {
			continue
		}
		scorer, err := risk.Compile(m, []string{"m"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		past := risk.Past{Tenure: rng.Int64N(100 * dayLong), Days: [4]uint64{rng.Uint64() & rng.Uint64()}, Metrics: []risk.History{{Weeks: [26]int64{rng.Int64N(9) - 4}}}}
		before := -1.0
		for past.Age = 0; past.Age < past.Tenure; past.Age += 1 + rng.Int64N(2*dayLong) {
			if risk := scorer.Score(&past, &risk.Scratch{}); risk < before {
				t.Fatalf("%+v falls from %v to %v", m, before, risk)
			} else {
				before = risk
			}
		}
	}
	if said[true] < 500 || said[false] < 500 {
		t.Errorf("%v: that shows little", said)
	}
}

const dayLong = 24 * 60 * 60 * 1000

func pointsOf(rng *rand.Rand, n int) (points []float64) {
	for range n {
		points = append(points, float64(rng.IntN(3)))
	}
	return points
}
