package scorer

import (
	"math"
	"math/bits"
)

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

// convinced reports whether a drop that there is rests on enough evidence.
func (g *guard) convinced(s *sums) bool {
	return s.nBase >= g.minBaseline && bits.OnesCount64(s.weeks) >= g.minWeeks && g.unlikely(s.nCur, s.nCur+s.nBase)
}

// unlikely reports whether the chance of at most k of n events in the current window is at most alpha.
func (g *guard) unlikely(k, n int64) bool {
	if g.alpha >= 1 {
		return true
	}
	if n < tabled {
		return k <= int64(g.few[n])
	}
	return binomialCDF(k, n, g.share) <= g.alpha
}

// mostInWindow is a number of events in the current window above which no drop of n in all is convincing; below 0 if none ever is. It does
// not fall as n grows.
func (g *guard) mostInWindow(n int64) int64 {
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
