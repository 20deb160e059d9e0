package scorer

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"winback/schemas"
)

func defaultRules(tb testing.TB) *Rules {
	tb.Helper()
	return compile(tb, Defaults())
}

func compile(tb testing.TB, c Config) *Rules {
	tb.Helper()
	vocabulary, err := c.Vocabulary()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := Compile(c, vocabulary, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// interesting returns values where products overflow 64 bits, where thresholds lie, and small ones.
func interesting(rng *rand.Rand) int64 {
	switch rng.IntN(4) {
	case 0:
		return rng.Int64N(100) - 20
	case 1:
		return rng.Int64N(1<<40) - 1<<20
	case 2:
		return math.MaxInt64 - rng.Int64N(100)
	}
	return -rng.Int64()
}

// TestRatiosAreExact compares the 128-bit comparisons with rationals.
func TestRatiosAreExact(t *testing.T) {
	r := defaultRules(t)
	rng := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 200_000 {
		base := max(1, interesting(rng))
		cur := interesting(rng)
		if rng.IntN(3) == 0 && base < 1<<40 { // on the threshold or one beside it
			cur = base*7/40 + rng.Int64N(3) - 1
		}
		drop := new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Mul(big.NewRat(cur, 1), new(big.Rat).Mul(big.NewRat(4, 1), big.NewRat(1, base))))
		want := drop.Cmp(big.NewRat(3, 10)) >= 0
		if got := r.enter.within(cur, base); got != want {
			t.Fatalf("cur %d, base %d: drop >= 30 %% is %v, want %v", cur, base, got, want)
		}
		back := big.NewRat(1, 1)
		back.Sub(back, drop)
		if got, want := r.exit.atLeast(cur, base), back.Cmp(big.NewRat(85, 100)) >= 0; got != want {
			t.Fatalf("cur %d, base %d: back at 85 %% is %v, want %v", cur, base, got, want)
		}
		if want {
			hits++
		}
	}
	if hits < 1000 || hits > 199_000 {
		t.Errorf("%d of 200000 pairs dropped: the sample shows one side only", hits)
	}
}

func TestDropsMoreIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		a, b := sums{cur: interesting(rng), base: max(1, interesting(rng))}, sums{cur: interesting(rng), base: max(1, interesting(rng))}
		if rng.IntN(3) == 0 {
			b = sums{cur: a.cur, base: a.base}
		}
		fa, fb := uint32(whole), uint32(whole)
		if rng.IntN(2) == 0 {
			fa, fb = 1+rng.Uint32N(whole), 1+rng.Uint32N(10*whole)
		}
		left, right := new(big.Rat).SetFrac64(a.cur, a.base), new(big.Rat).SetFrac64(b.cur, b.base)
		left.Mul(left, big.NewRat(int64(fb), 1))
		right.Mul(right, big.NewRat(int64(fa), 1))
		if got, want := dropsMore(&a, &b, fa, fb), left.Cmp(right) < 0; got != want {
			t.Fatalf("%d/%d at %d against %d/%d at %d: %v, want %v", a.cur, a.base, fa, b.cur, b.base, fb, got, want)
		}
	}
}

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

func TestAddSaturates(t *testing.T) {
	for _, c := range [][3]int64{
		{math.MaxInt64, 1, math.MaxInt64}, {math.MinInt64, -1, math.MinInt64}, {math.MaxInt64, math.MinInt64, -1}, {3, -5, -2},
		{math.MaxInt64 - 1, 1, math.MaxInt64},
	} {
		if got := addSaturated(c[0], c[1]); got != c[2] {
			t.Errorf("%d + %d = %d, want %d", c[0], c[1], got, c[2])
		}
	}
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

// TestFactorsAreExact compares with big numbers, also where products pass 128 bits.
func TestFactorsAreExact(t *testing.T) {
	config := Defaults()
	config.Drop.Population = Population{On: true, Floor: 0.25, Ceiling: 1.5}
	r := compile(t, config)
	rng := rand.New(rand.NewPCG(8, 9))
	inside := 0
	for range 100_000 {
		cur, base := interesting(rng), interesting(rng)
		if rng.IntN(2) == 0 {
			base = 1 + rng.Int64N(1<<(2+rng.IntN(60)))
			cur = int64(float64(base) / 4 * 2 * rng.Float64())
		}
		want := int64(whole)
		if base > 0 {
			f := new(big.Int).Mul(big.NewInt(cur), big.NewInt(int64(r.baseline)*whole))
			f.Div(f, new(big.Int).Mul(big.NewInt(base), big.NewInt(int64(r.window))))
			want = 250_000
			if f.Cmp(big.NewInt(1_500_000)) > 0 {
				want = 1_500_000
			} else if f.Cmp(big.NewInt(want)) > 0 {
				want = f.Int64()
				inside++
			}
		}
		if got := r.Factor(cur, base); int64(got) != want {
			t.Fatalf("%d against %d: %d, want %d", cur, base, got, want)
		}
	}
	if inside < 1000 {
		t.Errorf("%d factors lay within the bounds: the sample shows little", inside)
	}
}
