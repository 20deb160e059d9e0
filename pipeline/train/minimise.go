package train

import (
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// problem makes a function to be minimised. eval returns its value at x and writes its slope there: both together cost no more than one of them,
// and the optimiser asks for them one after the other.
func problem(eval func(x, slope []float64) float64) optimize.Problem {
	var at, slope []float64
	var value float64
	evaluate := func(x []float64) {
		if slices.Equal(at, x) {
			return
		}
		at = append(at[:0], x...)
		slope = slices.Grow(slope[:0], len(x))[:len(x)]
		value = eval(x, slope)
	}
	return optimize.Problem{
		Func: func(x []float64) float64 { evaluate(x); return value },
		Grad: func(into, x []float64) { evaluate(x); copy(into, slope) },
	}
}
