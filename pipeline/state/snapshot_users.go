package state

import "slices"

// slotsAtOnce bounds how much memory a snapshot that is torn, and claims more slots than it has, makes Restore ask for.
const slotsAtOnce = 1 << 10

func (u *users) archive(a *archive) {
	issued := u.slotsIssued
	number(a, &issued)
	var written []slot
	for from := uint32(0); from < issued && a.err == nil; from += slotsAtOnce {
		n := min(slotsAtOnce, issued-from)
		for a.in != nil && u.slotsIssued < from+n {
			u.allocateSlot()
		}
		slots := u.slots[from/uint32(slotPiece)][from%uint32(slotPiece):][:n]
		if a.in == nil {
			written = withoutPlaces(written[:0], slots)
			slots = written
		}
		rawValues(a, slots)
	}
	slice(a, &u.freeSlots)
	u.blocks.archive(a)
	u.episodes.archive(a)
}

// withoutPlaces appends copies of slots without their places in the calendar, which differ between equal states and are made anew.
func withoutPlaces(to, slots []slot) []slot {
	to = append(to, slots...)
	for i := range to {
		to[i].timer.place = 0
	}
	return to
}

func (b *blocks) archive(a *archive) {
	slice(a, &b.used)
	if len(b.used) > maxPages {
		a.fault("%d pages, at most %d", len(b.used), maxPages)
	}
	for page := range uint32(len(b.used)) {
		if a.err != nil {
			return
		}
		if a.in != nil {
			b.addMemory(page)
		}
		if b.used[page] != freePage {
			rawValues(a, b.bytesAt(page << pageBits)[:pageBytes])
		}
	}
	slice(a, &b.freePages)
	for _, n := range []*uint64{&b.live, &b.dead, &b.movedByGrowth, &b.movedByCompaction} {
		number(a, n)
	}
	for i := range b.openPages {
		number(a, &b.openPages[i].page)
		number(a, &b.openPages[i].used)
		a.flag(&b.openPages[i].open)
	}
	number(a, &b.victim.page)
	number(a, &b.victim.walked)
	a.flag(&b.victim.chosen)
	number(a, &b.random)
	b.archiveLarges(a)
}

func (b *blocks) archiveLarges(a *archive) {
	n := len(b.larges)
	number(a, &n)
	for i := 0; i < n && a.err == nil; i++ {
		if a.in != nil {
			b.larges = append(b.larges, nil)
		}
		slice(a, &b.larges[i])
	}
	slice(a, &b.freeLarges)
}

// archive writes each table from its end, so that entries with the same key are read back in the order that they had.
func (c *episodeCounters) archive(a *archive) {
	for i := range c.tables {
		t := &c.tables[i]
		var kept []uint64
		for _, e := range slices.Backward(t.entries) {
			if e != 0 {
				kept = append(kept, e)
			}
		}
		slice(a, &kept)
		for _, e := range kept {
			if a.in == nil || e == 0 {
				continue
			}
			t.insert(e, growthStep(i))
			c.count++
		}
	}
}
