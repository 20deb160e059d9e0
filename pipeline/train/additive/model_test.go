package additive

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func smallPoints() *rapid.Generator[float64] {
	return rapid.Map(rapid.IntRange(-2, 2), func(n int) float64 { return float64(n) / 4 })
}

func cutsOf(n int) []float64 {
	cuts := make([]float64, n)
	for i := range cuts {
		cuts[i] = float64(i)
	}
	return cuts
}

func TestMergingEqualBinsChangesNoPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(1, 8).Draw(t, "bins"), rapid.IntRange(1, 4).Draw(t, "columns")
		c := Curve{Cuts: cutsOf(n - 1), Points: rapid.SliceOfN(smallPoints(), n, n).Draw(t, "points")}
		s := Surface{Cuts: [2][]float64{cutsOf(n - 1), cutsOf(k - 1)}, Points: rapid.SliceOfN(rapid.SliceOfN(smallPoints(), k, k), n, n).Draw(t, "surface")}
		before := Surface{Cuts: s.Cuts, Points: clone(s.Points)}
		curve := c
		c.simplify()
		s.simplify()
		for i := range n {
			x := float32(i) - 0.5
			if c.At(x) != curve.At(x) {
				t.Fatalf("at %v: got %v of %+v, want %v", x, c.At(x), c, curve.At(x))
			}
			for j := range k {
				if y := float32(j) - 0.5; s.At(x, y) != before.At(x, y) {
					t.Fatalf("at %v, %v: got %v of %+v, want %v", x, y, s.At(x, y), s, before.At(x, y))
				}
			}
		}
		for i := 1; i < len(c.Points); i++ {
			if c.Points[i] == c.Points[i-1] {
				t.Fatalf("equal bins are left: %+v", c)
			}
		}
		for i := 1; i < len(s.Points); i++ {
			if slices.Equal(s.Points[i], s.Points[i-1]) {
				t.Fatalf("equal rows are left: %+v", s)
			}
		}
	})
}

// The test tries all trees of two leaves.
func TestTheFirstSplitIsTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Defaults()
		cfg.Leaves, cfg.Rate, cfg.MinLeaf = 2, 1, rapid.IntRange(1, 6).Draw(t, "least")
		sums := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cell {
			n := rapid.IntRange(0, 5).Draw(t, "rows")
			return cell{float64(n) * rapid.Float64Range(-1, 1).Draw(t, "slope"), float64(n) * rapid.Float64Range(0.1, 0.25).Draw(t, "curve"), float64(n)}
		}), 2, 9).Draw(t, "sums")
		direction := Direction(rapid.IntRange(-1, 1).Draw(t, "direction"))
		steps := make([]float32, len(sums))
		cfg.line(sums, direction, steps)
		gain := func(from, to int) (s cell) {
			for _, c := range sums[from:to] {
				s = s.plus(c)
			}
			return s
		}
		best := cfg.gain(gain(0, len(sums)))
		for at := 1; at < len(sums); at++ {
			low, high := gain(0, at), gain(at, len(sums))
			if low.rows >= float64(cfg.MinLeaf) && high.rows >= float64(cfg.MinLeaf) && float64(direction)*(cfg.value(high)-cfg.value(low)) >= 0 {
				best = max(best, cfg.gain(low)+cfg.gain(high))
			}
		}
		got := 0.0
		for from := 0; from < len(steps); {
			to := from
			for to < len(steps) && steps[to] == steps[from] {
				to++
			}
			got += cfg.gain(gain(from, to))
			from = to
		}
		if got < best-1e-6 {
			t.Fatalf("steps %v gain %v, the best %v", steps, got, best)
		}
	})
}
