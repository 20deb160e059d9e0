package state

import "math/bits"

// holes are where blocks were, remembered so that others are laid there: some tracks grow while others shrink, and a block laid in a hole
// saves compaction from moving many. Of each class the newest are kept; what is forgotten, or too small for any block, is left to compaction.
type holes struct {
	lists [deadClass][]hole // by the largest class that fits in
	some  [(deadClass + 63) / 64]uint64
}

// hole is as old as its page was: once the page has been emptied, the hole is void.
type hole struct {
	place uint32
	age   uint32
	size  uint16 // granules
}

const (
	mostHoles = 1 << 10 // kept of a class
	leastHole = 8       // granules: about what the smallest block takes
	looseness = 32      // a block laid in a hole may be larger than was asked for, by one part in so many
)

// push remembers a hole.
func (x *holes) push(h hole) {
	if h.size < leastHole {
		return
	}
	class := fitting(uint32(h.size))
	list := &x.lists[class]
	if len(*list) == mostHoles {
		(*list)[h.place%mostHoles] = h
		return
	}
	*list = append(*list, h)
	x.some[class/64] |= 1 << (class % 64)
}

// pop takes the newest hole of the smallest class, from one on, that has any.
func (x *holes) pop(class uint8) (h hole, found bool) {
	from := ^uint64(0) << (class % 64)
	for word := int(class / 64); word < len(x.some); word++ {
		some := x.some[word] & from
		if from = ^uint64(0); some == 0 {
			continue
		}
		bit := bits.TrailingZeros64(some)
		list := &x.lists[word*64+bit]
		last := len(*list) - 1
		if h, *list = (*list)[last], (*list)[:last]; last == 0 {
			x.some[word] &^= 1 << bit
		}
		return h, true
	}
	return hole{}, false
}

// fitting is the largest class of at most so many granules, at least one.
func fitting(n uint32) uint8 {
	class := classOf(min(n, largest))
	if granules(class) > n {
		class--
	}
	return class
}

// layInHole finds a hole for a block of a class, or of a larger one if hardly anything would be left of the hole.
func (b *blocks) layInHole(class uint8) (place uint32, as uint8, found bool) {
	h, found := b.holes.pop(class)
	for found && b.isVoid(h) {
		h, found = b.holes.pop(class)
	}
	if !found {
		return 0, 0, false
	}
	n, size := granules(class), uint32(h.size)
	if looseness*(size-n) <= n {
		class = fitting(size)
		n = granules(class)
	}
	b.fill(h.place, n)
	if size > n {
		b.leave(hole{h.place + n, h.age, uint16(size - n)})
	}
	return h.place, class, true
}

// isVoid reports whether a hole is no more, or about to go with its page.
func (b *blocks) isVoid(h hole) bool {
	page := h.place >> pageBits
	return b.ages[page] != h.age || b.victim.chosen && b.victim.page == page
}
