package mapping

import (
	"math"
	"math/bits"
)

// decimal is a number as it is written, digits times ten to the exponent, without the rounding of floats.
type decimal struct {
	digits   uint64 // the first 19 significant digits
	exponent int
	negative bool
	cut      bool // digits other than zero follow the 19
}

// maxExponent keeps the sums of exponents far from an int's ends.
const maxExponent = 1 << 20

// What can be wrong with a number.
const (
	notNumber = "not a number"
	notWhole  = "not a whole number, which its unit must be"
	notFits   = "does not fit into 64 bits"
)

var powers = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// parseDecimal reads [+-]digits[point digits][e[+-]digits], with digits on at least one side of the point.
func parseDecimal(s []byte, point byte) (d decimal, ok bool) {
	i := 0
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		d.negative = s[0] == '-'
		i++
	}
	fraction := false
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if s[i] == point && !fraction {
			fraction = true
			continue
		}
		if c > 9 {
			break
		}
		ok = true
		if d.digits < 1e18 {
			d.digits = d.digits*10 + uint64(c)
		} else {
			d.cut = d.cut || c != 0
			d.exponent++
		}
		if fraction {
			d.exponent--
		}
	}
	if !ok || i == len(s) {
		return d, ok
	}
	exponent, ok := parseExponent(s[i:])
	d.exponent += exponent
	return d, ok
}

// parseExponent reads e[+-]digits.
func parseExponent(s []byte) (exponent int, ok bool) {
	if s[0]|0x20 != 'e' {
		return 0, false
	}
	s = s[1:]
	negative := len(s) > 0 && s[0] == '-'
	if negative || len(s) > 0 && s[0] == '+' {
		s = s[1:]
	}
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), maxExponent)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, len(s) > 0
}

// product returns a times b times ten to the shift, computed exactly and then rounded half away from zero; with whole set, what
// would need rounding is refused. The problem is empty if there is none.
func product(a, b decimal, shift int, whole bool) (n int64, problem string) {
	hi, lo := bits.Mul64(a.digits, b.digits)
	if hi|lo == 0 {
		return 0, ""
	}
	cut := a.cut || b.cut
	magnitude, exact, ok := scale(hi, lo, a.exponent+b.exponent+shift, cut)
	switch {
	case whole && !exact:
		return 0, notWhole
	case !ok || magnitude > math.MaxInt64:
		return 0, notFits
	case cut && b.digits != 1 && a.digits != 1:
		return 0, "has too many digits to multiply"
	case a.negative != b.negative:
		return -int64(magnitude), ""
	}
	return int64(magnitude), ""
}

// scale rounds (hi, lo) times ten to the exponent, half away from zero. Digits cut off below lo cannot change how a remainder
// compares to a half, so they matter only where nothing is divided.
func scale(hi, lo uint64, exponent int, cut bool) (n uint64, exact, ok bool) {
	switch {
	case exponent >= 0:
		if hi != 0 || exponent >= len(powers) {
			return 0, true, false
		}
		over, n := bits.Mul64(lo, powers[exponent])
		return n, !cut, over == 0 && !cut
	case exponent < -38:
		return 0, false, true // below 2^128/10^39, which is less than a half
	}
	exact = !cut
	if exponent < -19 {
		var rest uint64
		hi, lo, rest = divide(hi, lo, powers[19])
		exact = exact && rest == 0
		exponent += 19
	}
	unit := powers[-exponent]
	hi, lo, rest := divide(hi, lo, unit)
	if rest >= unit-rest {
		lo++
		if lo == 0 {
			hi++
		}
	}
	return lo, exact && rest == 0, hi == 0
}

// divide divides 128 bits by 64.
func divide(hi, lo, by uint64) (quotientHi, quotientLo, rest uint64) {
	quotientHi, rest = hi/by, hi%by
	quotientLo, rest = bits.Div64(rest, lo, by)
	return quotientHi, quotientLo, rest
}
