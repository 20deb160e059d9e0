package state

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
)

var errSlots = errors.New("the snapshot contradicts itself")

// rebuild makes what follows from the slots, and makes sure that slots and blocks fit together.
func (p *Partition) rebuild() error {
	if err := p.users.checkPages(); err != nil {
		return err
	}
	used := make([]uint32, len(p.users.blocks.used)) // live granules by page
	free := 0
	for n := range p.users.made {
		s := p.users.slot(n)
		if s.block == (ref{}) {
			if free++; *s != (slot{}) {
				return fmt.Errorf("%w: slot %d is free and not empty", errSlots, n)
			}
			continue
		}
		if err := p.rebuildUser(n, s, used); err != nil {
			return err
		}
	}
	if free != len(p.users.free) {
		return fmt.Errorf("%w: %d free slots, %d listed", errSlots, free, len(p.users.free))
	}
	for page, granules := range used {
		if kept := p.users.blocks.used[page]; kept != unused && uint32(kept) != granules {
			return fmt.Errorf("%w: %d of %d granules of page %d have an owner", errSlots, granules, kept, page)
		}
	}
	return nil
}

// rebuildUser makes what follows from one slot that is not free.
func (p *Partition) rebuildUser(n uint32, s *slot, used []uint32) error {
	if err := p.users.checkBlock(n, s, used); err != nil {
		return err
	}
	if s.user.State >= scorer.States || s.user.Tier >= scorer.Tiers || s.user.Metric >= scorer.MaxMetrics {
		return fmt.Errorf("%w: slot %d holds no user", errSlots, n)
	}
	if err := p.users.enlist(n, s); err != nil {
		return err
	}
	p.cohorts.join(n, &s.user)
	return p.link(n, s)
}

// checkPages holds what is listed of slots, pages and large blocks against their numbers.
func (u *users) checkPages() error {
	b := &u.blocks
	for _, n := range u.free {
		if n >= u.made || u.slot(n).block != (ref{}) {
			return fmt.Errorf("%w: slot %d is listed as free", errSlots, n)
		}
	}
	for _, page := range b.spare {
		if int(page) >= len(b.used) || b.used[page] != unused {
			return fmt.Errorf("%w: page %d is listed as empty", errSlots, page)
		}
	}
	for _, number := range b.spares {
		if int(number) >= len(b.larges) || len(b.larges[number]) > 0 {
			return fmt.Errorf("%w: large block %d is listed as free", errSlots, number)
		}
		b.larges[number] = nil
	}
	for _, f := range b.fronts {
		if f.open && (int(f.page) >= len(b.used) || b.used[f.page] == unused || f.at > pageGranules) {
			return fmt.Errorf("%w: page %d is being filled", errSlots, f.page)
		}
	}
	if v := b.victim; v.chosen && (int(v.page) >= len(b.used) || b.used[v.page] == unused || v.at > pageGranules) {
		return fmt.Errorf("%w: page %d is being cleared", errSlots, v.page)
	}
	return nil
}

// checkBlock makes sure that a slot's block is there and ends with an id, and counts its granules.
func (u *users) checkBlock(n uint32, s *slot, used []uint32) error {
	r := s.block
	switch page := r.place >> pageBits; {
	case r.isLarge():
		if int(r.place) >= len(u.blocks.larges) {
			return fmt.Errorf("%w: slot %d has a large block that there is not", errSlots, n)
		}
	case int(page) >= len(used) || u.blocks.used[page] == unused || r.place%pageGranules+r.granules() > pageGranules:
		return fmt.Errorf("%w: slot %d has a block that there is not", errSlots, n)
	default:
		class := u.blocks.bytes(r.place)[0]
		if class >= deadClass || class == 0 || granules(class) != r.granules() {
			return fmt.Errorf("%w: slot %d has a block that begins otherwise", errSlots, n)
		}
		used[page] += granules(class)
	}
	if !tailFits(u.blocks.get(r), r.length()) {
		return fmt.Errorf("%w: slot %d has no id, or one that does not fit into its block", errSlots, n)
	}
	return nil
}

// enlist puts a slot into the index, under an id that nobody else has.
func (u *users) enlist(n uint32, s *slot) error {
	id, _ := u.parts(s)
	hash := xxhash.Sum64(id)
	if other, found := u.lookUp(id, hash); found {
		return fmt.Errorf("%w: slots %d and %d are one user's", errSlots, other, n)
	}
	u.index.put(hash, n)
	return nil
}

// link puts a slot into the calendar.
func (p *Partition) link(n uint32, s *slot) error {
	switch due := s.timer.due; {
	case due == 0:
	case due < p.drained:
		return fmt.Errorf("%w: slot %d waits for border %d, and %d is the next to be judged", errSlots, n, due, p.drained)
	default:
		p.timers.set(n, due)
	}
	return nil
}

// join puts a user into the sets they belong to.
func (c *Cohorts) join(slot uint32, u *scorer.User) {
	if u.State != scorer.Nobody {
		c.lifecycle[u.State].Add(slot)
	}
	if u.Tier != scorer.Unassessed {
		c.tiers[u.Tier].Add(slot)
	}
	for tags := u.Tags(); tags != 0; tags &= tags - 1 {
		c.tags[bits.TrailingZeros32(tags)].Add(slot)
	}
	if u.PreChurn {
		c.preChurn.Add(slot)
	}
	if u.HighRisk() {
		c.highRisk.Add(slot)
	}
}
