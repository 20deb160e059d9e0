package scorer

import (
	"errors"
	"slices"

	"winback/schemas"
	"winback/scorer/tags"
)

// readers is who reads an event: a bit for each metric, and one for each of the tags' selectors.
type readers struct {
	metrics   uint32
	selectors [4]uint64
}

// laneBuilder groups the kinds of events by who reads them; each group gets the lanes that the sums asked for need. A sessions metric has
// one lane over all its types, because a session may hold events of several.
type laneBuilder struct {
	*Rules
	config   *Config
	names    *schemas.Vocabulary
	needs    expiries
	groups   map[readers][]uint8 // the lanes without sessions
	sessions map[int]uint8       // by metric
}

// addKind gives events of one type and category their lanes.
func (b *laneBuilder) addKind(t schemas.TypeID, c schemas.CategoryID) error {
	set := b.readersOf(t, c)
	if _, made := b.groups[set]; !made {
		b.groups[set] = b.addLanes(set)
	}
	k := kind{lanes: b.groups[set], sessions: b.addSessionLanes(set)}
	if len(b.lanes) > maxLanes {
		return errors.New("scorer: metrics and tags share event types and categories in too many ways: use fewer overlapping types, or fewer categories")
	}
	for _, id := range slices.Concat(k.lanes, k.sessions) {
		b.expiries[t] = max(b.expiries[t], b.lanes[id].expiry)
	}
	for _, i := range members(uint64(set.metrics)) {
		k.feeds = append(k.feeds, metricInput{uint8(i), takes(b.metrics[i].Adds)})
		switch {
		case !b.metrics[i].Core:
		case b.metrics[i].Adds == Days:
			k.fedDays |= 1 << i
		case b.metrics[i].Adds == Sessions:
			k.fedSessions |= 1 << i
		}
	}
	b.kinds[int(t)*b.categories+int(c)] = k
	return nil
}

func (b *laneBuilder) readersOf(t schemas.TypeID, c schemas.CategoryID) (set readers) {
	name, category := b.names.Name(t), b.names.CategoryName(c)
	for i, m := range b.metrics {
		if t != schemas.OtherType && slices.Contains(m.Types, name) || slices.Contains(m.Types, schemas.AnyType) {
			set.metrics |= 1 << i
		}
	}
	for i := range b.selectors {
		s := &b.selectors[i].Selector
		typed := len(s.Types) == 0 || t != schemas.OtherType && slices.Contains(s.Types, name)
		if typed && (s.AnyCategory || c != schemas.OtherCategory && s.Category == category) {
			set.selectors[i/64] |= 1 << (i % 64)
		}
	}
	return set
}

// addLanes appends the lanes without sessions of one set of readers. The first one counts the events, for whoever counts and for activity.
func (b *laneBuilder) addLanes(set readers) (ids []uint8) {
	has := func(a Aggregate, q tags.Quantity) bool {
		return slices.ContainsFunc(members(uint64(set.metrics)), func(i int) bool { return b.metrics[i].Adds == a }) ||
			slices.ContainsFunc(set.tagSelectors(), func(i int) bool { return b.selectors[i].Quantity == q })
	}
	if has(Amount, tags.Amount) {
		ids = append(ids, b.addLane(Amount, set, true))
	}
	if has(Duration, tags.Duration) {
		ids = append(ids, b.addLane(Duration, set, len(ids) == 0))
	}
	counted := b.countsAsActivity(set) || has(Count, tags.Count) || has(Days, tags.Days) || has("", tags.Months)
	if len(ids) == 0 && counted {
		ids = append(ids, b.addLane(Count, set, true))
	}
	return ids
}

func (b *laneBuilder) countsAsActivity(set readers) bool {
	return slices.ContainsFunc(members(uint64(set.metrics)), func(i int) bool { return slices.Contains(b.config.Activity, b.metrics[i].Name) })
}

func (b *laneBuilder) addSessionLanes(set readers) (ids []uint8) {
	for _, i := range members(uint64(set.metrics)) {
		if b.metrics[i].Adds != Sessions {
			continue
		}
		if _, made := b.sessions[i]; !made {
			b.sessions[i] = b.addLane(Sessions, readers{metrics: 1 << i}, false)
		}
		ids = append(ids, b.sessions[i])
	}
	return ids
}

// addLane makes a lane that serves those of the readers who want its sum and, if it comes first, those who want counts.
func (b *laneBuilder) addLane(adds Aggregate, set readers, first bool) uint8 {
	made := lane{sum: adds}
	if first && b.countsAsActivity(set) {
		made.activity, made.expiry = true, b.needs.activity
	}
	for _, i := range members(uint64(set.metrics)) {
		if m := b.metrics[i]; m.Adds == adds || first && (m.Adds == Count || m.Adds == Days) {
			b.serve(&made, i)
		}
	}
	for _, i := range set.tagSelectors() {
		if s := &b.selectors[i]; s.wants(adds) || first && s.counts() {
			made.tagInputs = append(made.tagInputs, tagInput{uint8(i), s.Quantity, localTime(s.Selector)})
			made.expiry = max(made.expiry, s.expiry)
		}
	}
	made.assessed = made.worth || len(made.tagInputs) > 0
	b.lanes = append(b.lanes, made)
	return uint8(len(b.lanes) - 1)
}

// serve lets a metric read a lane.
func (b *laneBuilder) serve(made *lane, metric int) {
	m := b.metrics[metric]
	input := metricInput{uint8(metric), takes(m.Adds)}
	made.metrics = append(made.metrics, input)
	made.expiry = max(made.expiry, b.needs.metrics[metric])
	made.orders = made.orders || metric == b.needs.orders
	made.alive = made.alive || metric == b.needs.alive
	made.worth = made.worth || b.tiers != nil && (metric == int(b.tiers.orders) || metric == int(b.tiers.spend))
	if b.needs.readByRisk(m.Name) {
		made.recalls = append(made.recalls, input)
	}
	if m.Core {
		made.core = append(made.core, input)
		made.fed |= 1 << metric
		made.takes[metric] = input.take
	}
}

// takes is what a metric takes from the lane that serves it.
func takes(adds Aggregate) taking {
	switch adds {
	case Amount, Duration:
		return sum
	case Days:
		return days
	}
	return counts
}

// members lists the numbers of the bits that are set.
func members(set uint64) (all []int) {
	for i := range 64 {
		if set>>i&1 == 1 {
			all = append(all, i)
		}
	}
	return all
}

// tagSelectors lists the selectors.
func (set *readers) tagSelectors() (all []int) {
	for w, word := range set.selectors {
		for _, i := range members(word) {
			all = append(all, 64*w+i)
		}
	}
	return all
}
