package scorer

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/tags"
)

// askers is who asks about an event: a bit for each metric, and one for each of the tags' selectors.
type askers struct {
	metrics   uint32
	selectors [4]uint64
}

// lanesLayer groups the kinds of events by who asks about them; each group gets the lanes that the sums asked for need. A sessions
// metric has one lane over all its types, because a session may hold events of several.
type lanesLayer struct {
	*Rules
	config   *Config
	names    *schemas.Vocabulary
	needs    []uint32 // by metric: how many grains back it is asked about
	activity uint32   // the same for activity
	looks    risk.Need
	alive    int // the metric of P(alive), -1 for none
	orders   int // that of the RFM tiers, -1 for none
	groups   map[askers][]uint8
	sessions map[int]uint8
}

func (r *Rules) layLanes(c Config, vocabulary *schemas.Vocabulary, model *risk.Model) error {
	for _, name := range c.types(r.tags) {
		if vocabulary.Lookup([]byte(name)) == schemas.OtherType {
			return fmt.Errorf("scorer: event type %q is not in the vocabulary", name)
		}
	}
	l := &lanesLayer{Rules: r, config: &c, names: vocabulary, groups: map[askers][]uint8{}, sessions: map[int]uint8{}, alive: -1}
	l.orders, _ = c.worth()
	l.need(model)
	r.kinds = make([]kind, vocabulary.Len()*r.categories)
	r.reach = make([]uint32, vocabulary.Len())
	r.reach[schemas.OtherType] = max(r.window+r.baseline, r.lifecycle.active) // so that a rule that is added later finds them
	for t := range vocabulary.Len() {
		for category := range r.categories {
			if err := l.kind(schemas.TypeID(t), schemas.CategoryID(category)); err != nil {
				return err
			}
		}
	}
	l.alignAlive()
	l.addTallies()
	r.limits, r.lingering = limitsOf(r.lanes), lingering(r.lanes)
	for i, made := range l.lanes {
		if l.sums[i] != noSum {
			l.summed |= 1 << i
		}
		l.tiers.read(i, made.metrics)
		if l.addRecalls(i); made.activity || made.orders || made.alive || made.assessed || len(made.core) > 0 || l.recalled>>i&1 == 1 {
			l.judged |= 1 << i
		}
	}
	l.tellKinds()
	for i := range l.metrics {
		if l.remembers(i) {
			l.remembered = append(l.remembered, i)
		}
	}
	return nil
}

// tellKinds sums up what each kind's lanes tell.
func (l *lanesLayer) tellKinds() {
	for i := range l.kinds {
		for _, id := range l.kinds[i].lanes {
			l.kinds[i].add(l.lanes[id].tells)
		}
	}
}

// addTallies gives each lane that some core metric reads a tally.
func (l *lanesLayer) addTallies() {
	l.tallied = 1
	for i := range l.lanes {
		if len(l.lanes[i].core) == 0 || i >= maxLanes {
			continue
		}
		l.tallies[i] = uint8(l.tallied)
		for _, rd := range l.lanes[i].core {
			l.core = append(l.core, feed{rd, uint8(l.tallied)})
		}
		l.tallied++
	}
	for i, m := range l.metrics {
		if m.Core && m.Adds == Days {
			l.dayMetrics = append(l.dayMetrics, i)
		}
	}
}

// limitsOf sorts the lanes by their reach.
func limitsOf(lanes []lane) (limits []limit) {
	byReach := map[uint32]uint64{}
	for i := range lanes {
		byReach[lanes[i].reach] |= 1 << i
	}
	for _, reach := range slices.Sorted(maps.Keys(byReach)) {
		limits = append(limits, limit{reach, byReach[reach]})
	}
	return limits
}

// lingering are the lanes of which some cells stay for longer: sessions that go on, and days that are counted whole.
func lingering(lanes []lane) (set uint64) {
	for i := range lanes {
		if lanes[i].sum == Sessions || lanes[i].alive {
			set |= 1 << i
		}
	}
	return set
}

// alignAlive keeps the cells of all lanes that P(alive) reads equally long: a day that is folded must leave none of them behind.
func (l *lanesLayer) alignAlive() {
	longest := uint32(0)
	for i := range l.lanes {
		if l.lanes[i].alive {
			longest = max(longest, l.lanes[i].reach)
		}
	}
	for i := range l.lanes {
		if l.lanes[i].alive {
			l.lanes[i].reach = longest
		}
	}
}

func (l *lanesLayer) kind(t schemas.TypeID, c schemas.CategoryID) error {
	set := l.askers(t, c)
	if _, laid := l.groups[set]; !laid {
		l.groups[set] = append(l.lay(set), l.laySessions(set)...)
	}
	k := kind{lanes: l.groups[set]}
	if len(l.lanes) > maxLanes {
		return errors.New("scorer: metrics and tags share event types and categories in too many ways: use fewer overlapping types, or fewer categories")
	}
	for _, id := range k.lanes {
		l.reach[t] = max(l.reach[t], l.lanes[id].reach)
	}
	for _, i := range members(uint64(set.metrics)) {
		k.feeds = append(k.feeds, read{uint8(i), takes(l.metrics[i].Adds)})
	}
	l.kinds[int(t)*l.categories+int(c)] = k
	return nil
}

func (l *lanesLayer) askers(t schemas.TypeID, c schemas.CategoryID) (set askers) {
	name, category := l.names.Name(t), l.names.CategoryName(c)
	for i, m := range l.metrics {
		if t != schemas.OtherType && slices.Contains(m.Types, name) || slices.Contains(m.Types, anyType) {
			set.metrics |= 1 << i
		}
	}
	for i := range l.selectors {
		s := &l.selectors[i].Selector
		typed := len(s.Types) == 0 || t != schemas.OtherType && slices.Contains(s.Types, name)
		if typed && (s.AnyCategory || c != schemas.OtherCategory && s.Category == category) {
			set.selectors[i/64] |= 1 << (i % 64)
		}
	}
	return set
}

// lay appends the lanes of one set of askers. The first one counts the events, for whoever counts and for activity.
func (l *lanesLayer) lay(set askers) (ids []uint8) {
	has := func(a Aggregate, q tags.Quantity) bool {
		return slices.ContainsFunc(members(uint64(set.metrics)), func(i int) bool { return l.metrics[i].Adds == a }) ||
			slices.ContainsFunc(set.asking(), func(i int) bool { return l.selectors[i].Quantity == q })
	}
	if has(Amount, tags.Amount) {
		ids = append(ids, l.addLane(Amount, set, true))
	}
	if has(Duration, tags.Duration) {
		ids = append(ids, l.addLane(Duration, set, len(ids) == 0))
	}
	counted := l.active(set) || has(Count, tags.Count) || has(Days, tags.Days) || has("", tags.Months)
	if len(ids) == 0 && counted {
		ids = append(ids, l.addLane(Count, set, true))
	}
	return ids
}

func (l *lanesLayer) active(set askers) bool {
	return slices.ContainsFunc(members(uint64(set.metrics)), func(i int) bool { return slices.Contains(l.config.Activity, l.metrics[i].Name) })
}

func (l *lanesLayer) laySessions(set askers) (ids []uint8) {
	for _, i := range members(uint64(set.metrics)) {
		if l.metrics[i].Adds != Sessions {
			continue
		}
		if _, laid := l.sessions[i]; !laid {
			l.sessions[i] = l.addLane(Sessions, askers{metrics: 1 << i}, false)
		}
		ids = append(ids, l.sessions[i])
	}
	return ids
}

// addLane makes a lane that serves those of the askers who want its sum and, if it comes first, those who want counts.
func (l *lanesLayer) addLane(adds Aggregate, set askers, first bool) uint8 {
	made := lane{sum: adds}
	if first && l.active(set) {
		made.activity, made.reach = true, l.activity
	}
	for _, i := range members(uint64(set.metrics)) {
		if m := l.metrics[i]; m.Adds == adds || first && (m.Adds == Count || m.Adds == Days) {
			l.serve(&made, i)
		}
	}
	for _, i := range set.asking() {
		if s := &l.selectors[i]; s.wants(adds) || first && s.counts() {
			made.selectors = append(made.selectors, uint8(i))
			made.reach = max(made.reach, s.reach)
		}
	}
	made.assessed = made.worth || len(made.selectors) > 0
	l.lanes = append(l.lanes, made)
	id := len(l.lanes) - 1
	if id < maxLanes {
		l.sums[id] = map[Aggregate]sumKind{Amount: signedSum, Duration: plainSum, Sessions: spanSum}[adds]
	}
	return uint8(id)
}

// addRecalls notes what the model of risk reads of a lane, and whether its events are activity.
func (l *lanesLayer) addRecalls(id int) {
	made := &l.lanes[id]
	for _, rd := range made.metrics {
		if l.remembers(int(rd.metric)) {
			made.recalls = append(made.recalls, rd)
		}
	}
	if made.activity {
		l.moving |= 1 << id
	}
	if len(made.recalls) > 0 {
		l.recalled |= 1 << id
	}
}

// remembers reports whether the model of risk reads a metric.
func (l *lanesLayer) remembers(metric int) bool {
	name := l.metrics[metric].Name
	return l.looks.Weeks[name] > 0 || l.looks.MetricDays[name] > 0
}

// serve lets a metric read a lane.
func (l *lanesLayer) serve(made *lane, metric int) {
	m := l.metrics[metric]
	rd := read{uint8(metric), takes(m.Adds)}
	made.metrics = append(made.metrics, rd)
	made.reach = max(made.reach, l.needs[metric])
	made.orders = made.orders || metric == l.orders
	made.alive = made.alive || metric == l.alive
	made.worth = made.worth || l.tiers != nil && (metric == int(l.tiers.orders) || metric == int(l.tiers.spend))
	if m.Core {
		made.core = append(made.core, rd)
		made.fed |= 1 << metric
		made.takes[metric] = rd.take
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

func members(set uint64) (all []int) {
	for i := range 64 {
		if set>>i&1 == 1 {
			all = append(all, i)
		}
	}
	return all
}

// asking lists the selectors.
func (a *askers) asking() (all []int) {
	for w, word := range a.selectors {
		for _, i := range members(word) {
			all = append(all, 64*w+i)
		}
	}
	return all
}
