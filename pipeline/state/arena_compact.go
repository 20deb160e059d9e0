package state

// victim is the page that is being cleared.
type victim struct {
	page   uint32
	at     uint32 // granules of it that have been walked over
	chosen bool
}

const (
	compactPerByte = 32 // so many bytes are moved, at the most, for each byte taken or given back: enough for pages 32/33 full
	deadShare      = 28 // pages are cleared when more than one in so many granules is dead
	looks          = 32 // pages looked at to choose the emptiest
	batch          = 32 // blocks moved together
)

// compact clears pages while too much of them is dead, moving about quota granules at the most.
func (b *blocks) compact(quota int) {
	for quota > 0 && b.sparse() {
		if !b.victim.chosen && !b.choose() {
			return
		}
		quota -= b.clear()
	}
}

// sparse reports whether there are holes enough. What the fronts may hold does not count: they are not cleared.
func (b *blocks) sparse() bool {
	return b.dead > 2*pageGranules && deadShare*b.dead > b.live+b.dead
}

// choose makes the emptiest of some pages the victim. It reports whether that is worth the work.
func (b *blocks) choose() bool {
	least := uint16(pageGranules - pageGranules/32)
	for range looks {
		b.dice = b.dice*1664525 + 1013904223
		page := uint32(uint64(b.dice) * uint64(len(b.used)) >> 32)
		if b.used[page] < least && !b.isFront(page) {
			least = b.used[page]
			b.victim = victim{page: page, chosen: true}
		}
	}
	return b.victim.chosen
}

func (b *blocks) isFront(page uint32) bool {
	for _, f := range b.fronts {
		if f.open && f.page == page {
			return true
		}
	}
	return false
}

// clear moves the next blocks of the victim away and returns how many granules that was, at least one. All their owners are found
// before the first block is moved, so that the cache misses overlap. The last block to leave frees the page.
func (b *blocks) clear() (done int) {
	met := b.found[:0]
	for b.victim.at < pageGranules && len(met) < batch {
		place := b.victim.page<<pageBits + b.victim.at
		class := b.bytes(place)[0]
		b.victim.at += granules(class)
		if class < deadClass {
			met = append(met, owned{place: place})
		}
	}
	b.owners(met)
	for _, f := range met {
		r := b.refOf(f.owner)
		done += int(r.granules())
		*r = b.settle(*r)
	}
	b.cleared += uint64(done)
	return done + 1
}

// settle moves a block to the front of those that stay, without more room than it would get anew.
func (b *blocks) settle(r ref) ref {
	class := min(r.class(), classFor(min(ample(b.inUse(r)), maxShared)))
	place := b.lay(&b.fronts[settled], granules(class))
	moved := b.carry(b.mark(place, class), r)
	b.dropBlock(r.place, r.granules())
	return moved
}
