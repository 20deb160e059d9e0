//go:build unix

package measure

import (
	"cmp"
	"slices"
)

// Median returns the cost with the middle wall time, of two middle ones the longer, so that its figures belong to one run. It
// panics without costs.
func Median(costs []Cost) Cost {
	sorted := slices.SortedFunc(slices.Values(costs), func(a, b Cost) int { return cmp.Compare(a.Wall, b.Wall) })
	return sorted[len(sorted)/2]
}
