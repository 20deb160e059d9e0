package load

import "math/bits"

// alias draws an index in proportion to its weight in constant time (Walker's method, built as by Vose).
type alias []column

// column is kept with probability keep / 2^32, else other is drawn.
type column struct{ keep, other uint32 }

// newAlias takes weights and their sum. It overwrites the weights.
func newAlias(weights []float32, sum float64) alias {
	scale := float64(len(weights)) / sum
	order := make([]uint32, len(weights)) // the light ones from the left, the heavy ones from the right
	light, heavy := 0, len(weights)
	for i := range weights {
		weights[i] = float32(float64(weights[i]) * scale)
		if weights[i] < 1 {
			order[light] = uint32(i)
			light++
		} else {
			heavy--
			order[heavy] = uint32(i)
		}
	}
	return pair(weights, order, light)
}

// pair fills each light column up with a heavy one. order[:heavy] are light, the rest heavy; a heavy one that becomes light by
// what it gave is the next to be filled.
func pair(weights []float32, order []uint32, heavy int) alias {
	a := make(alias, len(weights))
	for i := range a {
		a[i] = column{keep: ^uint32(0), other: uint32(i)}
	}
	for next := 0; next < heavy && heavy < len(order); next++ {
		l, h := order[next], order[heavy]
		a[l] = column{keep: uint32(float64(weights[l]) * (1 << 32)), other: h}
		weights[h] -= 1 - weights[l]
		if weights[h] < 1 {
			heavy++
		}
	}
	return a
}

// draw maps 64 random bits to an index.
func (a alias) draw(random uint64) int {
	// The product's high half picks the column and its low half is uniform within it, fine enough for up to 2^32 columns.
	i, within := bits.Mul64(random, uint64(len(a)))
	if c := a[i]; uint32(within>>32) > c.keep {
		return int(c.other)
	}
	return int(i)
}
