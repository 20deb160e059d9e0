package state

import (
	"github.com/RoaringBitmap/roaring/v2"

	"winback/scorer"
)

// Cohorts are sets of slots, kept as users move. Users of different partitions are disjoint, so counts add up over partitions.
type Cohorts struct {
	lifecycle [scorer.States]*roaring.Bitmap
	preChurn  *roaring.Bitmap
}

func newCohorts() Cohorts {
	c := Cohorts{preChurn: roaring.New()}
	for i := range c.lifecycle {
		c.lifecycle[i] = roaring.New()
	}
	return c
}

// Lifecycle is the set of users in a state. The caller must not change it.
func (c *Cohorts) Lifecycle(s scorer.State) *roaring.Bitmap { return c.lifecycle[s] }

// PreChurn is the set of users in an open episode. The caller must not change it.
func (c *Cohorts) PreChurn() *roaring.Bitmap { return c.preChurn }

func (c *Cohorts) move(slot uint32, from, to scorer.State) {
	if from != scorer.Nobody {
		c.lifecycle[from].Remove(slot)
	}
	c.lifecycle[to].Add(slot)
}

func (c *Cohorts) setPreChurn(slot uint32, in bool) {
	if in {
		c.preChurn.Add(slot)
	} else {
		c.preChurn.Remove(slot)
	}
}
