package state

import "unsafe"

// Footprint is the memory that a partition's state takes, bytes by part.
type Footprint struct {
	Index           uint64 // what finds slots by the hash of the id
	Slots           uint64 // one a user
	FreeSlots       uint64 // of users who were removed, and never used ones; and the list of the former
	IDs             uint64 // with their lengths
	Tracks          uint64
	Headers         uint64 // of the blocks that hold an id and a track
	Slack           uint64 // room in the blocks for the tracks to grow, rounding included
	Holes           uint64 // where blocks were
	Spare           uint64 // pages without blocks and ends of those that are being filled
	Pages           uint64 // what is noted about the pages, and about the holes in them
	Calendar        uint64 // the ring of borders, and their lists
	Cohorts         uint64
	EpisodeCounters uint64 // of users who are forgotten
	EventIDs        uint64 // by which duplicates are known
	Other           uint64 // open minutes, the population's totals, lists that are reused
}

// Sum is the bytes of all parts.
func (m Footprint) Sum() uint64 {
	return m.Index + m.Slots + m.FreeSlots + m.IDs + m.Tracks + m.Headers + m.Slack + m.Holes + m.Spare + m.Pages + m.Calendar + m.Cohorts +
		m.EpisodeCounters + m.EventIDs + m.Other
}

// Footprint adds up what the state takes. It looks at every user: some 20 ns each, or a cache miss.
func (p *Partition) Footprint() Footprint {
	m := p.users.footprint()
	m.Calendar = sizeOf(p.timers.ends) + sizeOf(p.timers.pages) + uint64(len(p.timers.pages))*uint64(unsafe.Sizeof(calendarPage{}))
	m.Cohorts, m.EventIDs = p.cohorts.footprint(), p.ids.footprint()
	m.Other = uint64(unsafe.Sizeof(*p)) + uint64(unsafe.Sizeof(*p.users)) + sizeOf(p.dueBuffer) + sizeOf(p.timers.sortBits) + p.minutes.footprint() + p.population.footprint()
	return m
}

func (u *users) footprint() (m Footprint) {
	m.Index, m.EpisodeCounters = u.index.footprint(), u.episodes.footprint()
	m.Slots = uint64(slotBytes) * uint64(u.count())
	m.FreeSlots = uint64(slotBytes)*uint64(u.capacity()) - m.Slots + sizeOf(u.slots) + sizeOf(u.freeSlots)
	for n := range u.slotsIssued {
		s := u.slot(n)
		if s.block == (ref{}) {
			continue
		}
		id, track := u.idAndTrack(s)
		m.IDs += uint64(tailBytes(id))
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
	m.Spare += uint64(len(b.allocator.chunk)) - (b.live+b.dead)*granule
	m.Pages = sizeOf(b.slabs) + sizeOf(b.used) + sizeOf(b.ages) + sizeOf(b.freePages) + sizeOf(b.larges) + sizeOf(b.freeLarges)
	for _, list := range b.holes.lists {
		m.Pages += sizeOf(list)
	}
	return m
}

func (x *slotIndex) footprint() (sum uint64) {
	for i := range x.tables {
		sum += sizeOf(x.tables[i].buckets) + sizeOf(x.tables[i].overflow)
	}
	return sum
}

func (c *episodeCounters) footprint() (sum uint64) {
	for i := range c.tables {
		sum += sizeOf(c.tables[i].entries)
	}
	return sum
}

// footprint is what the sets take by their library's own account.
func (c *Cohorts) footprint() (sum uint64) {
	for b := range c.all() {
		sum += b.GetSizeInBytes()
	}
	return sum
}

func (m *minutes) footprint() uint64 {
	tallies := uint64(m.vocabulary.Len()) * uint64(unsafe.Sizeof(tally{}))
	return uint64(len(m.open)+len(m.freeTallies))*tallies + sizeOf(m.due)
}

func (p *population) footprint() uint64 {
	if p == nil {
		return 0
	}
	return uint64(len(p.grains))*uint64(unsafe.Sizeof(totals{})) + uint64(len(p.factors)*p.metrics)*uint64(unsafe.Sizeof(uint32(0)))
}

// sizeOf is the bytes that a slice's elements take, those in reserve included.
func sizeOf[T any](s []T) uint64 {
	var t T
	return uint64(cap(s)) * uint64(unsafe.Sizeof(t))
}
