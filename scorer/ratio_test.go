package scorer

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
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
		if got := r.entering.least.within(cur, base); got != want {
			t.Fatalf("cur %d, base %d: drop >= 30 %% is %v, want %v", cur, base, got, want)
		}
		back := big.NewRat(1, 1)
		back.Sub(back, drop)
		if got, want := r.leaving.least.atLeast(cur, base), back.Cmp(big.NewRat(85, 100)) >= 0; got != want {
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
