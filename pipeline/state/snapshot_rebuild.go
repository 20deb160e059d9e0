package state

import (
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
)

var errContradiction = errors.New("the snapshot contradicts itself")

// rebuild makes index, cohorts and calendar from the slots, and makes sure that slots and blocks fit together.
func (p *Partition) rebuild() error {
	if err := p.users.checkPages(); err != nil {
		return err
	}
	used := make([]uint32, len(p.users.blocks.used)) // granules by page in blocks that have an owner
	free := 0
	for n := range p.users.slotsIssued {
		s := p.users.slot(n)
		if s.block == (ref{}) {
			if free++; *s != (slot{}) {
				return fmt.Errorf("%w: slot %d is free and not empty", errContradiction, n)
			}
			continue
		}
		if err := p.rebuildUser(n, s, used); err != nil {
			return err
		}
	}
	if free != len(p.users.freeSlots) {
		return fmt.Errorf("%w: %d free slots, %d listed", errContradiction, free, len(p.users.freeSlots))
	}
	for page, granules := range used {
		if kept := p.users.blocks.used[page]; kept != freePage && uint32(kept) != granules {
			return fmt.Errorf("%w: %d of %d granules of page %d have an owner", errContradiction, granules, kept, page)
		}
	}
	return nil
}

// rebuildUser makes what follows from one slot that is in use.
func (p *Partition) rebuildUser(n uint32, s *slot, used []uint32) error {
	if err := p.users.checkBlock(n, s, used); err != nil {
		return err
	}
	if s.user.State >= scorer.States || s.user.Tier >= scorer.Tiers || s.user.Metric >= scorer.MaxMetrics {
		return fmt.Errorf("%w: slot %d holds no user", errContradiction, n)
	}
	if err := p.users.indexUser(n, s); err != nil {
		return err
	}
	p.cohorts.addUser(n, &s.user)
	return p.schedule(n, s)
}

// checkPages makes sure that what is listed as free is, and that the pages exist that are being filled or cleared.
func (u *users) checkPages() error {
	b := &u.blocks
	for _, n := range u.freeSlots {
		if n >= u.slotsIssued || u.slot(n).block != (ref{}) {
			return fmt.Errorf("%w: slot %d is listed as free", errContradiction, n)
		}
	}
	for _, page := range b.freePages {
		if int(page) >= len(b.used) || b.used[page] != freePage {
			return fmt.Errorf("%w: page %d is listed as empty", errContradiction, page)
		}
	}
	for _, number := range b.freeLarges {
		if int(number) >= len(b.larges) || len(b.larges[number]) > 0 {
			return fmt.Errorf("%w: large block %d is listed as free", errContradiction, number)
		}
		b.larges[number] = nil
	}
	for _, f := range b.openPages {
		if f.open && (int(f.page) >= len(b.used) || b.used[f.page] == freePage || f.used > pageGranules) {
			return fmt.Errorf("%w: page %d is being filled", errContradiction, f.page)
		}
	}
	if v := b.victim; v.chosen && (int(v.page) >= len(b.used) || b.used[v.page] == freePage || v.walked > pageGranules) {
		return fmt.Errorf("%w: page %d is being cleared", errContradiction, v.page)
	}
	return nil
}

// checkBlock makes sure that a slot's block is there and ends with an id, and counts its granules.
func (u *users) checkBlock(n uint32, s *slot, used []uint32) error {
	r := s.block
	switch page := r.place >> pageBits; {
	case r.isLarge():
		if int(r.place) >= len(u.blocks.larges) {
			return fmt.Errorf("%w: slot %d has a large block that there is not", errContradiction, n)
		}
	case int(page) >= len(used) || u.blocks.used[page] == freePage || r.place%pageGranules+r.granules() > pageGranules:
		return fmt.Errorf("%w: slot %d has a block that there is not", errContradiction, n)
	default:
		class := u.blocks.bytesAt(r.place)[0]
		if class >= firstDeadClass || class == 0 || granules(class) != r.granules() {
			return fmt.Errorf("%w: slot %d has a block that begins otherwise", errContradiction, n)
		}
		used[page] += granules(class)
	}
	if !tailFits(u.blocks.body(r), r.length()) {
		return fmt.Errorf("%w: slot %d has no id, or one that does not fit into its block", errContradiction, n)
	}
	return nil
}

// indexUser puts a slot into the index. Its id must be nobody else's.
func (u *users) indexUser(n uint32, s *slot) error {
	id, _ := u.idAndTrack(s)
	hash := xxhash.Sum64(id)
	if other, found := u.lookUp(id, hash); found {
		return fmt.Errorf("%w: slots %d and %d are one user's", errContradiction, other, n)
	}
	u.index.insert(hash, n)
	return nil
}

// schedule puts a slot into the calendar. Its border must not have been judged.
func (p *Partition) schedule(n uint32, s *slot) error {
	switch due := s.timer.due; {
	case due == 0:
	case due < p.drainBorder:
		return fmt.Errorf("%w: slot %d waits for border %d, and %d is the next to be judged", errContradiction, n, due, p.drainBorder)
	default:
		p.timers.set(n, due)
	}
	return nil
}
