package state

import "math/bits"

// pages are the memory that blocks share: 64 KiB each, without pointers, cut from slabs. Places and sizes are in granules. A page is filled from its
// beginning to its end; a block that is released leaves a hole, which another block may fill, and when all blocks of a page have gone the page is
// free as a whole. Every granule of a page that is neither free nor open belongs to a block or to a hole, so that a walk from header to header
// meets every one of them.
type pages struct {
	allocator pageAllocator
	slabs     [][]byte // of slabPages pages each; the first one is shorter while it is the only one
	used      []uint16 // of each page: granules in blocks, or freePage
	ages      []uint32 // of each page: how often it has been emptied
	holes     holes
	freePages []uint32 // those whose used is freePage; the last one is taken first
	live      uint64   // granules in blocks
	dead      uint64   // granules in holes
}

const (
	pageBits     = 14
	pageGranules = 1 << pageBits
	pageBytes    = pageGranules * granule
	slabPages    = pieceBytes / pageBytes
	freePage     = 1<<16 - 1 // instead of a number of granules: the page is in freePages
	maxPages     = 1 << (32 - pageBits)
)

// openPage is a page that is being filled.
type openPage struct {
	page uint32
	used uint32 // granules from its beginning that have been given out
	open bool   // there is one
}

// locate returns the slab that a place is in, and the byte of the slab at which it is.
func (p *pages) locate(place uint32) (slab []byte, at uint32) {
	return p.slabs[place/(slabPages*pageGranules)], place % (slabPages * pageGranules) * granule
}

// bytesAt returns the slab's bytes from a place on.
func (p *pages) bytesAt(place uint32) []byte {
	slab, at := p.locate(place)
	return slab[at:]
}

// allocateAtEnd gives out the next granules of an open page. If it has not enough left, it is closed and another page is opened.
func (p *pages) allocateAtEnd(f *openPage, n uint32) (place uint32) {
	if !f.open || f.used+n > pageGranules {
		p.closePage(f)
		*f = openPage{page: p.allocatePage(), open: true}
	}
	place = f.page<<pageBits + f.used
	f.used += n
	p.used[f.page] += uint16(n)
	p.live += uint64(n)
	return place
}

// closePage makes a hole of what is left of an open page.
func (p *pages) closePage(f *openPage) {
	if !f.open {
		return
	}
	if rest := pageGranules - f.used; rest > 0 {
		p.makeHole(f.page<<pageBits+f.used, rest)
	}
	f.open = false
	p.recycleIfEmpty(f.page)
}

// makeHole makes a hole of granules that belong to neither a block nor a hole.
func (p *pages) makeHole(place, n uint32) {
	p.dead += uint64(n)
	p.markHole(hole{place, p.ages[place>>pageBits], uint16(n)})
}

// markHole writes a hole's headers and remembers it.
func (p *pages) markHole(h hole) {
	p.markDead(h.place, uint32(h.size))
	p.holes.push(h)
}

// reuseHole gives the first granules of a hole to a block.
func (p *pages) reuseHole(place, n uint32) {
	p.used[place>>pageBits] += uint16(n)
	p.live += uint64(n)
	p.dead -= uint64(n)
}

// markDead writes the headers of a hole, as pieces whose sizes are powers of two, so that a walk through the page passes over them.
func (p *pages) markDead(place, n uint32) {
	for n > 0 {
		class := firstDeadClass + uint8(bits.Len32(n)-1)
		p.bytesAt(place)[0] = class
		place += granules(class)
		n -= granules(class)
	}
}

// free takes back granules of a block. It reports whether their page is free by that; an open page never is. The last granules that an open page has
// given out go back to what it can give out; others become a hole.
func (p *pages) free(place, n uint32, openPages *[2]openPage) (emptied bool) {
	page := place >> pageBits
	p.used[page] -= uint16(n)
	p.live -= uint64(n)
	for i := range openPages {
		f := &openPages[i]
		if !f.open || f.page != page {
			continue
		}
		if place+n == page<<pageBits+f.used {
			f.used -= n
			return false
		}
		p.makeHole(place, n)
		return false
	}
	p.makeHole(place, n)
	return p.recycleIfEmpty(page)
}

// recycleIfEmpty frees a page that no block is left in. Its holes are stale from then on.
func (p *pages) recycleIfEmpty(page uint32) bool {
	if p.used[page] != 0 {
		return false
	}
	p.used[page] = freePage
	p.ages[page]++
	p.dead -= pageGranules
	p.freePages = append(p.freePages, page)
	return true
}

// allocatePage returns a page that holds nothing.
func (p *pages) allocatePage() (page uint32) {
	if last := len(p.freePages) - 1; last >= 0 {
		page = p.freePages[last]
		p.freePages = p.freePages[:last]
		p.used[page] = 0
		return page
	}
	if len(p.used) == maxPages {
		panic("state: a partition holds 16 GiB of users at the most: use more partitions")
	}
	page = uint32(len(p.used))
	p.used = append(p.used, 0)
	p.addMemory(page)
	return page
}

// addMemory makes sure that there is memory for a page, the first one after the last. The first slab begins with one page and doubles, so that a
// small partition stays small.
func (p *pages) addMemory(page uint32) {
	p.ages = append(p.ages, 0)
	slab, end := int(page/slabPages), int(page%slabPages+1)*pageBytes
	switch {
	case slab == len(p.slabs) && slab > 0:
		p.slabs = append(p.slabs, p.allocator.allocate())
	case slab == len(p.slabs):
		p.slabs = append(p.slabs, make([]byte, pageBytes))
	case end > len(p.slabs[slab]):
		p.slabs[slab] = append(make([]byte, 0, 2*len(p.slabs[slab])), p.slabs[slab]...)[:2*len(p.slabs[slab])]
	}
}
