package state

import "math/bits"

// holes remember where blocks were, so that other blocks are put there: some tracks grow while others shrink, and a block that fills a hole spares
// compaction from moving many. Of each class the newest holes are remembered. Others, and those too small for any block, wait for compaction.
type holes struct {
	lists    [firstDeadClass][]hole             // by the largest class that fits in, the newest last
	nonEmpty [(firstDeadClass + 63) / 64]uint64 // a bit for each list that has holes
}

// hole is where a block was.
type hole struct {
	place uint32
	age   uint32 // of its page at the time: when the page is emptied it grows older, and the hole is stale
	size  uint16 // granules
}

const (
	maxHolesPerClass = 1 << 10 // that are remembered
	minHole          = 8       // granules, about what the smallest block takes: smaller holes are not remembered
	holeWasteOneIn   = 32      // a block in a hole may be larger than was asked for by one part in so many, to leave no hole that is of no use
)

// push remembers a hole.
func (x *holes) push(h hole) {
	if h.size < minHole {
		return
	}
	class := largestClassWithin(uint32(h.size))
	list := &x.lists[class]
	if len(*list) == maxHolesPerClass {
		(*list)[h.place%maxHolesPerClass] = h
		return
	}
	*list = append(*list, h)
	x.nonEmpty[class/64] |= 1 << (class % 64)
}

// pop takes the newest hole of the smallest class that has any, of this class or a larger one.
func (x *holes) pop(class uint8) (h hole, found bool) {
	from := ^uint64(0) << (class % 64)
	for word := int(class / 64); word < len(x.nonEmpty); word++ {
		some := x.nonEmpty[word] & from
		if from = ^uint64(0); some == 0 {
			continue
		}
		bit := bits.TrailingZeros64(some)
		list := &x.lists[word*64+bit]
		last := len(*list) - 1
		if h, *list = (*list)[last], (*list)[:last]; last == 0 {
			x.nonEmpty[word] &^= 1 << bit
		}
		return h, true
	}
	return hole{}, false
}

// largestClassWithin is the largest class of at most so many granules. n is at least one.
func largestClassWithin(n uint32) uint8 {
	class := classOf(min(n, maxClassGranules))
	if granules(class) > n {
		class--
	}
	return class
}

// allocateInHole finds a hole for a block of a class. The block is of a larger class, as, if hardly anything would be left of the hole otherwise.
func (b *blocks) allocateInHole(class uint8) (place uint32, as uint8, found bool) {
	h, found := b.holes.pop(class)
	for found && b.isStale(h) {
		h, found = b.holes.pop(class)
	}
	if !found {
		return 0, 0, false
	}
	n, size := granules(class), uint32(h.size)
	if holeWasteOneIn*(size-n) <= n {
		class = largestClassWithin(size)
		n = granules(class)
	}
	b.reuseHole(h.place, n)
	if size > n {
		b.markHole(hole{h.place + n, h.age, uint16(size - n)})
	}
	return h.place, class, true
}

// isStale reports whether a hole's page has been emptied since, or is being emptied.
func (b *blocks) isStale(h hole) bool {
	page := h.place >> pageBits
	return b.ages[page] != h.age || b.victim.chosen && b.victim.page == page
}
