package state

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Broken names the first thing that must hold in a partition between two calls and does not, nil if all does. negative names
// a metric that adds amounts, some of which were below zero.
func Broken(p *Partition, negative string) error {
	if p.drainBorder > p.nextBorder {
		return fmt.Errorf("judged up to border %d, and the watermark has passed %d", p.drainBorder, p.nextBorder)
	}
	should, waiting := newCohorts(), 0
	for n := range p.users.slotsIssued {
		s := p.users.slot(n)
		if s.block == (ref{}) {
			if *s != (slot{}) {
				return fmt.Errorf("slot %d is free and not empty", n)
			}
			continue
		}
		if err := p.broken(n, s, negative); err != nil {
			id, _ := p.users.idAndTrack(s)
			return fmt.Errorf("%s, slot %d: %w", id, n, err)
		}
		should.addUser(n, &s.user)
		waiting++
	}
	if waiting != p.timers.count || waiting != p.Users() || waiting != p.users.index.users {
		return fmt.Errorf("%d users, %d in the index, %d slots in use, %d timers", p.Users(), p.users.index.users, waiting, p.timers.count)
	}
	if err := p.cohorts.differ(&should); err != nil {
		return err
	}
	if err := p.population.broken(negative); err != nil {
		return err
	}
	return p.Footprint().broken(uint64(waiting))
}

// broken looks at one user. Everybody waits for a border: who did not would be kept for good.
func (p *Partition) broken(n uint32, s *slot, negative string) error {
	id, track := p.users.idAndTrack(s)
	if found, ok := p.users.lookUp(id, xxhash.Sum64(id)); !ok || found != n {
		return fmt.Errorf("the index finds slot %d, %v", found, ok)
	}
	t := &p.timers
	switch x := s.timer; {
	case x.due < p.drainBorder:
		return fmt.Errorf("a timer at border %d, before %d", x.due, p.drainBorder)
	case x.place == 0 && (x.due != p.drainBorder || !slices.Contains(p.due, n)), x.place != 0 && !t.lists(x.due, x.place, n):
		return fmt.Errorf("a timer at border %d in no list", x.due)
	}
	totals, hours := p.rules.Inspect(&s.user, track, p.drainBorder, p.scratch)
	for i, name := range p.rules.Metrics() {
		for _, sum := range append(totals[i].Windows, totals[i].Cur, totals[i].Base) {
			if sum.N < 0 || sum.S < 0 && name != negative {
				return fmt.Errorf("%s adds up to %+v", name, totals[i])
			}
		}
	}
	for hour, n := range hours {
		if n < 0 {
			return fmt.Errorf("%d events in hour %d", n, hour)
		}
	}
	return nil
}

// lists reports whether the calendar has a slot at a place of a border's list.
func (t *timers) lists(border, place, slot uint32) bool {
	for end := t.ends[border&t.mask]; end != 0; end = *t.entry(end &^ (chunkPlaces - 1)) {
		if place <= end && place/chunkPlaces == end/chunkPlaces {
			return place%chunkPlaces != 0 && *t.entry(place) == slot
		}
	}
	return false
}

// differ compares with the cohorts that the users' own states make.
func (c *Cohorts) differ(should *Cohorts) error {
	want := slices.Collect(should.all())
	for i, b := range slices.Collect(c.all()) {
		if err := b.Validate(); err != nil && !b.IsEmpty() {
			return fmt.Errorf("cohort %d: %w", i, err)
		}
		if !b.Equals(want[i]) {
			return fmt.Errorf("cohort %d holds %v, and the users' states make it %v", i, b, want[i])
		}
	}
	return nil
}

func (p *population) broken(negative string) error {
	if p == nil {
		return nil
	}
	for i, name := range p.rules.Metrics() {
		if (p.cur[i] < 0 || p.base[i] < 0) && name != negative {
			return fmt.Errorf("all users' %s add up to %d and %d", name, p.cur[i], p.base[i])
		}
	}
	for grain := range p.grains {
		if grain+p.window+p.baseline < p.nextBorder {
			return fmt.Errorf("grain %d is kept, and no window sees it at border %d", grain, p.nextBorder)
		}
	}
	return nil
}

// broken looks for parts that have run below zero, and for users without what a user takes.
func (m Footprint) broken(users uint64) error {
	const plenty = 1 << 32
	for _, part := range []uint64{
		m.Index, m.Slots, m.FreeSlots, m.IDs, m.Tracks, m.Headers, m.Slack, m.Holes, m.Spare, m.Pages, m.Calendar, m.Cohorts, m.EpisodeCounters, m.Other,
	} {
		if part > plenty {
			return fmt.Errorf("memory: %+v", m)
		}
	}
	if m.Slots != users*uint64(slotBytes) || m.IDs < users || m.Index < 8*users {
		return fmt.Errorf("memory for %d users: %+v", users, m)
	}
	return nil
}
