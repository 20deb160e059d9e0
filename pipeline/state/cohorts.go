package state

import (
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"

	"winback/scorer"
)

// Cohorts are sets of slots, kept as users move. Users of different partitions are disjoint, so counts add up over partitions.
type Cohorts struct {
	lifecycle [scorer.States]*roaring.Bitmap
	tiers     [scorer.Tiers]*roaring.Bitmap
	tags      [scorer.MaxTags]*roaring.Bitmap
	preChurn  *roaring.Bitmap
	highRisk  *roaring.Bitmap
}

func newCohorts() Cohorts {
	c := Cohorts{preChurn: roaring.New(), highRisk: roaring.New()}
	for i := range c.lifecycle {
		c.lifecycle[i] = roaring.New()
	}
	for i := range c.tiers {
		c.tiers[i] = roaring.New()
	}
	for i := range c.tags {
		c.tags[i] = roaring.New()
	}
	return c
}

// Lifecycle is the set of users in a state. The caller must not change it.
func (c *Cohorts) Lifecycle(s scorer.State) *roaring.Bitmap { return c.lifecycle[s] }

// Tier is the set of users of an RFM tier at their last assessment. The caller must not change it.
func (c *Cohorts) Tier(t scorer.Tier) *roaring.Bitmap { return c.tiers[t] }

// Tag is the set of users with a tag, by its place in the configuration, at their last assessment. The caller must not change it.
func (c *Cohorts) Tag(i int) *roaring.Bitmap { return c.tags[i] }

// PreChurn is the set of users in an open episode. The caller must not change it.
func (c *Cohorts) PreChurn() *roaring.Bitmap { return c.preChurn }

// HighRisk is the set of users at high risk at their last assessment. The caller must not change it.
func (c *Cohorts) HighRisk() *roaring.Bitmap { return c.highRisk }

func (c *Cohorts) move(slot uint32, from, to scorer.State) {
	if from != scorer.Nobody {
		c.lifecycle[from].Remove(slot)
	}
	c.lifecycle[to].Add(slot)
}

func (c *Cohorts) setPreChurn(slot uint32, in bool) { set(c.preChurn, slot, in) }

func set(b *roaring.Bitmap, slot uint32, in bool) {
	if in {
		b.Add(slot)
	} else {
		b.Remove(slot)
	}
}

// assess follows what an assessment changed.
func (c *Cohorts) assess(slot uint32, before, after *scorer.User) {
	if before.Tier != after.Tier {
		set(c.tiers[before.Tier], slot, false)
		set(c.tiers[after.Tier], slot, true)
	}
	for changed := before.Tags() ^ after.Tags(); changed != 0; changed &= changed - 1 {
		i := bits.TrailingZeros32(changed)
		set(c.tags[i], slot, after.Tags()>>i&1 == 1)
	}
	if before.HighRisk() != after.HighRisk() {
		set(c.highRisk, slot, after.HighRisk())
	}
}

// leave takes a user who is no more out of all sets.
func (c *Cohorts) leave(slot uint32) {
	for _, all := range [][]*roaring.Bitmap{c.lifecycle[:], c.tiers[:], c.tags[:], {c.preChurn, c.highRisk}} {
		for _, b := range all {
			b.Remove(slot)
		}
	}
}
