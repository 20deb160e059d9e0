package risk

import "math"

// binning finds the bin of a value: how many cuts are not above it.
//
// Whole values, as days and counts are, mostly lie below 256: their bins are read off. Others have cells: a cell is a stretch of values and
// says how many cuts lie before it, so that what is left is to look at the few cuts in it. Both give what counting all cuts would.
type binning struct {
	step  int16
	whole bool
	shift uint8 // the width of a cell is 1 << shift
	low   int64 // where the second cell begins, less its width
	cells [256]uint8
	cuts  []int64 // by orderOf, and after the last one that is above everything
}

func newBinning(step int16, cuts []float64, whole bool) binning {
	b := binning{step: step}
	for _, cut := range cuts {
		b.cuts = append(b.cuts, orderOf(cut))
	}
	b.cuts = append(b.cuts, math.MaxInt64)
	if n := len(cuts); whole && (n == 0 || cuts[0] > 0 && cuts[n-1] < float64(len(b.cells))) {
		b.readOff(cuts)
	} else {
		b.divide()
	}
	return b
}

// readOff is for whole values: bins of 0 to 255, where no cut lies outside.
func (b *binning) readOff(cuts []float64) {
	b.whole = true
	bin := 0
	for x := range b.cells {
		for bin < len(cuts) && cuts[bin] <= float64(x) {
			bin++
		}
		b.cells[x] = uint8(bin)
	}
}

// divide makes cells. Cuts that lie far below the others, as 0 does below all that is above it, would make the cells too wide: so many are
// left to the first cell that the cuts are spread best.
func (b *binning) divide() {
	best := math.MaxInt
	for first := range max(1, len(b.cuts)-1) {
		c := binning{step: b.step, cuts: b.cuts}
		if crowd := c.divideFrom(first); crowd < best {
			*b, best = c, crowd
		}
	}
}

// divideFrom spreads the cells from a cut to the last. It returns the sum over the cells of the squared number of cuts in each.
func (b *binning) divideFrom(first int) (crowd int) {
	cuts := b.cuts[:len(b.cuts)-1]
	if len(cuts) == 0 {
		return 0
	}
	b.low = cuts[first]
	for (uint64(cuts[len(cuts)-1])-uint64(b.low))>>b.shift >= uint64(len(b.cells)) {
		b.shift++
	}
	var inside [len(b.cells)]int
	for _, cut := range cuts {
		inside[b.cell(cut)]++
	}
	before := 0
	for i, n := range inside {
		b.cells[i] = uint8(before)
		before += n
		crowd += n * n
	}
	return crowd
}

// cell never falls as the order of the values rises: so all cuts of the cells before a value's are below it, and all of the cells after it above.
func (b *binning) cell(order int64) uint8 {
	return uint8(min((uint64(max(order, b.low))-uint64(b.low))>>(b.shift&63), uint64(len(b.cells)-1)))
}

func (b *binning) of(x float64) uint8 {
	if b.whole {
		n := int64(x)
		if uint64(n) >= uint64(len(b.cells)) {
			if n = 0; x > 0 {
				n = int64(len(b.cells) - 1)
			}
		}
		return b.cells[uint8(n)]
	}
	order := orderOf(x)
	bin := b.cells[b.cell(order)]
	for b.cuts[bin] <= order {
		bin++
	}
	return bin
}

// orderOf gives numbers a whole number each, in their order.
func orderOf(x float64) int64 {
	order := int64(math.Float64bits(x + 0)) // 0 for both zeros
	return order ^ int64(uint64(order>>63)>>1)
}
