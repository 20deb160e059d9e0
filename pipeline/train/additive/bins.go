package additive

import (
	"slices"
	"strconv"
)

// quantiles returns cuts that divide values into bins of about equal size, at most so many. A bin is how many cuts are at or below a value.
func quantiles(values []float32, bins int) []float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	var cuts []float64
	n := len(sorted)
	for from := 0; len(cuts) < bins-1; {
		// The rest is divided anew after each bin, since one that holds a frequent value can be large.
		share := max(1, (n-from)/(bins-len(cuts)))
		to := from + share
		for to < n && sorted[to] == sorted[to-1] {
			to++
		}
		if to >= n {
			break
		}
		cuts = append(cuts, between(sorted[to-1], sorted[to]))
		from = to
	}
	return cuts
}

// between returns the number with the fewest digits by which all numbers that round to low, as training saw them, can be told from those that round to high.
func between(low, high float32) float64 {
	middle := float64(low)/2 + float64(high)/2
	for digits := 1; digits < 10; digits++ {
		x, err := strconv.ParseFloat(strconv.FormatFloat(middle, 'g', digits, 64), 64)
		if rounded := float32(x); err == nil && low < rounded && rounded < high {
			return x
		}
	}
	return middle
}

// bin is how many cuts are at or below x.
func bin(cuts []float64, x float64) int {
	n, found := slices.BinarySearch(cuts, x)
	if found {
		n++
	}
	return n
}

func encode(values []float32, cuts []float64) []uint8 {
	codes := make([]uint8, len(values))
	for i, x := range values {
		codes[i] = uint8(bin(cuts, float64(x)))
	}
	return codes
}

// coarsen chooses of cuts those that divide the rows of the codes into about equal bins, at most so many, and says which coarse bin each bin is in.
func coarsen(codes []uint8, cuts []float64, bins int) (coarse []float64, in []uint8) {
	in = make([]uint8, len(cuts)+1)
	counts := make([]int, len(cuts)+1)
	for _, c := range codes {
		counts[c]++
	}
	left, held := len(codes), 0
	for b, count := range counts {
		in[b] = uint8(len(coarse))
		held += count
		if b < len(cuts) && len(coarse) < bins-1 && held*(bins-len(coarse)) >= left {
			coarse = append(coarse, cuts[b])
			left -= held
			held = 0
		}
	}
	return coarse, in
}
