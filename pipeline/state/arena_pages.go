package state

import "math/bits"

// pages are where blocks lie: 64 KiB each, without pointers, cut out of slabs. Blocks are laid one behind another; what dies leaves
// a hole until the page is emptied as a whole. Live and dead bytes are counted in granules.
type pages struct {
	memory memory
	slabs  [][]byte
	used   []uint16 // live granules of each page; unused for a page that holds nothing
	ages   []uint32 // how often each page has been emptied since the start
	holes  holes
	spare  []uint32 // pages that hold nothing
	live   uint64
	dead   uint64
}

const (
	pageBits     = 14
	pageGranules = 1 << pageBits
	pageBytes    = pageGranules * granule
	slabPages    = pieceBytes / pageBytes
	unused       = 1<<16 - 1
	maxPages     = 1 << (32 - pageBits)
)

// front is a page that is being filled.
type front struct {
	page uint32
	at   uint32 // granules of it that are given out
	open bool
}

// slab is where a place lies, and at which byte.
func (p *pages) slab(place uint32) (slab []byte, at uint32) {
	return p.slabs[place/(slabPages*pageGranules)], place % (slabPages * pageGranules) * granule
}

func (p *pages) bytes(place uint32) []byte {
	slab, at := p.slab(place)
	return slab[at:]
}

// lay gives out the next granules of a front, going on to a new page if this one is full.
func (p *pages) lay(f *front, n uint32) (place uint32) {
	if !f.open || f.at+n > pageGranules {
		p.seal(f)
		*f = front{page: p.take(), open: true}
	}
	place = f.page<<pageBits + f.at
	f.at += n
	p.used[f.page] += uint16(n)
	p.live += uint64(n)
	return place
}

// seal makes what is left of a front's page dead.
func (p *pages) seal(f *front) {
	if !f.open {
		return
	}
	if rest := pageGranules - f.at; rest > 0 {
		p.dig(f.page<<pageBits+f.at, rest)
	}
	f.open = false
	p.reuseIfEmpty(f.page)
}

// dig makes a hole.
func (p *pages) dig(place, n uint32) {
	p.dead += uint64(n)
	p.leave(hole{place, p.ages[place>>pageBits], uint16(n)})
}

// leave marks a hole and remembers it.
func (p *pages) leave(h hole) {
	p.bury(h.place, uint32(h.size))
	p.holes.push(h)
}

// fill makes the first granules of a hole live.
func (p *pages) fill(place, n uint32) {
	p.used[place>>pageBits] += uint16(n)
	p.live += uint64(n)
	p.dead -= uint64(n)
}

// bury marks granules as dead, so that whoever walks the page passes over them.
func (p *pages) bury(place, n uint32) {
	for n > 0 {
		class := deadClass + uint8(bits.Len32(n)-1)
		p.bytes(place)[0] = class
		place += granules(class)
		n -= granules(class)
	}
}

// drop makes live granules dead. It reports whether that emptied their page. The page of an open front stays.
func (p *pages) drop(place, n uint32, fronts *[2]front) (emptied bool) {
	page := place >> pageBits
	p.used[page] -= uint16(n)
	p.live -= uint64(n)
	for i := range fronts {
		f := &fronts[i]
		if !f.open || f.page != page {
			continue
		}
		if place+n == page<<pageBits+f.at {
			f.at -= n
			return false
		}
		p.dig(place, n)
		return false
	}
	p.dig(place, n)
	return p.reuseIfEmpty(page)
}

func (p *pages) reuseIfEmpty(page uint32) bool {
	if p.used[page] != 0 {
		return false
	}
	p.used[page] = unused
	p.ages[page]++
	p.dead -= pageGranules
	p.spare = append(p.spare, page)
	return true
}

// take returns an empty page.
func (p *pages) take() (page uint32) {
	if last := len(p.spare) - 1; last >= 0 {
		page = p.spare[last]
		p.spare = p.spare[:last]
		p.used[page] = 0
		return page
	}
	if len(p.used) == maxPages {
		panic("state: a partition holds 16 GiB of users at the most: use more partitions")
	}
	page = uint32(len(p.used))
	p.used = append(p.used, 0)
	p.back(page)
	return page
}

// back puts memory behind a page. The first slab doubles, so that a small partition stays small.
func (p *pages) back(page uint32) {
	p.ages = append(p.ages, 0)
	slab, end := int(page/slabPages), int(page%slabPages+1)*pageBytes
	switch {
	case slab == len(p.slabs) && slab > 0:
		p.slabs = append(p.slabs, p.memory.take())
	case slab == len(p.slabs):
		p.slabs = append(p.slabs, make([]byte, pageBytes))
	case end > len(p.slabs[slab]):
		p.slabs[slab] = append(make([]byte, 0, 2*len(p.slabs[slab])), p.slabs[slab]...)[:2*len(p.slabs[slab])]
	}
}
