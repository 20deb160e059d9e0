package risk_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/scorer/risk"
)

const dayMs = 24 * 3600 * 1000

// life is a user's events as plain lists: what a Past is filled from, and what the oracle reads instead of it.
type life struct {
	h      int64
	active []int64 // starts of active grains before h
	events [2][]struct{ at, value int64 }
}

const grain = 3600 * 1000

func drawLife(t *rapid.T) life {
	l := life{h: rapid.Int64Range(20_000, 20_100).Draw(t, "h") * 6 * grain}
	for range rapid.IntRange(1, 40).Draw(t, "events") {
		back := rapid.Int64Range(1, rapid.SampledFrom([]int64{48, 24 * 60, 24 * 255}).Draw(t, "reach")).Draw(t, "grains back")
		at := l.h - back*grain
		l.active = append(l.active, at)
		m := rapid.IntRange(0, 1).Draw(t, "metric")
		value := rapid.Int64Range(-1000, 100_000).Draw(t, "value")
		l.events[m] = append(l.events[m], struct{ at, value int64 }{at, value})
	}
	return l
}

func (l *life) past() *risk.Past {
	p := &risk.Past{At: l.h, Tenure: l.h - slices.Min(l.active), Age: l.h - slices.Max(l.active) - grain, Alive: -1, Metrics: make([]risk.History, 2)}
	for _, at := range l.active {
		k := (l.h - 1 - at) / dayMs
		p.Days[k/64] |= 1 << (k % 64)
	}
	for m := range l.events {
		for _, e := range l.events[m] {
			k := (l.h - 1 - e.at) / dayMs
			p.Metrics[m].Days[k/64] |= 1 << (k % 64)
			if w := (l.h - 1 - e.at) / (7 * dayMs); w < risk.MaxWeeks {
				p.Metrics[m].Weeks[w] += e.value
			}
		}
	}
	return p
}

// days counts active days the slow way: day by day, is there an active grain?
func (l *life) days(from, to int64) float64 {
	n := 0.0
	for k := from; k < to; k++ {
		if slices.ContainsFunc(l.active, func(at int64) bool { return l.h-(k+1)*dayMs <= at && at < l.h-k*dayMs }) {
			n++
		}
	}
	return n
}

// metricDays counts them day by day too.
func (l *life) metricDays(m int, from, to int64) float64 {
	n := 0.0
	for k := from; k < to; k++ {
		if slices.ContainsFunc(l.events[m], func(e struct{ at, value int64 }) bool { return l.h-(k+1)*dayMs <= e.at && e.at < l.h-k*dayMs }) {
			n++
		}
	}
	return n
}

func (l *life) sum(m int, from, to int64) float64 {
	total := 0.0
	for _, e := range l.events[m] {
		if l.h-to*7*dayMs <= e.at && e.at < l.h-from*7*dayMs {
			total += float64(e.value)
		}
	}
	return total
}

func (l *life) tenure() float64  { return float64(l.h-slices.Min(l.active)) / dayMs }
func (l *life) recency() float64 { return float64(l.h-slices.Max(l.active)-grain) / dayMs }
func (l *life) gap() float64 {
	return math.Max(1, math.Min(56, l.tenure())) / math.Max(1, l.days(0, 56))
}

func log(x float64) float64 {
	if x < 0 {
		return -math.Log(1 - x)
	}
	return math.Log(1 + x)
}

func TestFeaturesEqualTheSlowReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, risk.MaxDays), 2, 2, rapid.ID).Draw(t, "days")
		weeks := rapid.SliceOfNDistinct(rapid.IntRange(0, risk.MaxWeeks), 2, 2, rapid.ID).Draw(t, "weeks")
		slices.Sort(days)
		slices.Sort(weeks)
		low := rapid.Float64Range(0, 100).Draw(t, "low")
		high := low + rapid.SampledFrom([]float64{1, 15, 100}).Draw(t, "length")
		active, s0, s1 := l.days(int64(days[0]), int64(days[1])), l.sum(0, int64(weeks[0]), int64(weeks[1])), l.sum(1, int64(weeks[0]), int64(weeks[1]))
		share := 0.0
		if s1 > 0 {
			share = s0 / s1
		}
		bought := fmt.Sprintf("days(spend, %dd, %dd)", days[0], days[1])
		d, w := fmt.Sprintf("days(%dd, %dd)", days[0], days[1]), func(m string) string { return fmt.Sprintf("sum("+m+", %dw, %dw)", weeks[0], weeks[1]) }
		want := []struct {
			text string
			x    float64
		}{
			{"tenure", l.tenure()}, {"recency", l.recency()}, {"gap", l.gap()}, {"alive", 0}, {d, active}, {bought, l.metricDays(1, int64(days[0]), int64(days[1]))}, {w("orders"), s0}, {w("spend"), s1},
			{"log(" + w("spend") + ")", log(s1)}, {fmt.Sprintf("between(tenure, %v, %v)", low, high), math.Min(math.Max(l.tenure(), low), high) - low},
			{fmt.Sprintf("up_to(tenure, %v)", low), math.Min(l.tenure(), low)},
			{"ratio(" + w("orders") + ", " + w("spend") + ")", share}, {"times(recency, " + d + ")", l.recency() * active},
			{"log(ratio(recency, gap))", log(l.recency() / l.gap())},
		}
		var texts []string
		for _, f := range want {
			texts = append(texts, f.text)
		}
		v, err := risk.CompileFeatures(texts, []string{"orders", "spend"})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, v.Len())
		v.Values(l.past(), got)
		for i, f := range want {
			if math.Abs(got[i]-f.x) > 1e-9*math.Max(1, math.Abs(f.x)) {
				t.Errorf("%s = %v, want %v", f.text, got[i], f.x)
			}
		}
	})
}

// drawModel gives the recipe random weights.
func drawModel(t *rapid.T, metrics []string) *risk.Model {
	m := &risk.Model{Name: "drawn", Bias: rapid.Float64Range(-3, 3).Draw(t, "bias"), HorizonDays: 30, ActiveDays: 28, Metrics: metrics}
	for i, name := range append(risk.Features(metrics), risk.LongFeatures(metrics, metrics[:1])...) {
		low := float64(i % 3)
		m.Features = append(m.Features, risk.Feature{
			Name: name, Weight: rapid.Float64Range(-1, 1).Draw(t, "weight"), Mean: 1, Scale: 0.5 + float64(i%5), Low: low, High: low + 4,
		})
	}
	return m
}

// TestScoreIsTheFormulaOfTheModel reads the model's file as its manual says to, feature by feature.
func TestScoreIsTheFormulaOfTheModel(t *testing.T) {
	metrics := []string{"orders", "spend"}
	rapid.Check(t, func(t *rapid.T) {
		m, l := drawModel(t, metrics), drawLife(t)
		s, err := risk.Compile(m, metrics)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float64, len(m.Features))
		s.Values(l.past(), x)
		linear := m.Bias
		for i, f := range m.Features {
			linear += f.Weight * (math.Min(math.Max(x[i], f.Low), f.High) - f.Mean) / f.Scale
		}
		got, reasons := scored(s, l.past())
		if want := 100 / (1 + math.Exp(-linear)); math.Abs(got-want) > 1e-9 {
			t.Errorf("risk %v, want %v", got, want)
		}
		if len(reasons) > risk.MaxReasons {
			t.Errorf("%d reasons", len(reasons))
		}
		for i := 1; i < len(reasons); i++ {
			if math.Abs(reasons[i].Points) > math.Abs(reasons[i-1].Points) {
				t.Errorf("reasons are not by size: %v", reasons)
			}
		}
	})
}

// TestWhatTheModelDoesNotNeedChangesNothing puts rubbish wherever Needs does not reach, moves the metrics, and moves the date.
func TestWhatTheModelDoesNotNeedChangesNothing(t *testing.T) {
	metrics := []string{"orders", "spend"}
	rapid.Check(t, func(t *rapid.T) {
		m, l := drawModel(t, metrics), drawLife(t)
		need := m.Needs()
		s, err := risk.Compile(m, metrics)
		if err != nil {
			t.Fatal(err)
		}
		moved, err := risk.Compile(m, []string{"spend", "x", "orders"})
		if err != nil {
			t.Fatal(err)
		}
		p := l.past()
		want, reasons := scored(s, p)
		p.At, p.Alive = 0, 0.3
		for k := need.Days; k < risk.MaxDays; k++ {
			p.Days[k/64] ^= rapid.Uint64Range(0, 1).Draw(t, "bit") << (k % 64)
		}
		for i, name := range metrics {
			for k := need.MetricDays[name]; k < risk.MaxDays; k++ {
				p.Metrics[i].Days[k/64] ^= rapid.Uint64Range(0, 1).Draw(t, "metric bit") << (k % 64)
			}
			for w := need.Weeks[name]; w < risk.MaxWeeks; w++ {
				p.Metrics[i].Weeks[w] = rapid.Int64().Draw(t, "rubbish")
			}
		}
		p.Metrics = []risk.History{p.Metrics[1], {}, p.Metrics[0]}
		if got, why := scored(moved, p); got != want || !slices.Equal(why, reasons) {
			t.Errorf("risk %v %v, want %v %v", got, why, want, reasons)
		}
	})
}

func TestScoringDoesNotAllocate(t *testing.T) {
	metrics := []string{"orders", "spend"}
	m := &risk.Model{Name: "flat", HorizonDays: 30, ActiveDays: 28, Metrics: metrics}
	for _, name := range risk.Features(metrics) {
		m.Features = append(m.Features, risk.Feature{Name: name, Weight: 0.1, Scale: 1, High: 10})
	}
	s, err := risk.Compile(m, metrics)
	if err != nil {
		t.Fatal(err)
	}
	p, scratch, terms, x := shopper(), new(risk.Scratch), make([]schemas.Term, 0, risk.MaxReasons), make([]float64, len(m.Features))
	if n := testing.AllocsPerRun(100, func() { s.Score(p, scratch); terms = s.Reasons(scratch, terms[:0]); s.Values(p, x) }); n != 0 {
		t.Errorf("%v allocations a score", n)
	}
}
