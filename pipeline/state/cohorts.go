package state

import (
	"iter"
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

// changeState moves a user to another state of the lifecycle.
func (c *Cohorts) changeState(slot uint32, from, to scorer.State) {
	if from != scorer.Nobody {
		c.lifecycle[from].Remove(slot)
	}
	c.lifecycle[to].Add(slot)
}

func (c *Cohorts) setPreChurn(slot uint32, in bool) { setMember(c.preChurn, slot, in) }

func setMember(b *roaring.Bitmap, slot uint32, in bool) {
	if in {
		b.Add(slot)
	} else {
		b.Remove(slot)
	}
}

// applyAssessment moves a user to the tier, the tags and the risk that an assessment changed.
func (c *Cohorts) applyAssessment(slot uint32, before, after *scorer.User) {
	if before.Tier != after.Tier {
		setMember(c.tiers[before.Tier], slot, false)
		setMember(c.tiers[after.Tier], slot, true)
	}
	for changed := before.Tags() ^ after.Tags(); changed != 0; changed &= changed - 1 {
		i := bits.TrailingZeros32(changed)
		setMember(c.tags[i], slot, after.Tags()>>i&1 == 1)
	}
	if before.HighRisk() != after.HighRisk() {
		setMember(c.highRisk, slot, after.HighRisk())
	}
}

// addUser puts a user into the sets that their state says they are in.
func (c *Cohorts) addUser(slot uint32, u *scorer.User) {
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

// removeUser takes a user who is forgotten out of all sets.
func (c *Cohorts) removeUser(slot uint32) {
	for b := range c.all() {
		b.Remove(slot)
	}
}

// all are the sets of every kind.
func (c *Cohorts) all() iter.Seq[*roaring.Bitmap] {
	return func(yield func(*roaring.Bitmap) bool) {
		for _, kind := range [][]*roaring.Bitmap{c.lifecycle[:], c.tiers[:], c.tags[:], {c.preChurn, c.highRisk}} {
			for _, b := range kind {
				if !yield(b) {
					return
				}
			}
		}
	}
}
