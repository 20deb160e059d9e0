package scorer

import (
	"fmt"
	"slices"

	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/track"
)

const maxLanes = track.MaxLanes

// expiries are after how many grains what is read of an event tells nothing, and who reads for reasons of their own.
type expiries struct {
	metrics  []uint32 // by metric
	activity uint32
	risk     risk.Need
	alive    int // the metric of P(alive), -1 for none
	orders   int // that of the RFM tiers, -1 for none
}

// readByRisk reports whether the model of risk reads a metric.
func (e *expiries) readByRisk(metric string) bool {
	return e.risk.Weeks[metric] > 0 || e.risk.MetricDays[metric] > 0
}

// expiriesOf finds out how many grains back each metric, and activity, is asked about.
func (r *Rules) expiriesOf(c *Config, model *risk.Model) (e expiries) {
	e.alive = -1
	e.orders, _ = c.worth()
	if model != nil {
		e.risk = model.Needs()
		e.activity = max(uint32(e.risk.Days), uint32(model.ActiveDays)) * r.day
	}
	e.activity = max(e.activity, r.lifecycle.active)
	for i, m := range r.metrics {
		need := max(r.window+r.baseline, uint32(e.risk.Weeks[m.Name])*r.week, uint32(e.risk.MetricDays[m.Name])*r.day)
		for _, w := range m.Windows {
			need = max(need, uint32(int64(w)/r.grain))
		}
		if t := r.tiers; t != nil && (i == int(t.orders) || i == int(t.spend)) {
			need = max(need, t.window)
		}
		if model != nil && model.Alive != nil && model.Alive.Metric == m.Name {
			e.alive = i
		}
		e.metrics = append(e.metrics, need)
	}
	return e
}

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
		if l.activity || l.orders || l.alive || l.assessed || len(l.core) > 0 || len(l.recalls) > 0 {
			r.judged |= bit
		}
		r.tiers.addLane(i, l.metrics)
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
