package state

import (
	"math/bits"
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"
)

// Memory is what a partition's state takes, bytes by part.
type Memory struct {
	Index      uint64 // finds slots by the hash of the id
	Slots      uint64 // one a user
	FreeSlots  uint64 // of users who are no more, beyond the last one given out, and their list
	IDs        uint64 // with their lengths
	Tracks     uint64
	Headers    uint64 // of the blocks that hold an id and a track
	Slack      uint64 // room in the blocks for the tracks to grow, rounding included
	Holes      uint64 // where blocks were
	Spare      uint64 // pages without blocks and ends of those that are being filled
	Pages      uint64 // what is kept of the pages themselves, and of the holes in them
	Calendar   uint64 // the ring of borders, and their lists
	Cohorts    uint64
	Tombstones uint64 // of users who are no more, for the numbers of their episodes
	Other      uint64 // open minutes, the population's totals, lists that are reused
}

// Sum is the bytes of all parts.
func (m Memory) Sum() uint64 {
	return m.Index + m.Slots + m.FreeSlots + m.IDs + m.Tracks + m.Headers + m.Slack + m.Holes + m.Spare + m.Pages + m.Calendar + m.Cohorts +
		m.Tombstones + m.Other
}

// Memory adds up what the state takes. It looks at every user: some 20 ns each, or a cache miss.
func (p *Partition) Memory() Memory {
	m := p.users.memory()
	m.Calendar = sizeOf(p.timers.ends) + sizeOf(p.timers.pieces) + uint64(len(p.timers.pieces))*uint64(unsafe.Sizeof(calendarPiece{}))
	m.Cohorts = p.cohorts.memory()
	m.Other = uint64(unsafe.Sizeof(*p)) + uint64(unsafe.Sizeof(*p.users)) + sizeOf(p.taken) + sizeOf(p.timers.bits) + p.minutes.memory() + p.population.memory()
	return m
}

func (u *users) memory() (m Memory) {
	m.Index, m.Tombstones = u.index.memory(), u.graves.memory()
	const perSlot = uint64(unsafe.Sizeof(slot{}))
	m.Slots = perSlot * uint64(u.count())
	m.FreeSlots = perSlot*uint64(u.room()) - m.Slots + sizeOf(u.slots) + sizeOf(u.free)
	for n := range u.made {
		s := u.slot(n)
		if s.block == (ref{}) {
			continue
		}
		id, track := u.parts(s)
		m.IDs += uint64(tailRoom(id))
		m.Tracks += uint64(len(track))
		m.Slack += uint64(cap(track) - len(track))
		if !s.block.isLarge() {
			m.Headers += headerBytes
		}
	}
	b := &u.blocks
	m.Holes = b.dead * granule
	for _, slab := range b.slabs {
		m.Spare += uint64(cap(slab))
	}
	m.Spare += uint64(len(b.memory.chunk)) - (b.live+b.dead)*granule
	m.Pages = sizeOf(b.slabs) + sizeOf(b.used) + sizeOf(b.ages) + sizeOf(b.spare) + sizeOf(b.larges) + sizeOf(b.spares)
	for _, list := range b.holes.lists {
		m.Pages += sizeOf(list)
	}
	return m
}

func (x *slotIndex) memory() (sum uint64) {
	for i := range x.tables {
		sum += sizeOf(x.tables[i].all) + sizeOf(x.tables[i].rest)
	}
	return sum
}

func (s *tombstones) memory() (sum uint64) {
	for i := range s.tables {
		sum += sizeOf(s.tables[i].entries)
	}
	return sum
}

// memory is what the sets take by their library's own account.
func (c *Cohorts) memory() (sum uint64) {
	for _, all := range [][]*roaring.Bitmap{c.lifecycle[:], c.tiers[:], c.tags[:], {c.preChurn, c.highRisk}} {
		for _, b := range all {
			sum += b.GetSizeInBytes()
		}
	}
	return sum
}

func (m *minutes) memory() uint64 {
	tallies := uint64(m.vocabulary.Len()) * uint64(unsafe.Sizeof(tally{}))
	return uint64(len(m.open)+len(m.spare))*tallies + sizeOf(m.due)
}

func (p *population) memory() uint64 {
	if p == nil {
		return 0
	}
	return uint64(len(p.grains))*uint64(unsafe.Sizeof(totals{})) + uint64(len(p.factors)*p.metrics)*bits.UintSize/8
}

// sizeOf is the bytes that a slice's elements take, those in reserve included.
func sizeOf[T any](s []T) uint64 {
	var t T
	return uint64(cap(s)) * uint64(unsafe.Sizeof(t))
}
