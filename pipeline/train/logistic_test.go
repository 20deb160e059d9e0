package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"winback/scorer/risk"
)

// table makes samples of given features, all at one cut-off.
func table(t testing.TB, l2 float64, rows [][]float64, lost []bool) (*Samples, mask) {
	t.Helper()
	features := []string{"recency", "tenure", "days(0d, 1d)", "days(1d, 2d)", "days(2d, 3d)"}[:len(rows[0])]
	vector, err := risk.CompileFeatures(features, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSamples(Config{Horizon: 30 * dayLength, Active: 28 * dayLength, Every: 7 * dayLength, L2: l2, Unseen: 0.2, Test: 0.25}, vector)
	if err != nil {
		t.Fatal(err)
	}
	for r, row := range rows {
		if r%chunkRows == 0 {
			s.chunks = append(s.chunks, &chunk{features: make([]float32, chunkRows*len(row))})
		}
		c := s.chunks[len(s.chunks)-1]
		for j, x := range row {
			c.features[j*chunkRows+c.length] = float32(x)
		}
		c.lost[c.length] = lost[r]
		c.length++
	}
	s.times, s.people = []int64{0}, make([]person, 1)
	return s, s.choose(func(uint16, uint64) bool { return true })
}

// drawnTable draws rows that a logistic regression made.
func drawnTable(n, width int) (rows [][]float64, lost []bool) {
	random := rand.New(rand.NewPCG(3, 4))
	for range n {
		row, z := make([]float64, width), -1.0
		for j := range row {
			row[j] = float64(float32(random.NormFloat64()*math.Pow(10, float64(j-1)) + 5*float64(j)))
			z += float64(1-j%3) * (row[j] - 5*float64(j)) / math.Pow(10, float64(j-1))
		}
		rows, lost = append(rows, row), append(lost, random.Float64() < logistic(z))
	}
	return rows, lost
}

// newton solves the same problem by Newton's method in the plainest way: weights and the bias, of standardised features.
func newton(rows [][]float64, lost []bool, l2 float64) []float64 {
	n, width := float64(len(rows)), len(rows[0])
	w := make([]float64, width+1)
	standard := make([][]float64, len(rows))
	for r := range rows {
		standard[r] = append(slices.Clone(rows[r]), 1)
	}
	for j := range width {
		mean, squares := 0.0, 0.0
		for _, row := range rows {
			mean += row[j] / n
		}
		for _, row := range rows {
			squares += (row[j] - mean) * (row[j] - mean) / n
		}
		for r := range rows {
			standard[r][j] = (rows[r][j] - mean) / math.Sqrt(squares)
		}
	}
	for range 15 {
		slope, curve := mat.NewVecDense(width+1, nil), mat.NewDense(width+1, width+1, nil)
		for j := range width {
			slope.SetVec(j, l2*w[j])
			curve.Set(j, j, l2)
		}
		for r, x := range standard {
			z, came := 0.0, 0.0
			for j := range x {
				z += w[j] * x[j]
			}
			if lost[r] {
				came = 1
			}
			p := logistic(z)
			for j := range x {
				slope.SetVec(j, slope.AtVec(j)+(p-came)*x[j])
				for k := range x {
					curve.Set(j, k, curve.At(j, k)+p*(1-p)*x[j]*x[k])
				}
			}
		}
		var step mat.VecDense
		if err := step.SolveVec(curve, slope); err != nil {
			panic(err)
		}
		for j := range w {
			w[j] -= step.AtVec(j)
		}
	}
	return w
}

func TestTheRegressionEqualsThatOfNewtonsMethod(t *testing.T) {
	rows, lost := drawnTable(2000, 5)
	for _, l2 := range []float64{0.01, 10, 3000} {
		s, all := table(t, l2, rows, lost)
		got, err := s.fit(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		want := newton(rows, lost, l2)
		for j, w := range append(slices.Clone(got.weight), got.bias) {
			if math.Abs(w-want[j]) > 1e-4 {
				t.Errorf("l2 %v: weight %d: got %v, want %v", l2, j, w, want[j])
			}
		}
	}
}

func TestRowsNotChosenDoNotCount(t *testing.T) {
	rows, lost := drawnTable(9000, 3)
	s, all := table(t, 10, rows[:6000], lost[:6000])
	want, err := s.fit(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	// The same rows among others that say the contrary.
	var mixed [][]float64
	var labels, keep []bool
	for r, row := range rows {
		mixed, labels, keep = append(mixed, row), append(labels, lost[r] == (r < 6000)), append(keep, r < 6000)
	}
	s, some := table(t, 10, mixed, labels)
	for k := range some {
		copy(some[k], keep[k*chunkRows:])
	}
	got, err := s.fit(t.Context(), some)
	if err != nil {
		t.Fatal(err)
	}
	for j := range want.weight {
		if math.Abs(got.weight[j]-want.weight[j]) > 1e-6 || math.Abs(got.bias-want.bias) > 1e-6 || got.rows != 6000 {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestAFitIsTheSameOnOneCoreAndOnMany(t *testing.T) {
	rows, lost := drawnTable(3*chunkRows, 4)
	var first *regression
	for _, cores := range []int{1, 2, 4, 2} {
		s, all := table(t, 1, rows, lost)
		before := runtime.GOMAXPROCS(cores)
		got, err := s.fit(t.Context(), all)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if got.bias != first.bias || !slices.Equal(got.weight, first.weight) || got.iterations != first.iterations {
			t.Errorf("%d cores: got %+v, want %+v", cores, got, first)
		}
	}
}

// The columns are one that separates the lost from the others, one that never varies, one that is another's double, and one that
// varies in the last digits alone.
func TestConstantAndEqualColumnsDoNotBreakAFit(t *testing.T) {
	var rows [][]float64
	var lost []bool
	for r := range 1000 {
		gone := r%4 == 0
		apart := 0.0
		if gone {
			apart = 1
		}
		rows = append(rows, []float64{apart, 1e9 + 0.1, 7 * apart, float64(r % 3), 1e6 + float64(r%2)/16})
		lost = append(lost, gone)
	}
	s, all := table(t, 1, rows, lost)
	got, err := s.fit(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if got.features[1].scale != 0 || got.weight[1] != 0 {
		t.Errorf("the constant column has %+v and weight %v", got.features[1], got.weight[1])
	}
	if d := got.features[4]; math.Abs(d.scale-1./32) > 1e-9 {
		t.Errorf("the last column has %+v", d)
	}
	if got.weight[0] < 1 || got.weight[0] > 20 || math.Abs(got.weight[0]-got.weight[2]) > 1e-4 || math.Abs(got.weight[3]) > 0.1 {
		t.Errorf("got weights %v", got.weight)
	}
	for k, c := range s.chunks {
		for i, p := range got.chances(c) {
			if (p > 0.9) != s.chunks[k].lost[i] || (p < 0.1) == s.chunks[k].lost[i] {
				t.Fatalf("row %d: %v", i, p)
			}
		}
	}
}

func TestAFitRefusesRowsOfOneKindAndEndsWithItsContext(t *testing.T) {
	s, all := table(t, 1, [][]float64{{1}, {2}}, []bool{true, true})
	if _, err := s.fit(t.Context(), all); err == nil || !strings.Contains(err.Error(), "of 2 rows to fit, 2 are of users lost") {
		t.Errorf("got %v", err)
	}
	rows, lost := drawnTable(500, 2)
	s, all = table(t, 1, rows, lost)
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := s.fit(ctx, all); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
