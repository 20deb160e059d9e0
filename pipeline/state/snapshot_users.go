package state

import "slices"

// slotsAtOnce bounds what a snapshot that is cut short makes the state ask for in vain.
const slotsAtOnce = 1 << 10

func (u *users) archive(a *archive) {
	made := u.made
	number(a, &made)
	var written []slot
	for from := uint32(0); from < made && a.err == nil; from += slotsAtOnce {
		n := min(slotsAtOnce, made-from)
		for a.in != nil && u.made < from+n {
			u.next()
		}
		slots := u.slots[from/uint32(slotPiece)][from%uint32(slotPiece):][:n]
		if a.in == nil {
			written = withoutPlaces(written[:0], slots)
			slots = written
		}
		flat(a, slots)
	}
	list(a, &u.free)
	u.blocks.archive(a)
	u.graves.archive(a)
}

// withoutPlaces appends slots and leaves out where they stand in the calendar, which tells how it came about and nothing else.
func withoutPlaces(to, slots []slot) []slot {
	to = append(to, slots...)
	for i := range to {
		to[i].timer.place = 0
	}
	return to
}

func (b *blocks) archive(a *archive) {
	list(a, &b.used)
	if len(b.used) > maxPages {
		a.fault("%d pages, at most %d", len(b.used), maxPages)
	}
	for page := range uint32(len(b.used)) {
		if a.err != nil {
			return
		}
		if a.in != nil {
			b.back(page)
		}
		if b.used[page] != unused {
			flat(a, b.bytes(page << pageBits)[:pageBytes])
		}
	}
	list(a, &b.spare)
	for _, n := range []*uint64{&b.live, &b.dead, &b.moved, &b.cleared} {
		number(a, n)
	}
	for i := range b.fronts {
		number(a, &b.fronts[i].page)
		number(a, &b.fronts[i].at)
		a.flag(&b.fronts[i].open)
	}
	number(a, &b.victim.page)
	number(a, &b.victim.at)
	a.flag(&b.victim.chosen)
	number(a, &b.dice)
	b.archiveLarges(a)
}

func (b *blocks) archiveLarges(a *archive) {
	n := len(b.larges)
	number(a, &n)
	for i := 0; i < n && a.err == nil; i++ {
		if a.in != nil {
			b.larges = append(b.larges, nil)
		}
		list(a, &b.larges[i])
	}
	list(a, &b.spares)
}

// archive goes through a table from its end, so that entries with the same key are put back in the order they have.
func (s *tombstones) archive(a *archive) {
	for i := range s.tables {
		t := &s.tables[i]
		var kept []uint64
		for _, e := range slices.Backward(t.entries) {
			if e != 0 {
				kept = append(kept, e)
			}
		}
		list(a, &kept)
		for _, e := range kept {
			if a.in == nil || e == 0 {
				continue
			}
			t.insert(e, uint32(i)%8)
			s.count++
		}
	}
	if a.in != nil {
		s.many = map[uint64]uint32{}
	}
	entries(a, s.many, func(episodes uint32) uint32 {
		number(a, &episodes)
		return episodes
	})
}
