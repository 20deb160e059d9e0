package scorer

import (
	"math"
	"math/bits"
	"slices"
)

// within reports cur*den <= base*num exactly, for base > 0: "the drop is at least" the loss the ratio was made of.
func (q ratio) within(cur, base int64) bool {
	if cur <= 0 {
		return true
	}
	aHi, aLo := bits.Mul64(uint64(cur), q.den)
	bHi, bLo := bits.Mul64(uint64(base), q.num)
	return aHi < bHi || aHi == bHi && aLo <= bLo
}

// atLeast reports cur*den >= base*num exactly, for base > 0.
func (q ratio) atLeast(cur, base int64) bool {
	if cur < 0 {
		return false
	}
	aHi, aLo := bits.Mul64(uint64(cur), q.den)
	bHi, bLo := bits.Mul64(uint64(base), q.num)
	return aHi > bHi || aHi == bHi && aLo >= bLo
}

// dropsMore reports whether the drop of a is larger than that of b, both with base > 0: a.cur/(a.base*fa) < b.cur/(b.base*fb), exactly.
func dropsMore(a, b *sums, fa, fb uint32) bool {
	if (a.cur < 0) != (b.cur < 0) {
		return a.cur < 0
	}
	left := product(magnitude(a.cur), uint64(b.base), uint64(fb))
	right := product(magnitude(b.cur), uint64(a.base), uint64(fa))
	if a.cur < 0 {
		left, right = right, left
	}
	return slices.Compare(left[:], right[:]) < 0
}

// product is a*b*c in words, the highest first, for c below 2^32.
func product(a, b, c uint64) [3]uint64 {
	hi, lo := bits.Mul64(a, b)
	carry, low := bits.Mul64(lo, c)
	top, mid := bits.Mul64(hi, c)
	mid, over := bits.Add64(mid, carry, 0)
	return [3]uint64{top + over, mid, low}
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// Drop is 1 - cur/(base*W/B*f), for base > 0, where f is what the population makes of it, in millionths. With one division it is the
// nearest float as long as the products are below 2^53.
func (r *Rules) Drop(cur, base int64, factor uint32) float64 {
	n := ratio{uint64(r.window), uint64(r.baseline)}.of(factor)
	expected := float64(base) * float64(n.num)
	return (expected - float64(cur)*float64(n.den)) / expected
}

// expected is what the current window would hold at the baseline's rate: base*W/B*f.
func (r *Rules) expected(base int64, factor uint32) float64 {
	n := ratio{uint64(r.window), uint64(r.baseline)}.of(factor)
	return float64(base) * float64(n.num) / float64(n.den)
}

// dropped reports whether the metric's drop is at least the loss the ratio was made of, evidence aside.
func (s *sums) dropped(q ratio) bool { return s.base > 0 && q.within(s.cur, s.base) }

// steepest returns the core metric with the largest drop among those that dropped with evidence, -1 if there is none. Ties go to
// the metric configured first.
func (r *Rules) steepest(v *view) int {
	best := -1
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core || !m.dropped(r.enter.of(v.factors[i])) || !r.guard.convinced(m) {
			continue
		}
		if best < 0 || dropsMore(m, &v.metrics[best], v.factors[i], v.factors[best]) {
			best = i
		}
	}
	return best
}

// guard asks whether a drop rests on enough evidence.
type guard struct {
	minBaseline int64
	minWeeks    int
	alpha       float64 // a tie above the configured one
	share       float64 // W/(W+B): the chance that one of the user's events falls into the current window
	few         []int32 // few[n]: the largest count of n events whose chance is at most alpha, -1 if none is
}

// tabled is how many events the guard's table covers; users with more are computed one by one.
// With at most even chances the smallest probability, 2^-1000, is still a normal float.
const tabled = 1000

// tie is by how much a chance may exceed alpha and still count as equal: sums of floats are a little off where the chance is
// alpha exactly, as 1/8 is for none of three events with even chances.
const tie = 1e-11

func newGuard(d Drop, share float64) guard {
	g := guard{minBaseline: d.MinBaseline, minWeeks: d.MinWeeks, alpha: d.Alpha * (1 + tie), share: share, few: make([]int32, tabled)}
	for n := range g.few {
		g.few[n] = int32(fewest(n, share, g.alpha))
	}
	return g
}

// fewest returns the largest k with P(X <= k) <= alpha for X ~ Binomial(n, p), -1 if there is none. It adds the probabilities
// from the smallest on, so n must stay below tabled.
func fewest(n int, p, alpha float64) int {
	pmf := math.Exp(float64(n) * math.Log1p(-p))
	cdf := 0.0
	for k := range n + 1 {
		cdf += pmf
		if cdf > alpha {
			return k - 1
		}
		pmf *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return n
}

func (g *guard) convinced(s *sums) bool {
	return s.nBase >= g.minBaseline && bits.OnesCount64(s.weeks) >= g.minWeeks && g.unlikely(s.nCur, s.nCur+s.nBase)
}

func (g *guard) unlikely(k, n int64) bool {
	if g.alpha >= 1 {
		return true
	}
	if n < tabled {
		return k <= int64(g.few[n])
	}
	return binomialCDF(k, n, g.share) <= g.alpha
}

// most is a number of events in the current window above which no drop of n in all is convincing; below 0 if none ever is.
func (g *guard) most(n int64) int64 {
	most := n - g.minBaseline
	if g.alpha < 1 && n < tabled {
		most = min(most, int64(g.few[n]))
	}
	return most
}

// binomialCDF is P(X <= k), X ~ Binomial(n, p), summed from k downward, where the terms below the mean shrink geometrically. At or
// above the mean that is done to the other tail.
func binomialCDF(k, n int64, p float64) float64 {
	if float64(k) >= float64(n)*p {
		return 1 - binomialCDF(n-k-1, n, 1-p)
	}
	term := math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	sum := 0.0
	for ; k >= 0 && term > sum*1e-17; k-- {
		sum += term
		term *= float64(k) / float64(n-k+1) * (1 - p) / p
	}
	return sum
}

func logChoose(n, k int64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
