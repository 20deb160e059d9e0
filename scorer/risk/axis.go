package risk

import (
	"math"
	"math/bits"
	"slices"
)

// axis is one expression with all the cuts that tables make in it. A value's bin is how many cuts are not above it.
//
// Whole values, as days and counts are, mostly lie below 255: their bins are read off. Others have cells: a cell is a stretch of values and
// says how many cuts lie before it, so that what is left is to pass the few cuts in it. Both give what counting all cuts would.
type axis struct {
	step    int16
	subject int16
	whole   bool
	shift   uint8        // the width of a cell is 1 << shift
	most    uint8        // cuts in a cell
	cells   [cells]uint8 // whole: the bin of each value from -1 on, which stands for all below 0; otherwise the cuts before each cell
	low     uint64       // where the first cell begins
	orders  []uint64     // the cuts, and after them what is above everything, by orderOf
	points  []float64    // by bin, of the feature that is this expression; zeros if none is
	slope   slope        // of the points, and those of the pairs that have this side
	cuts    []float64
}

const cells = MaxCuts + 1

// prepare makes ready what bin reads.
func (a *axis) prepare(whole bool) {
	if a.points == nil {
		a.points = make([]float64, len(a.cuts)+1)
	}
	a.slope = a.slope.joined(slopeOf(a.points))
	for _, cut := range a.cuts {
		a.orders = append(a.orders, orderOf(cut))
	}
	a.orders = append(a.orders, math.MaxUint64)
	if n := len(a.cuts); whole && (n == 0 || a.cuts[0] > -1 && a.cuts[n-1] <= cells-2) {
		a.whole = true
		for x := range a.cells {
			a.cells[x] = uint8(binOf(a.cuts, float64(x-1)))
		}
		return
	}
	a.divide()
}

// binOf counts the cuts.
func binOf(cuts []float64, x float64) int {
	n, found := slices.BinarySearch(cuts, x)
	if found {
		n++
	}
	return n
}

// divide makes cells. Cuts that lie far below the others, as 0 does below all that is above it, would make the cells too wide: so many are
// left to the first cell that the cuts are spread best.
func (a *axis) divide() {
	best := *a
	best.most = math.MaxUint8
	for from := range a.cuts {
		if tried := a.dividedFrom(from); tried.most < best.most {
			best = tried
		}
	}
	if len(a.cuts) > 0 {
		*a = best
	}
}

// dividedFrom spreads the cells from a cut to the last.
func (a *axis) dividedFrom(from int) axis {
	d, orders := *a, a.orders[:len(a.cuts)]
	d.low = orders[from]
	for (orders[len(orders)-1]-d.low)>>d.shift >= cells {
		d.shift++
	}
	var inside [cells]uint8
	for _, order := range orders {
		inside[d.cell(order)]++
	}
	before := uint8(0)
	for i, n := range inside {
		d.cells[i] = before
		before += n
		d.most = max(d.most, n)
	}
	return d
}

// cell never falls as values rise: so the cuts of the cells before a value's are below it, and those of the cells after it above.
func (a *axis) cell(order uint64) uint8 {
	return uint8(min((max(order, a.low)-a.low)>>(a.shift&63), cells-1))
}

func (a *axis) bin(x float64) uint8 {
	if a.whole {
		n := int64(x) + 1
		if uint64(n) >= cells { // also of a number that no int64 holds
			if n = 0; x > 0 {
				n = cells - 1
			}
		}
		return a.cells[uint8(n)]
	}
	order := orderOf(x)
	bin := uint64(a.cells[a.cell(order)])
	for range a.most {
		_, above := bits.Sub64(order, a.orders[bin], 0) // 1 if the cut is above: a branch would be guessed wrong too often
		bin += 1 - above
	}
	return uint8(bin)
}

// orderOf gives numbers a whole number each, in their order.
func orderOf(x float64) uint64 {
	order := math.Float64bits(x + 0) // 0 for both zeros
	return order ^ (uint64(int64(order)>>63) | 1<<63)
}
