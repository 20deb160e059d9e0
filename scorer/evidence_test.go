package scorer

import (
	"math"
	"math/big"
	"testing"

	"winback/schemas"
)

// TestFewestMatchesTheDefinition recomputes the guard's table with rationals for small n and checks that the sum for large n agrees
// with the table's way of computing where both work.
func TestFewestMatchesTheDefinition(t *testing.T) {
	alpha := big.NewRat(1, 20)
	for n := range 120 {
		sum, want := new(big.Rat), -1
		for k := 0; k <= n; k++ {
			term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(k)))
			term.Mul(term, power(big.NewRat(1, 5), k))
			term.Mul(term, power(big.NewRat(4, 5), n-k))
			if sum.Add(sum, term); sum.Cmp(alpha) > 0 {
				break
			}
			want = k
		}
		if got := fewest(n, 0.2, 0.05); got != want {
			t.Fatalf("n %d: %d, want %d", n, got, want)
		}
	}
	for n := int64(500); n < 3000; n += 37 {
		k := int64(fewest(int(n), 0.2, 0.05))
		if binomialCDF(k, n, 0.2) > 0.05 || binomialCDF(k+1, n, 0.2) <= 0.05 {
			t.Errorf("n %d: P(X <= %d) = %v, P(X <= %d) = %v", n, k, binomialCDF(k, n, 0.2), k+1, binomialCDF(k+1, n, 0.2))
		}
	}
}

// TestTheGuardTakesAlphaItself tries chances that are alpha to the last digit: "at most" includes them.
func TestTheGuardTakesAlphaItself(t *testing.T) {
	for _, c := range []struct {
		window, baseline schemas.Duration
		alpha            float64
		cur, base        int64
	}{
		{7 * day, 7 * day, 0.5, 1, 2}, {7 * day, 7 * day, 0.125, 0, 3}, {7 * day, 7 * day, 0.015625, 0, 6}, {7 * day, 7 * day, 0.25, 0, 2},
		{7 * day, 21 * day, 0.421875, 0, 3}, {3 * day, 27 * day, 0.729, 0, 3}, {7 * day, 28 * day, 0.512, 0, 3},
	} {
		config := Defaults()
		config.Window, config.Baseline, config.Drop.Alpha, config.Drop.MinWeeks = c.window, c.baseline, c.alpha, 1
		r := compile(t, config)
		if !r.guard.unlikely(c.cur, c.cur+c.base) {
			t.Errorf("W %v, B %v, alpha %v: %d and %d events are not few enough", c.window, c.baseline, c.alpha, c.cur, c.base)
		}
		config.Drop.Alpha -= 0.001
		if compile(t, config).guard.unlikely(c.cur, c.cur+c.base) {
			t.Errorf("W %v, B %v: %d and %d events are few at alpha %v too", c.window, c.baseline, c.cur, c.base, config.Drop.Alpha)
		}
	}
}

func power(x *big.Rat, n int) *big.Rat {
	p := big.NewRat(1, 1)
	for range n {
		p.Mul(p, x)
	}
	return p
}

// TestNoFewAboveTheMean asks for a chance above one half, of users below the table's end and beyond: more than expected is not few.
func TestNoFewAboveTheMean(t *testing.T) {
	g := newGuard(Drop{Alpha: 0.9}, 0.2)
	for _, n := range []int64{tabled - 1, tabled, 2000, 100_000} {
		mean, deviation := float64(n)*0.2, math.Sqrt(float64(n)*0.2*0.8)
		for _, c := range []struct {
			deviations float64
			want       bool
		}{{-3, true}, {0, true}, {1, true}, {1.6, false}, {3, false}} {
			if k := int64(mean + c.deviations*deviation); g.unlikely(k, n) != c.want {
				t.Errorf("%d of %d events: unlikely is %v, want %v", k, n, !c.want, c.want)
			}
		}
	}
	if g.unlikely(2000, 2000) {
		t.Error("all of 2000 events are few")
	}
}
