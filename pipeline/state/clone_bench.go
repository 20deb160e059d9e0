//go:build bench

package state

import (
	"maps"

	"github.com/cespare/xxhash/v2"
)

// Clone fills an empty partition with every user of another one, under the same rules, some copies of each under other ids: a large
// population from a small one. Only builds with the tag bench have it, for bench/scorer. rename appends the id of a copy to dst, by its number
// from 0 on; no two may be alike. A copy is due when the original is, and from then on in its own rhythm of assessments. The clock and the
// borders are those of the other partition.
func (p *Partition) Clone(from *Partition, copies int, rename func(dst, id []byte, number int) []byte) {
	own := p.clock
	p.clock = from.clock
	p.clock.lateness, p.clock.maxJump, p.clock.witnesses = own.lateness, own.maxJump, own.witnesses
	p.nextBorder, p.drainBorder, p.nextDueAt, p.minutes.closed = from.nextBorder, from.drainBorder, from.nextDueAt, from.minutes.closed
	p.population.multiply(from.population, int64(copies))
	p.scratch = p.rules.NewScratch()
	if err := p.scratch.LoadShapes(from.scratch.Shapes()); err != nil {
		panic(err) // the rules are the same
	}
	var name []byte
	for i := range copies {
		for s := range from.slots() {
			id, track := from.users.idAndTrack(s)
			name = rename(name[:0], id, i)
			p.copyUser(s, name, track)
		}
	}
}

// copyUser gives a new user the state of another one, and as much room to grow.
func (p *Partition) copyUser(like *slot, id, track []byte) {
	n, s, _ := p.users.findOrCreate(id, xxhash.Sum64(id), noSlot)
	p.users.blocks.reserve(n, cap(track))
	_, room := p.users.idAndTrack(s)
	s.setTrackLength(append(room, track...))
	if !s.block.isLarge() {
		p.users.blocks.shrink(&s.block, tailBytes(id)+cap(track))
	}
	s.user = like.user
	p.cohorts.addUser(n, &s.user)
	if like.timer.due != 0 {
		p.timers.set(n, like.timer.due)
	}
}

// multiply takes over the totals of another partition, so many times.
func (p *population) multiply(from *population, times int64) {
	if p == nil || from == nil {
		return
	}
	p.nextBorder, p.cur, p.base, p.factors = from.nextBorder, from.cur.times(times), from.base.times(times), maps.Clone(from.factors)
	for grain, sums := range from.grains {
		product := sums.times(times)
		p.grains[grain] = &product
	}
}

func (t *totals) times(n int64) (product totals) {
	for i, v := range t {
		product[i] = n * v
	}
	return product
}
