package additive

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func fitted(t testing.TB, cfg Config, rows *Rows) *Model {
	t.Helper()
	m, err := Fit(t.Context(), cfg, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *Model) curve(column int) *Curve {
	for k := range m.Curves {
		if m.Curves[k].Column == column {
			return &m.Curves[k]
		}
	}
	return &Curve{Points: []float64{0}}
}

// off is the mean distance between a curve and what it should be, both of mean 0 over the rows.
func (d *drawn) off(column int, got, want func(float64) float64) float64 {
	var both [2][]float64
	mean := [2]float64{}
	for _, x := range d.Columns[column].Values {
		for k, f := range []func(float64) float64{got, want} {
			y := f(float64(x))
			both[k] = append(both[k], y)
			mean[k] += y / float64(len(d.Labels))
		}
	}
	sum := 0.0
	for i := range both[0] {
		sum += math.Abs(both[0][i] - mean[0] - both[1][i] + mean[1])
	}
	return sum / float64(len(d.Labels))
}

func TestKnownCurvesAreRecovered(t *testing.T) {
	d := draw(40_000, 1)
	m := fitted(t, quick(), &d.Rows)
	for column, c := range map[int]struct {
		curve func(float64) float64
		most  float64
	}{
		bent: {bentCurve, 0.12}, stepped: {steppedCurve, 0.15}, straight: {straightCurve, 0.12}, left: {func(float64) float64 { return 0 }, 0.06},
		noise: {func(float64) float64 { return 0 }, 0.06}, rareNoise: {func(float64) float64 { return 0 }, 0.06},
	} {
		got := m.curve(column)
		if off := d.off(column, func(x float64) float64 { return got.At(float32(x)) }, c.curve); off > c.most {
			t.Errorf("%s is off by %.3f on average, more than %.2f: %+v", d.Columns[column].Name, off, c.most, got)
		}
	}
}

func TestFeaturesThatSayNothingGetFewPoints(t *testing.T) {
	d := draw(40_000, 2)
	m := fitted(t, quick(), &d.Rows)
	for _, column := range []int{noise, rareNoise} {
		c := m.curve(column)
		if high, low := slices.Max(c.Points), slices.Min(c.Points); max(high, -low) > 0.25 {
			t.Errorf("%s has points from %.2f to %.2f", d.Columns[column].Name, low, high)
		}
	}
}

func TestAKnownPairIsFoundFirstAndRecovered(t *testing.T) {
	d := draw(40_000, 3)
	m := fitted(t, quick(), &d.Rows)
	if len(m.Surfaces) == 0 || m.Surfaces[0].Columns != [2]int{left, right} {
		t.Fatalf("got pairs %+v, want that of columns %d and %d first", m.Surfaces, left, right)
	}
	off, rows := 0.0, d.values()
	for i, x := range rows[left] {
		off += math.Abs(m.Surfaces[0].At(x, rows[right][i])-pairSurface(float64(x), float64(rows[right][i]))) / float64(len(rows[left]))
	}
	if off > 0.2 {
		t.Errorf("the pair is off by %.3f on average", off)
	}
	with, without := d.distance(m), d.distance(fitted(t, func() Config { c := quick(); c.Pairs = 0; return c }(), &d.Rows))
	if with > 0.6*without {
		t.Errorf("log-odds are off by %.3f with pairs, by %.3f without", with, without)
	}
}

// distance is the mean distance of the log-odds to the true ones.
func (d *drawn) distance(m *Model) float64 {
	off := 0.0
	for i, z := range m.LogOdds(d.values()) {
		off += math.Abs(z-d.logOdds[i]) / float64(len(d.logOdds))
	}
	return off
}

func TestCurvesAreCentred(t *testing.T) {
	d := draw(10_000, 4)
	m := fitted(t, quick(), &d.Rows)
	rows := d.values()
	for k := range m.Curves {
		sum := 0.0
		for _, x := range rows[m.Curves[k].Column] {
			sum += m.Curves[k].At(x)
		}
		if mean := sum / 10_000; math.Abs(mean) > 1e-4 {
			t.Errorf("curve %d has mean %v", k, mean)
		}
	}
}

func TestMonotoneFeaturesAreMonotoneAlsoInPairs(t *testing.T) {
	d := draw(20_000, 5)
	d.Columns[straight].Monotone, d.Columns[bent].Monotone = Rising, Falling
	d.Columns[left].Monotone, d.Columns[right].Monotone = Rising, Falling
	cfg := quick()
	cfg.Pairs = 15
	m := fitted(t, cfg, &d.Rows)
	seen := 0
	for i := range 200 {
		at := func(column int, x float32) float64 {
			point := make([][]float32, len(d.Columns))
			for j := range point {
				point[j] = []float32{d.Columns[j].Values[i]}
			}
			point[column][0] = x
			return m.LogOdds(point)[0]
		}
		for j, c := range d.Columns {
			last := at(j, -3)
			for x := float32(-2.9); x < 3 && c.Monotone != Free; x += 0.1 {
				now := at(j, x)
				if float64(c.Monotone)*(now-last) < -1e-9 {
					t.Fatalf("%s goes from %v to %v at %v, in a row of %v", c.Name, last, now, x, c)
				}
				if now != last {
					seen++
				}
				last = now
			}
		}
	}
	if seen == 0 {
		t.Error("no feature moved anything")
	}
}

func TestTheSameRowsGiveTheSameModelOnAnyNumberOfCores(t *testing.T) {
	d := draw(5000, 6)
	var first []byte
	for _, cores := range []int{1, 2, 4, 2} {
		before := runtime.GOMAXPROCS(cores)
		m := fitted(t, quick(), &d.Rows)
		runtime.GOMAXPROCS(before)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if string(first) != string(text) {
			t.Errorf("%d cores: got %s, want %s", cores, text, first)
		}
	}
}

// A row of weight 3 counts as three rows; the trees differ only by what they may do with few rows.
func TestWeightsCountAsRows(t *testing.T) {
	d := draw(6000, 7)
	cfg := quick()
	cfg.MinLeaf, cfg.Pairs = 1, 0
	var copies Rows
	for _, c := range d.Columns {
		copies.Columns = append(copies.Columns, Column{Name: c.Name})
	}
	for i, label := range d.Labels {
		weight := 1 + 2*(i%2)
		d.Weights = append(d.Weights, float32(weight))
		for range weight {
			copies.Labels, copies.Groups = append(copies.Labels, label), append(copies.Groups, d.Groups[i])
			for j := range copies.Columns {
				copies.Columns[j].Values = append(copies.Columns[j].Values, d.Columns[j].Values[i])
			}
		}
	}
	cfg.Bins = 16 // of about the same cuts
	got, want := fitted(t, cfg, &d.Rows).LogOdds(d.values()), fitted(t, cfg, &copies).LogOdds(d.values())
	off := 0.0
	for i := range got {
		off += math.Abs(got[i]-want[i]) / float64(len(got))
	}
	d.Weights = nil
	if without := fitted(t, cfg, &d.Rows).LogOdds(d.values()); slices.Equal(got, without) {
		t.Error("weights change nothing")
	}
	if off > 0.1 {
		t.Errorf("log-odds are off by %.3f on average", off)
	}
}

func TestAFitTellsHowFarItIsAndEndsWithItsContext(t *testing.T) {
	d := draw(5000, 8)
	var most, total atomic.Int64
	if _, err := Fit(t.Context(), quick(), &d.Rows, func(done, of int) {
		for {
			if before := most.Load(); int64(done) <= before || most.CompareAndSwap(before, int64(done)) {
				break
			}
		}
		total.Store(int64(of))
	}); err != nil || most.Load() != total.Load() || total.Load() == 0 {
		t.Errorf("%v: told %d of %d", err, most.Load(), total.Load())
	}
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := Fit(ctx, quick(), &d.Rows, nil); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeFittedIsRefusedWithWhatIsNeeded(t *testing.T) {
	for want, spoil := range map[string]func(*drawn){
		"10 rows to fit: at least 200 are needed":                                                    func(d *drawn) { *d = *draw(10, 9) },
		"of 400 rows to fit, 400 have the label and 0 have not: at least 20 of either are needed":    func(d *drawn) { fill(d.Labels, true) },
		"the rows are of 10 groups: at least 50 are needed":                                          func(d *drawn) { mapAll(d.Groups, func(i int) uint64 { return uint64(i % 10) }) },
		`columns[2]: "straight": it never varies: a feature needs two values at least; leave it out`: func(d *drawn) { fill(d.Columns[2].Values, 7) },
		`columns[1]: "stepped": row 3: NaN is no number to learn from`:                               func(d *drawn) { d.Columns[1].Values[3] = float32(math.NaN()) },
		`columns[1]: "stepped": row 3: -Inf is no number to learn from`:                              func(d *drawn) { d.Columns[1].Values[3] = float32(math.Inf(-1)) },
		`columns[0]: "bent": 399 values for 400 rows`:                                                func(d *drawn) { d.Columns[0].Values = d.Columns[0].Values[1:] },
		`columns[0]: "bent": direction 2: use -1, 0 or 1`:                                            func(d *drawn) { d.Columns[0].Monotone = 2 },
		"columns: none: give a feature":                                                              func(d *drawn) { d.Columns = nil },
		"weights: 3 of 400 rows: every row needs one":                                                func(d *drawn) { d.Weights = []float32{1, 1, 1} },
		"weights: row 0: NaN: must be above 0":                                                       func(d *drawn) { d.Weights = make([]float32, 400); fill(d.Weights, float32(math.NaN())) },
		"groups: 399 of 400 rows: every row needs one":                                               func(d *drawn) { d.Groups = d.Groups[1:] },
	} {
		d := draw(400, 9)
		spoil(d)
		if _, err := Fit(t.Context(), quick(), &d.Rows, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func fill[T any](values []T, with T) { mapAll(values, func(int) T { return with }) }

func mapAll[T any](values []T, with func(i int) T) {
	for i := range values {
		values[i] = with(i)
	}
}

// BenchmarkFit fits as many rows as the memory of a laptop takes with ease, on one round after the other.
func BenchmarkFit(b *testing.B) {
	d := draw(300_000, 10)
	for j := range 40 {
		d.Columns = append(d.Columns, d.Columns[j%7])
	}
	cfg := Defaults()
	cfg.Rounds, cfg.Patience = 50, 50
	for b.Loop() {
		fitted(b, cfg, &d.Rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(300_000*47*50*cfg.Bags), "ns/row-step")
}

// What is known beforehand stays where the rows tell nothing else, and gives way where they do.
func TestAPriorIsOnlyAddedTo(t *testing.T) {
	prior := func(x float64) float64 { return 2 * x }
	rng := rand.New(rand.NewPCG(3, 3))
	for name, c := range map[string]struct{ truth func(x float64) float64 }{
		"as known":    {prior},
		"the reverse": {func(x float64) float64 { return -2 * x }},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 40_000
			rows := &Rows{Columns: []Column{{Name: "x", Values: make([]float32, n), Prior: prior}}, Labels: make([]bool, n), Groups: make([]uint64, n)}
			for i := range n {
				x := 2*rng.Float64() - 1
				rows.Columns[0].Values[i], rows.Groups[i] = float32(x), rng.Uint64()
				rows.Labels[i] = rng.Float64() < logistic(1+c.truth(x))
			}
			m, err := Fit(t.Context(), Defaults(), rows, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []float32{-0.9, -0.5, 0, 0.5, 0.9} {
				if got, want := m.Bias+m.Curves[0].At(x), 1+c.truth(float64(x)); math.Abs(got-want) > 0.35 {
					t.Errorf("at %v: got %.3f, want %.3f", x, got, want)
				}
			}
		})
	}
}

// A prior far from the rows moves the bias, not the share of the labels.
func TestThePriorLeavesTheShareOfLabels(t *testing.T) {
	const n = 5000
	rng := rand.New(rand.NewPCG(4, 4))
	rows := &Rows{Columns: []Column{{Name: "x", Values: make([]float32, n), Prior: func(x float64) float64 { return 30 + x }}}, Labels: make([]bool, n), Groups: make([]uint64, n)}
	set := 0.0
	for i := range n {
		x := 2*rng.Float64() - 1
		rows.Columns[0].Values[i], rows.Groups[i] = float32(x), rng.Uint64()
		if rows.Labels[i] = rng.Float64() < logistic(x-1); rows.Labels[i] {
			set++
		}
	}
	m, err := Fit(t.Context(), Defaults(), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	expected := 0.0
	for _, z := range m.LogOdds([][]float32{rows.Columns[0].Values}) {
		expected += logistic(z)
	}
	if math.Abs(expected-set) > 0.02*n {
		t.Errorf("%.0f labels are expected, and there are %.0f", expected, set)
	}
}
