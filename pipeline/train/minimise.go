package train

import (
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// problem is a function to be made small. eval returns its value at x and writes its slope. The optimiser asks for the two one after the other,
// and they cost as much together as apart.
func problem(eval func(x, slope []float64) float64) optimize.Problem {
	var at, slope []float64
	var value float64
	look := func(x []float64) {
		if slices.Equal(at, x) {
			return
		}
		at = append(at[:0], x...)
		slope = slices.Grow(slope[:0], len(x))[:len(x)]
		value = eval(x, slope)
	}
	return optimize.Problem{
		Func: func(x []float64) float64 { look(x); return value },
		Grad: func(into, x []float64) { look(x); copy(into, slope) },
	}
}
