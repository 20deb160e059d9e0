package backtest

import (
	"math"
	"slices"
	"strconv"
)

// Figure is a number that the rows may not be able to tell, such as the precision of a rule that flagged nobody. As JSON it is null then.
type Figure float64

// unknown is a figure that cannot be told.
func unknown() Figure { return Figure(math.NaN()) }

// Known reports whether there is a number.
func (f Figure) Known() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// MarshalJSON writes the number, or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 64), nil
}

// over is a share of counts.
func over(part, whole int) Figure {
	if whole == 0 {
		return unknown()
	}
	return Figure(float64(part) / float64(whole))
}

// median sorts the values.
func median(values []float64) Figure {
	slices.Sort(values)
	switch n := len(values); {
	case n == 0:
		return unknown()
	case n%2 == 1:
		return Figure(values[n/2])
	default:
		return Figure((values[n/2-1] + values[n/2]) / 2)
	}
}
