package state_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/scorer/alive"
	"winback/scorer/oracle"
	"winback/scorer/risk"
)

// longAgo is a model that can be reckoned by hand: with every half day that the last activity lies back, the risk is higher by as much.
func longAgo(enter, exit float64) string {
	recency := risk.Feature{Name: "recency", Points: []float64{0}}
	for half := 1.0; half <= 56; half++ {
		recency.Cuts, recency.Points = append(recency.Cuts, half/2), append(recency.Points, half/8)
	}
	return textOf(&risk.Model{
		Format: risk.Format, Name: "long ago", Chance: true, Features: []risk.Feature{recency}, Bias: -2, HorizonDays: 30, ActiveDays: 28,
		Metrics: []string{"orders"}, Alive: aliveBy("orders"), Threshold: &risk.Threshold{Enter: enter, Exit: exit},
	})
}

func textOf(m *risk.Model) string {
	text, err := m.Encode()
	if err != nil {
		panic(err)
	}
	return string(text)
}

func aliveBy(metric string) *risk.Alive {
	p := cdnow()
	return &risk.Alive{Metric: metric, UnitDays: 7, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}
}

// cdnow are the parameters that Fader, Hardie and Lee (2005) found.
func cdnow() alive.Params { return alive.Params{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426} }

// modeller draws models.
type modeller struct {
	*rand.Rand
	metrics []string
	days    int // that it looks back, at most
}

// draw draws a model of a few tables, and what lets its numbers spread around the threshold.
func (m *modeller) draw() *risk.Model {
	drawn := &risk.Model{
		Format: risk.Format, Name: "drawn", Chance: m.IntN(2) == 0, Bias: 2 * (m.Float64() - 0.5), HorizonDays: 30, ActiveDays: 1 + m.IntN(2*m.days),
		Threshold: &risk.Threshold{Enter: 20 + 60*m.Float64()},
	}
	if m.IntN(2) == 0 {
		drawn.Threshold.Exit = drawn.Threshold.Enter * (0.5 + 0.5*m.Float64())
	}
	rises := m.IntN(2) == 0 // with silence: then activity to come is known to be safe
	for range 1 + m.IntN(5) {
		name := m.expression()
		if slices.ContainsFunc(drawn.Features, func(f risk.Feature) bool { return f.Name == name }) {
			continue
		}
		f := risk.Feature{Name: name, Cuts: m.cuts()}
		if f.Points = m.points(len(f.Cuts) + 1); rises {
			slices.Sort(f.Points)
		}
		drawn.Features = append(drawn.Features, f)
	}
	for range m.IntN(3) {
		if rises {
			break
		}
		drawn.Pairs = append(drawn.Pairs, m.pair())
	}
	if m.IntN(2) == 0 || drawn.Needs().Alive {
		drawn.Alive = aliveBy("orders")
	}
	drawn.Metrics = drawn.Needs().Metrics
	return drawn
}

func (m *modeller) pair() (p risk.Pair) {
	for p.Features[0] == p.Features[1] {
		p.Features = [2]string{m.expression(), m.expression()}
	}
	p.Cuts = [2][]float64{m.cuts(), m.cuts()}
	for range len(p.Cuts[0]) + 1 {
		p.Points = append(p.Points, m.points(len(p.Cuts[1])+1))
	}
	return p
}

// cuts lie at whole and half numbers, as days and counts do, or anywhere.
func (m *modeller) cuts() (cuts []float64) {
	for range 1 + m.IntN(6) {
		cut := float64(m.IntN(2*m.days)) / 2
		if m.IntN(2) == 0 {
			cut = 3 * m.ExpFloat64()
		}
		cuts = append(cuts, cut)
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

func (m *modeller) points(n int) (points []float64) {
	for range n {
		points = append(points, m.NormFloat64())
	}
	return points
}

// expression draws a feature in its one spelling. Most are about activity alone, as those of the generic model are.
func (m *modeller) expression() string {
	from := m.IntN(m.days)
	to, metric := from+1+m.IntN(m.days), m.metrics[m.IntN(len(m.metrics))]
	inputs := []string{
		"recency", "recency", "tenure", "gap", "longest", fmt.Sprintf("days(0d, %dd)", to), fmt.Sprintf("days(%dd, %dd)", from, to),
		fmt.Sprintf("weeks(%dw, %dw)", from/7, to/7+1), fmt.Sprintf("weeks(0w, %dw)", to/7+1), fmt.Sprintf("returns(%dd)", to), "long_gap", "long_returns",
	}
	if m.IntN(3) == 0 {
		inputs = append(inputs, fmt.Sprintf("days(%s, %dd, %dd)", metric, from, to), fmt.Sprintf("sum(%s, %dw, %dw)", metric, from/7, to/7+1), "alive")
	}
	x, y := inputs[m.IntN(len(inputs))], inputs[m.IntN(len(inputs))]
	return []string{
		x, x, x, "ratio(recency, gap)", fmt.Sprintf("ratio(%s, %s)", x, y), fmt.Sprintf("log(%s)", x), fmt.Sprintf("between(%s, 1, 5)", x),
		fmt.Sprintf("up_to(%s, 7)", x), fmt.Sprintf("times(%s, %s)", x, y), fmt.Sprintf("plus(%s, %s)", x, y), fmt.Sprintf("min(%s, %s)", x, y),
	}[m.IntN(11)]
}

// TestAgreesWithOracleByModelsOfAllKinds draws models, and has them decide.
func TestAgreesWithOracleByModelsOfAllKinds(t *testing.T) {
	drawn := uint64(40)
	if testing.Short() {
		drawn = 12
	}
	for name, c := range configs() {
		if c.Model == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			models, events, seen, agreed := 0, 0, map[string]int{}, 0
			for seed := range drawn {
				rng := rand.New(rand.NewPCG(seed, 12))
				c.Model, c.BaseRate, c.RiskExit = drawModel(rng, &c), 0, 0
				random := oracle.Random(rng, c, 12, 90)
				lateness := []int64{0, 300_000, 26 * 3_600_000}[seed%3]
				arrivals := oracle.Disorder(rng, random, []int64{0, 3_600_000, 20 * 86_400_000}[seed%3])
				until := end(c, random, 60*86_400_000)
				want := oracle.JudgeArrivals(c, arrivals, oracle.Clock{Lateness: lateness}, until)
				mustAgree(t, run(t, c, arrivals, oracle.Clock{Lateness: lateness}, until), want, func(user string) string { return c.Model + historyOf(arrivals)(user) })
				models, events, agreed = models+1, events+len(random), agreed+len(want.Decisions)
				count(seen, want)
			}
			t.Logf("counts: %d models, %d events, %d decisions; all of %v agree", models, events, agreed, seen)
			for _, kind := range []string{"entered", "recovered", "settled"} {
				if seen[kind] < int(drawn)/2 && !testing.Short() {
					t.Errorf("%s %d times: the run shows little about it", kind, seen[kind])
				}
			}
		})
	}
}

func drawModel(rng *rand.Rand, c *oracle.Config) string {
	m := modeller{Rand: rng, days: 28}
	for _, metric := range c.Metrics {
		m.metrics = append(m.metrics, metric.Name)
	}
	if c.Window < 3*86_400_000 {
		m.days = 7
	}
	drawn := m.draw()
	if !drawn.Chance && rng.IntN(2) == 0 {
		c.BaseRate = 0.05 + 0.5*rng.Float64()
	}
	return textOf(drawn)
}
