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
func (l *life) gap() float64     { return l.gapOf(56) }

func (l *life) gapOf(window int64) float64 {
	return math.Max(1, math.Min(float64(window), l.tenure())) / math.Max(1, l.days(0, window))
}

// weeks counts weeks with activity day by day.
func (l *life) weeks(from, to int64) float64 {
	n := 0.0
	for w := from; w < to; w++ {
		if l.days(7*w, 7*w+7) > 0 {
			n++
		}
	}
	return n
}

// longest walks through the days, and remembers the active one before.
func (l *life) longest() float64 {
	last, longest := int64(-1), 0.0
	for k := range int64(56) {
		if l.days(k, k+1) > 0 {
			if last >= 0 {
				longest = math.Max(longest, float64(k-last))
			}
			last = k
		}
	}
	if longest == 0 {
		return math.Max(1, math.Min(56, l.tenure()))
	}
	return longest
}

// returns follows the package doc, with powers of Go's own.
func (l *life) returns(window int64) float64 {
	const r, alpha, a, b = 0.5, 10, 0.2, 2.5
	n := l.days(0, window)
	if n == 0 {
		return 0
	}
	known := math.Max(1, math.Min(math.Floor(l.tenure()), float64(window)))
	active := math.Max(known-math.Floor(l.recency()), 0)
	g := 1.0
	if n > 1 {
		g = a / (b + n - 2)
	}
	k := r + n - 1
	return (1 - math.Pow((alpha+known)/(alpha+known+30), k)) / (1 + g*math.Min(math.Pow((alpha+known)/(alpha+active), k), math.Exp(50)))
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
		kept := rapid.IntRange(0, 300).Draw(t, "kept")
		long := min(max(kept, 56), risk.MaxDays)
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
			{"tenure", l.tenure()}, {"recency", l.recency()}, {"gap", l.gap()}, {"longest", l.longest()}, {"alive", 0}, {d, active}, {bought, l.metricDays(1, int64(days[0]), int64(days[1]))}, {w("orders"), s0}, {w("spend"), s1},
			{"log(" + w("spend") + ")", log(s1)}, {fmt.Sprintf("between(tenure, %v, %v)", low, high), math.Min(math.Max(l.tenure(), low), high) - low},
			{fmt.Sprintf("up_to(tenure, %v)", low), math.Min(l.tenure(), low)},
			{"ratio(" + w("orders") + ", " + w("spend") + ")", share}, {"times(recency, " + d + ")", l.recency() * active},
			{fmt.Sprintf("weeks(%dw, %dw)", weeks[0], weeks[1]), l.weeks(int64(weeks[0]), int64(weeks[1]))}, {fmt.Sprintf("weeks(%dw, 36w)", weeks[0]), l.weeks(int64(weeks[0]), 36)},
			{fmt.Sprintf("returns(%dd)", days[1]), l.returns(int64(days[1]))}, {"long_returns", l.returns(int64(long))}, {"long_gap", l.gapOf(int64(long))},
			{"min(recency, gap)", math.Min(l.recency(), l.gap())}, {"plus(recency, gap)", l.recency() + l.gap()},
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
		past := l.past()
		past.LongDays = kept
		v.Values(past, got)
		for i, f := range want {
			if math.Abs(got[i]-f.x) > 1e-9*math.Max(1, math.Abs(f.x)) {
				t.Errorf("%s = %v, want %v", f.text, got[i], f.x)
			}
		}
	})
}

// drawModel makes tables of the recipe's features, and pairs of some of them.
func drawModel(t *rapid.T, metrics []string) *risk.Model {
	m := &risk.Model{Format: risk.Format, Name: "drawn", Bias: rapid.Float64Range(-3, 3).Draw(t, "bias"), HorizonDays: 30, ActiveDays: 28, Metrics: metrics}
	names := append(risk.Features(metrics), risk.LongFeatures(metrics, metrics[:1])...)
	for _, name := range names {
		f := risk.Feature{Name: name, Cuts: drawCuts(t)}
		f.Points = rapid.SliceOfN(rapid.Float64Range(-2, 2), len(f.Cuts)+1, len(f.Cuts)+1).Draw(t, "points")
		m.Features = append(m.Features, f)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "pairs") {
		p := risk.Pair{Features: [2]string{names[i], rapid.SampledFrom(names[4:]).Draw(t, "other")}, Cuts: [2][]float64{drawCuts(t), drawCuts(t)}}
		for range len(p.Cuts[0]) + 1 {
			n := len(p.Cuts[1]) + 1
			p.Points = append(p.Points, rapid.SliceOfN(rapid.Float64Range(-2, 2), n, n).Draw(t, "row"))
		}
		m.Pairs = append(m.Pairs, p)
	}
	return m
}

// drawCuts have whole numbers, which values hit, and others.
func drawCuts(t *rapid.T) []float64 {
	cut := rapid.OneOf(rapid.Map(rapid.IntRange(-2, 60), func(n int) float64 { return float64(n) }), rapid.Float64Range(0, 5), rapid.Float64Range(-1e4, 1e6))
	return slices.Sorted(slices.Values(rapid.SliceOfNDistinct(cut, 0, 12, rapid.ID).Draw(t, "cuts")))
}

// plainBin is the rule of the file.
func plainBin(cuts []float64, x float64) (bin int) {
	for _, cut := range cuts {
		if cut <= x {
			bin++
		}
	}
	return bin
}

// value reads one expression by itself.
func value(t interface{ Fatal(...any) }, text string, metrics []string, p *risk.Past) float64 {
	v, err := risk.CompileFeatures([]string{text}, metrics)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 1)
	v.Values(p, x)
	return x[0]
}

// TestScoreIsTheFormulaOfTheModel reads the model's file as its manual says to, table by table.
func TestScoreIsTheFormulaOfTheModel(t *testing.T) {
	metrics := []string{"orders", "spend"}
	rapid.Check(t, func(t *rapid.T) {
		m, l := drawModel(t, metrics), drawLife(t)
		s, err := risk.Compile(m, metrics, 0)
		if err != nil {
			t.Fatal(err)
		}
		linear, p := m.Bias, l.past()
		for _, f := range m.Features {
			linear += f.Points[plainBin(f.Cuts, value(t, f.Name, metrics, p))]
		}
		for _, pair := range m.Pairs {
			i, j := plainBin(pair.Cuts[0], value(t, pair.Features[0], metrics, p)), plainBin(pair.Cuts[1], value(t, pair.Features[1], metrics, p))
			linear += pair.Points[i][j]
		}
		scratch := new(risk.Scratch)
		if got, want := s.Score(p, scratch), 100/(1+math.Exp(-linear)); math.Abs(got-want) > 1e-6 || math.Abs(scratch.LogOdds()-linear) > 1e-7 {
			t.Errorf("risk %v of %v, want %v of %v", got, scratch.LogOdds(), want, linear)
		}
		reasons := s.Reasons(scratch, nil)
		if !addUp(reasons, scratch.LogOdds()) || len(reasons) > s.MaxReasons() || reasons[len(reasons)-1].Feature != risk.Base {
			t.Errorf("the reasons of %v are %v", scratch.LogOdds(), reasons)
		}
		for i := 1; i < len(reasons)-1; i++ {
			if math.Abs(reasons[i].Points) > math.Abs(reasons[i-1].Points) {
				t.Errorf("reasons are not by size: %v", reasons)
			}
		}
		if again := s.Reasons(scratch, nil); !slices.Equal(again, reasons) {
			t.Errorf("reasons %v, then %v", reasons, again)
		}
	})
}

// addUp reports whether points add up to the log-odds to the last digit, in whatever order.
func addUp(reasons []schemas.Term, logOdds float64) bool {
	forwards, backwards := 0.0, 0.0
	for i := range reasons {
		forwards += reasons[i].Points
		backwards += reasons[len(reasons)-1-i].Points
	}
	return forwards == logOdds && backwards == logOdds
}

// TestWhatTheModelDoesNotNeedChangesNothing puts rubbish wherever Needs does not reach, moves the metrics, and moves the date.
func TestWhatTheModelDoesNotNeedChangesNothing(t *testing.T) {
	metrics := []string{"orders", "spend"}
	rapid.Check(t, func(t *rapid.T) {
		m, l := drawModel(t, metrics), drawLife(t)
		need := m.Needs()
		s, err := risk.Compile(m, metrics, 0)
		if err != nil {
			t.Fatal(err)
		}
		moved, err := risk.Compile(m, []string{"spend", "x", "orders"}, 0)
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

// TestEveryValueIsAFiniteNumber gives features pasts that no state holds.
func TestEveryValueIsAFiniteNumber(t *testing.T) {
	inputs := []string{
		"tenure", "recency", "gap", "longest", "alive", "returns(99d)", "days(0d, 256d)", "weeks(0w, 36w)", "days(orders, 3d, 90d)", "sum(orders, 0w, 26w)", "sum(spend, 0w, 1w)",
	}
	rapid.Check(t, func(t *rapid.T) {
		var feature func(depth int) string
		feature = func(depth int) string {
			x := rapid.SampledFrom(inputs).Draw(t, "input")
			if depth > 0 {
				x = feature(depth - 1)
			}
			switch y := rapid.SampledFrom(inputs).Draw(t, "other"); rapid.IntRange(0, 6).Draw(t, "word") {
			case 0:
				return "log(" + x + ")"
			case 1:
				return "between(" + x + ", -1e300, 1e300)"
			case 2:
				return "up_to(" + x + ", 1e308)"
			case 3:
				return "ratio(" + x + ", " + y + ")"
			case 4:
				return "times(" + x + ", " + y + ")"
			case 5:
				return "plus(" + x + ", " + y + ")"
			default:
				return "min(" + x + ", " + y + ")"
			}
		}
		p := &risk.Past{Tenure: rapid.Int64().Draw(t, "tenure"), Age: rapid.Int64().Draw(t, "age"), Metrics: make([]risk.History, 2)}
		p.Alive = rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0.5, math.MaxFloat64}).Draw(t, "alive")
		for w := range p.Days {
			p.Days[w] = rapid.Uint64().Draw(t, "days")
		}
		for w := range risk.MaxWeeks {
			p.Metrics[0].Weeks[w] = rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0, 7}).Draw(t, "week")
		}
		text := feature(rapid.IntRange(0, 6).Draw(t, "depth"))
		if x := value(t, text, []string{"orders", "spend"}, p); math.IsNaN(x) || math.IsInf(x, 0) {
			t.Errorf("%s is %v", text, x)
		}
	})
}

func TestScoringDoesNotAllocate(t *testing.T) {
	s, err := risk.Compile(small(), []string{"orders", "spend"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, scratch, terms := shopper(), new(risk.Scratch), make([]schemas.Term, 0, s.MaxReasons())
	if n := testing.AllocsPerRun(100, func() { s.Score(p, scratch); terms = s.Reasons(scratch, terms[:0]) }); n != 0 {
		t.Errorf("%v allocations a score", n)
	}
}
