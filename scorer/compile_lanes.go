package scorer

import (
	"fmt"
	"slices"

	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/track"
)

func (r *Rules) compileLanes(c *Config, vocabulary *schemas.Vocabulary, model *risk.Model) error {
	for _, name := range c.types(r.tags) {
		if vocabulary.Lookup([]byte(name)) == schemas.OtherType {
			return fmt.Errorf("scorer: event type %q is not in the vocabulary", name)
		}
	}
	b := &laneBuilder{Rules: r, config: c, names: vocabulary, needs: r.expiriesOf(c, model), groups: map[readers][]uint8{}, sessions: map[int]uint8{}}
	r.readsAlive = b.needs.risk.Alive
	r.kinds = make([]kind, vocabulary.Len()*r.categories)
	r.expiries = make([]uint32, vocabulary.Len())
	r.expiries[schemas.OtherType] = max(r.window+r.baseline, r.lifecycle.active) // so that a rule that is added later finds them
	for t := range vocabulary.Len() {
		for category := range r.categories {
			if err := b.addKind(schemas.TypeID(t), schemas.CategoryID(category)); err != nil {
				return err
			}
		}
	}
	r.alignAliveExpiry()
	r.addTallies()
	r.collectLanes()
	r.sumUpKinds()
	for i, m := range r.metrics {
		if b.needs.readByRisk(m.Name) {
			r.riskMetrics = append(r.riskMetrics, i)
		}
	}
	return r.compileSchema(c)
}

// alignAliveExpiry keeps the cells of all lanes that P(alive) reads equally long: a day that is folded must leave none of them behind.
func (r *Rules) alignAliveExpiry() {
	longest := uint32(0)
	for i := range r.lanes {
		if r.lanes[i].alive {
			longest = max(longest, r.lanes[i].expiry)
		}
	}
	for i := range r.lanes {
		if r.lanes[i].alive {
			r.lanes[i].expiry = longest
		}
	}
}

// addTallies gives each lane that some core metric reads a tally.
func (r *Rules) addTallies() {
	r.tallied = 1
	for i := range r.lanes {
		if len(r.lanes[i].core) == 0 {
			continue
		}
		r.tallies[i] = uint8(r.tallied)
		for _, input := range r.lanes[i].core {
			r.core = append(r.core, tallyInput{input, uint8(r.tallied)})
		}
		r.tallied++
	}
	for i, m := range r.metrics {
		if m.Core && m.Adds == Days {
			r.dayMetrics = append(r.dayMetrics, i)
		}
	}
}

// collectLanes makes the sets of lanes that others ask for.
func (r *Rules) collectLanes() {
	for i := range r.lanes {
		l, bit := &r.lanes[i], uint64(1)<<i
		if l.activity {
			r.activityLanes |= bit
		}
		if len(l.recalls) > 0 {
			r.riskLanes |= bit
		}
		l.asked = l.activity || len(l.core) > 0 || len(l.recalls) > 0 || l.alive && r.readsAlive
		if l.activity || l.orders || l.alive || l.assessed || len(l.core) > 0 || len(l.recalls) > 0 {
			r.judged |= bit
		}
		r.collectTierLanes(bit, l.metrics)
	}
}

// collectTierLanes takes note of a lane that the RFM tiers read.
func (r *Rules) collectTierLanes(bit uint64, metrics []metricInput) {
	if r.tiers == nil {
		return
	}
	for _, input := range metrics {
		switch input.metric {
		case r.tiers.orders:
			r.tiers.orderLanes |= bit
		case r.tiers.spend:
			r.tiers.spendLanes |= bit
		}
	}
}

// sumUpKinds joins what each kind's lanes do.
func (r *Rules) sumUpKinds() {
	for i := range r.kinds {
		k := &r.kinds[i]
		for _, id := range slices.Concat(k.lanes, k.sessions) {
			k.effects.add(r.lanes[id].effects)
		}
	}
}

func (r *Rules) compileSchema(c *Config) (err error) {
	kinds := map[Aggregate]track.SumKind{Amount: track.SignedSum, Duration: track.UnsignedSum, Sessions: track.SpanSum}
	lanes := make([]track.Lane, len(r.lanes))
	for i, l := range r.lanes {
		lanes[i] = track.Lane{Sum: kinds[l.sum], Expiry: l.expiry, WholeDays: l.alive}
	}
	if r.schema, err = track.NewSchema(lanes, r.grain, int64(c.SessionGap)); err != nil {
		return fmt.Errorf("scorer: %w", err)
	}
	return nil
}
