package risk_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

// shopper was last active 3 days ago, has been known for 100 days, and was active on 7 of the last 56 days.
func shopper() *risk.Past {
	p := &risk.Past{Tenure: 100 * 24 * 3600e3, Age: 3 * 24 * 3600e3, Alive: 0.8, Metrics: make([]risk.History, 2)}
	for _, k := range []uint{3, 4, 9, 20, 30, 50, 55, 70} {
		p.Days[k/64] |= 1 << (k % 64)
	}
	p.Metrics[0].Days = [risk.MaxDays / 64]uint64{1<<4 | 1<<9 | 1<<63, 1 << 6}
	p.Metrics[0].Weeks = [risk.MaxWeeks]int64{2, 1, 1, 0, 1}
	p.Metrics[1].Weeks = [risk.MaxWeeks]int64{-500, 1500}
	return p
}

func TestFeaturesByHand(t *testing.T) {
	for text, want := range map[string]float64{
		"tenure":                               100,
		"recency":                              3,
		"gap":                                  8,
		"alive":                                0.8,
		"days(0d, 7d)":                         2,
		"days(50d, 71d)":                       3,
		"weeks(0w, 1w)":                        1,
		"weeks(0w, 8w)":                        5,
		"weeks(1w, 10w)":                       4,
		"weeks(8w, 36w)":                       1,
		"longest":                              20,
		"min(tenure, gap)":                     8,
		"plus(tenure, recency)":                103,
		"days(orders, 0d, 64d)":                3,
		"days( orders ,9d,71d )":               3,
		`days("spend", 0d, 256d)`:              0,
		"sum(orders, 0w, 2w)":                  3,
		"sum(spend, 0w, 26w)":                  1000,
		"log(recency)":                         math.Log(4),
		"log(sum(spend, 0w, 1w))":              -math.Log(501),
		"between(tenure, 90, 120)":             10,
		"between(tenure, 60, 90)":              30,
		"between(tenure, 100, 1e300)":          0,
		"between(sum(spend, 0w, 1w), -600, 1)": 100,
		"up_to(tenure, 30)":                    30,
		"ratio(recency, gap)":                  0.375,
		"ratio(recency, days(5d, 6d))":         0,
		"times(recency, tenure)":               300,
		" log( up_to( tenure ,1.5e1 ) ) ":      math.Log(16),
	} {
		v, err := risk.CompileFeatures([]string{text}, []string{"orders", "spend"})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := make([]float64, 1)
		if v.Values(shopper(), got); math.Abs(got[0]-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", text, got[0], want)
		}
	}
}

func small() *risk.Model {
	return &risk.Model{
		Format: risk.Format, Name: "small", Bias: -1, HorizonDays: 30, ActiveDays: 28, Metrics: []string{"orders", "spend"},
		Features: []risk.Feature{
			{Name: "recency", Cuts: []float64{1, 3, 7}, Points: []float64{-0.5, 0.25, 0.5, 1}, Monotone: risk.Rising}, // 0.5: a cut belongs to the bin above
			{Name: "log(recency)", Cuts: []float64{2}, Points: []float64{0, 3}},                                       // 0
			{Name: "tenure", Cuts: []float64{50}, Points: []float64{1, -2}},                                           // -2
			{Name: "sum(orders, 0w, 1w)", Cuts: []float64{1, 2.5}, Points: []float64{0.75, -0.25, -1}},                // -0.25
			{Name: "sum(spend, 0w, 1w)", Cuts: []float64{-500.5, 0}, Points: []float64{2, -0.5, 1}},                   // -0.5
			{Name: "log(sum(orders, 1w, 2w))", Points: []float64{0}},                                                  // 0
		},
		Pairs: []risk.Pair{{ // 0.125, half of it the tenure's
			Features: [2]string{"up_to(tenure, 365)", "sum(spend, 0w, 1w)"}, Cuts: [2][]float64{{30}, {-600, -100}}, Points: [][]float64{{1, 2, 3}, {4, 0.125, 6}},
		}},
	}
}

func TestScoreByHand(t *testing.T) {
	s, err := risk.Compile(small(), []string{"spend", "visits", "orders"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := shopper()
	p.Metrics = []risk.History{p.Metrics[1], {}, p.Metrics[0]}
	got, reasons := scored(s, p)
	if want := 100 / (1 + math.Exp(1-0.5+2+0.25+0.5-0.125)); math.Abs(got-want) > 1e-9 {
		t.Errorf("risk %v, want %v", got, want)
	}
	want := []schemas.Term{
		{Feature: "tenure", Points: -2 + 0.0625}, {Feature: "recency", Points: 0.5}, {Feature: "spend", Points: -0.5 + 0.0625}, {Feature: "orders", Points: -0.25},
		{Feature: "base", Points: -1},
	}
	if !slices.Equal(reasons, want) {
		t.Fatalf("reasons %v, want %v", reasons, want)
	}
}

// TestTheRecipeFits compiles it for as many metrics as a configuration may name.
func TestTheRecipeFits(t *testing.T) {
	metrics := []string{"online time, in ms"}
	for len(metrics) < 16 {
		metrics = append(metrics, fmt.Sprintf("metric %d", len(metrics)))
	}
	features := append(risk.Features(metrics), risk.LongFeatures(metrics, metrics)...)
	v, err := risk.CompileFeatures(features, metrics)
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != len(features) {
		t.Errorf("%d features of %d", v.Len(), len(features))
	}
	for _, recipe := range []struct {
		features                []string
		days, metricDays, weeks int
	}{{risk.Features(metrics), 56, 0, 4}, {risk.LongFeatures(metrics, metrics[1:2]), 0, 182, 26}} {
		need, err := risk.NeedsOf(recipe.features)
		if err != nil || need.Days != recipe.days || len(need.Weeks) != 16 || need.Weeks["metric 1"] != recipe.weeks ||
			need.MetricDays["metric 1"] != recipe.metricDays || need.MetricDays["metric 2"] != 0 {
			t.Errorf("the recipe needs %+v (%v)", need, err)
		}
	}
}

// scored is a risk with its reasons.
func scored(s *risk.Scorer, p *risk.Past) (float64, []schemas.Term) {
	scratch := new(risk.Scratch)
	return s.Score(p, scratch), s.Reasons(scratch, nil)
}
