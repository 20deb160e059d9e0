package state

// victim is the page that is being cleared: its blocks are moved to others, until nothing is left in it.
type victim struct {
	page   uint32
	walked uint32 // granules from its beginning whose blocks have been moved
	chosen bool   // there is one
}

const (
	compactPerByte   = 32 // bytes moved, at most, for each byte that is allocated or released: enough to keep pages 32/33 full
	deadOneIn        = 28 // pages are cleared while more than one granule in so many is dead
	victimCandidates = 32 // pages of which the emptiest becomes the victim
	compactBatch     = 32 // blocks whose owners are found together
)

// compact clears pages while too much of them is dead. It moves about quota granules at the most, so that no event waits for it long.
func (b *blocks) compact(quota int) {
	for quota > 0 && b.tooSparse() {
		if !b.victim.chosen && !b.chooseVictim() {
			return
		}
		quota -= b.clearVictim()
	}
}

// tooSparse reports whether so much is dead that clearing pages is worth it. Two pages' worth do not count: open pages are not cleared.
func (b *blocks) tooSparse() bool {
	return b.dead > 2*pageGranules && deadOneIn*b.dead > b.live+b.dead
}

// chooseVictim makes the emptiest of some random pages the victim. It reports false if even that one is too full to be worth the work.
func (b *blocks) chooseVictim() bool {
	least := uint16(pageGranules - pageGranules/32)
	for range victimCandidates {
		b.random = b.random*1664525 + 1013904223
		page := uint32(uint64(b.random) * uint64(len(b.used)) >> 32)
		if b.used[page] < least && !b.isOpen(page) {
			least = b.used[page]
			b.victim = victim{page: page, chosen: true}
		}
	}
	return b.victim.chosen
}

// isOpen reports whether a page is being filled.
func (b *blocks) isOpen(page uint32) bool {
	for _, f := range b.openPages {
		if f.open && f.page == page {
			return true
		}
	}
	return false
}

// clearVictim moves the next blocks out of the victim, and returns how many granules it moved, and one more. All their owners are found before the
// first block is moved, so that the cache misses overlap. When the last block has left, the page is free.
func (b *blocks) clearVictim() (done int) {
	batch := b.found[:0]
	for b.victim.walked < pageGranules && len(batch) < compactBatch {
		place := b.victim.page<<pageBits + b.victim.walked
		class := b.bytesAt(place)[0]
		b.victim.walked += granules(class)
		if class < firstDeadClass {
			batch = append(batch, ownedBlock{place: place})
		}
	}
	b.findOwners(batch)
	for _, f := range batch {
		r := b.refOf(f.owner)
		done += int(r.granules())
		*r = b.moveToSettled(*r)
	}
	b.movedByCompaction += uint64(done)
	return done + 1
}

// moveToSettled moves a block to the page of settled blocks, with no more room than a new block would get.
func (b *blocks) moveToSettled(r ref) ref {
	class := min(r.class(), classFor(min(withSlack(b.usedBytes(r)), maxSharedBytes)))
	place := b.allocateAtEnd(&b.openPages[pageForSettled], granules(class))
	moved := b.copyContents(b.writeHeader(place, class), r)
	b.freeGranules(r.place, r.granules())
	return moved
}
