package scorer

import (
	"math"
	"math/bits"
	"slices"

	"winback/schemas"
)

// ratio compares a/b with a limit without rounding: a*den against b*num.
type ratio struct{ num, den uint64 }

// whole is one in millionths.
const whole = 1_000_000

// lossRatio turns "drop >= loss", that is 1 - cur/(base*W/B) >= loss, into cur*den <= base*num.
func lossRatio(loss float64, window, baseline schemas.Duration) ratio {
	lost, _ := millionths(loss)
	num, den := uint64(whole-lost)*uint64(window), whole*uint64(baseline)
	d := gcd(num, den)
	return ratio{num / d, den / d}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// scaledBy is the ratio where the expectation is f millionths of what it was.
func (q ratio) scaledBy(f uint32) ratio {
	if f == whole {
		return q
	}
	return ratio{q.num * uint64(f), q.den * whole}
}

// bounds are within what the population's change is divided out, in millionths: see Population. While that is off, both are whole.
type bounds struct{ floor, ceiling uint32 }

func newBounds(p Population) bounds {
	if !p.On {
		return bounds{whole, whole}
	}
	floor, _ := millionths(p.Floor)
	ceiling, _ := millionths(p.Ceiling)
	return bounds{uint32(floor), uint32(ceiling)}
}

func (b bounds) on() bool { return b.floor != whole || b.ceiling != whole }

// within reports cur*den <= base*num exactly, for base > 0: "the drop is at least" the loss the ratio was made of.
func (q ratio) within(cur, base int64) bool {
	if cur <= 0 {
		return true
	}
	aHi, aLo := bits.Mul64(uint64(cur), q.den)
	bHi, bLo := bits.Mul64(uint64(base), q.num)
	return aHi < bHi || aHi == bHi && aLo <= bLo
}

// most is the largest cur, for base > 0, that is within.
func (q ratio) most(base int64) int64 {
	hi, lo := bits.Mul64(uint64(base), q.num)
	if hi >= q.den {
		return math.MaxInt64
	}
	most, _ := bits.Div64(hi, lo, q.den)
	return int64(min(most, math.MaxInt64))
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

// sums is what one metric adds up to at one border.
type sums struct {
	cur, base   int64
	nCur, nBase int64
	weeks       uint64 // the baseline's weeks with events, counted back from its end
}

// dropped reports whether the metric's drop is at least the loss the ratio was made of, evidence aside.
func (s *sums) dropped(q ratio) bool { return s.base > 0 && q.within(s.cur, s.base) }

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

// quotient is a / b for a quotient below 2^32, by long division in binary: it is taken once a border and metric.
func quotient(a [3]uint64, hi, lo uint64) (q uint64) {
	for bit := 31; bit >= 0; bit-- {
		p := [3]uint64{hi >> (64 - bit), hi<<bit | lo>>(64-bit), lo << bit}
		low, borrow := bits.Sub64(a[2], p[2], 0)
		mid, borrow := bits.Sub64(a[1], p[1], borrow)
		top, borrow := bits.Sub64(a[0], p[0], borrow)
		if borrow == 0 {
			a, q = [3]uint64{top, mid, low}, q|1<<bit
		}
	}
	return q
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
