package risk_test

import (
	"fmt"
	"testing"

	"winback/scorer/risk"
)

// one is a model in which every expression named adds so many points.
func one(points map[string]float64, metrics ...string) *risk.Model {
	m := &risk.Model{Format: risk.Format, Name: "one", HorizonDays: 30, ActiveDays: 28, Metrics: metrics, Alive: &risk.Alive{Metric: "orders", UnitDays: 7, R: 1, Alpha: 1, A: 1, B: 1}}
	for text, x := range points {
		m.Features = append(m.Features, risk.Feature{Name: text, Points: []float64{x}})
	}
	return m
}

func TestWhatRaisesARiskIsSaidInWords(t *testing.T) {
	type points = map[string]float64
	cents := func(metric int, total float64) string { return fmt.Sprintf("%.2f of metric %d", total/100, metric) }
	for _, test := range []struct {
		points points
		want   string
	}{
		{points{"recency": 2, "gap": -1}, "silent 3 days, usually 8 between visits"},
		{points{"recency": 2, "days(0d, 28d)": 0.9, "tenure": 0.5}, "silent 3 days"}, // the others weigh less than half as much; the model does not look 56 days back
		{points{"days(0d, 28d)": 1}, "active on 4 of the last 28 days"},
		{points{"days(0d, 7d)": 1}, "active on 2 of the last 7 days"},
		{points{"tenure": 1, "alive": 0.75, "recency": 0.5}, "silent 3 days, known for 100 days"},
		{points{"sum(spend, 0w, 1w)": 1, "days(orders, 0d, 56d)": 0.5}, "spend: -5.00 of metric 1 in 1 week, orders: on 2 of 28 days"},
		{points{"sum(spend, 4w, 8w)": 1}, "spend: 10.00 of metric 1 in 4 weeks"},
		{points{"recency": -1, "tenure": 0}, ""},
	} {
		metrics := []string{"orders"}
		for text := range test.points {
			if len(text) > 9 && text[:9] == "sum(spend" {
				metrics = append(metrics, "spend")
			}
		}
		s := compile(t, one(test.points, metrics...), 0)
		scratch := new(risk.Scratch)
		s.Score(shopper(), scratch)
		if got := s.Words(shopper(), scratch, risk.Wording{Activity: "visits", Quantity: cents}); got != test.want {
			t.Errorf("%v: got %q, want %q", test.points, got, test.want)
		}
	}
}

func TestShortTimesAreSaidInHours(t *testing.T) {
	s, scratch, p := compile(t, one(map[string]float64{"recency": 1, "gap": 0, "sum(orders, 0w, 3w)": 0.5}, "orders"), 0), new(risk.Scratch), shopper()
	p.Age, p.Days[0] = 3600e3, 1<<56-1
	s.Score(p, scratch)
	if got, want := s.Words(p, scratch, risk.Wording{Activity: "purchases"}), "silent 1 hour, usually 1 between purchases, orders: 4 in 3 weeks"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
