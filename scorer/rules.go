package scorer

import (
	"fmt"
	"slices"

	"winback/schemas"
	"winback/scorer/alive"
	"winback/scorer/risk"
	"winback/scorer/tags"
)

// Rules is a Config made ready: lengths in grains, thresholds as exact ratios, event types sorted into lanes. It is immutable and
// safe for concurrent use.
type Rules struct {
	grain    int64 // milliseconds
	window   uint32
	baseline uint32
	near     uint32 // how far back a border looks that assesses nothing
	week     uint32
	day      uint32
	reach    []uint32 // by type: how many grains before a border an event still tells something there
	gap      int64    // milliseconds
	local    bool     // grains are short enough to have a local hour

	metrics    []Metric
	kinds      []kind // by type and category
	categories int
	lanes      []lane
	summed     uint64                // the lanes that have a sum, a bit each
	limits     []limit               // when the lanes' cells expire, the first ones first
	lingering  uint64                // the lanes of which some cells stay for longer, a bit each
	judged     uint64                // the lanes that Judge and Score read, a bit each
	core       []feed                // what the core metrics take of which lanes
	dayMetrics []int                 // the core metrics that add days
	tallies    [maxLanes + 2]uint8   // by lane: the number of its tally; those that no core metric reads share the first
	tallied    int                   // how many tallies there are
	sums       [maxLanes + 2]sumKind // by lane; a power of two, so that no bound is checked

	enter, exit ratio
	loose       ratio // enter, and
	firm        ratio // exit, as they are while the population makes them easiest
	population  bounds
	guard       guard
	lifecycle   thresholds

	assess     uint32 // grains between two assessments
	tiers      *tiers // nil: no RFM
	tags       *tags.Set
	selectors  []selector
	risk       *risk.Scorer // nil: no risk
	high       float64
	active     uint32 // the last activity of a user with a risk is no older, grains
	moving     uint64 // the lanes whose events are activity, a bit each
	recalled   uint64 // the lanes that the risk reads beside activity, a bit each
	remembered []int  // the metrics that it reads
	readsAlive bool
	perDay     reciprocal
	alive      *alive.Params
	aliveUnit  float64 // days
	identity   Identity
}

// kind is what an event of one type and category means.
type kind struct {
	lanes []uint8 // the one that counts the event first
	tells
	feeds []read // what it adds to the partition's totals
}

// tells is what the events of a lane, or of several, are to their user.
type tells struct {
	fed      uint32 // the core metrics they feed, a bit each
	activity bool   // they make the user active
	orders   bool   // they are orders of the RFM tiers
	worth    bool   // the RFM tiers read them
	assessed bool   // the tiers or the tags read them
}

func (t *tells) add(other tells) {
	t.fed |= other.fed
	t.activity = t.activity || other.activity
	t.orders = t.orders || other.orders
	t.worth = t.worth || other.worth
	t.assessed = t.assessed || other.assessed
}

// lane is one kind of cell: the events of the types and categories that feed the same metrics and tags, and one sum over them. An
// order's events and amounts share a lane, so that an event mostly touches one cell.
type lane struct {
	tells
	sum       Aggregate // what Sum adds: Amount or Duration; Count adds nothing; Sessions keeps one cell a session
	alive     bool      // its events are what P(alive) is about
	reach     uint32    // cells older than this many grains before a border tell nothing there
	core      []read    // the core metrics that read this lane
	metrics   []read    // all of them
	recalls   []read    // those that the risk reads
	selectors []uint8   // the tags' selectors that read it
	takes     [MaxMetrics]taking
}

// taking is what a core metric takes from a lane's cells.
type taking uint8

const (
	nothing taking = iota
	counts
	sum
	days
)

// read says what a metric takes from a lane.
type read struct {
	metric uint8
	take   taking
}

// feed says what a core metric takes from a tally.
type feed struct {
	read
	tally uint8
}

// ratio compares a/b with a limit without rounding: a*den against b*num.
type ratio struct{ num, den uint64 }

// Compile makes Rules of a valid Config. The vocabulary is the Config's Vocabulary. Without a model no risk is scored.
func Compile(c Config, vocabulary *schemas.Vocabulary, model *risk.Model) (*Rules, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("scorer: %w", err)
	}
	in := func(d schemas.Duration) uint32 { return uint32((d + c.Grain - 1) / c.Grain) }
	window, baseline := c.Window/c.Grain, c.Baseline/c.Grain
	r := &Rules{
		grain: int64(c.Grain), window: in(c.Window), baseline: in(c.Baseline), week: in(week), day: in(day), gap: int64(c.SessionGap),
		perDay: newReciprocal(in(day)), local: c.Grain <= hour, metrics: slices.Clone(c.Metrics), categories: vocabulary.Categories(),
		enter: lossRatio(c.Drop.Enter, window, baseline), exit: lossRatio(c.Drop.Exit, window, baseline),
		population: newBounds(c.Drop.Population),
		guard:      newGuard(c.Drop, float64(c.Window)/float64(c.Window+c.Baseline)),
		lifecycle:  newThresholds(c.Lifecycle, in),
		assess:     in(c.Assess), tiers: newTiers(&c, in), high: c.Risk.High,
	}
	r.near = max(r.window+r.baseline, r.lifecycle.active)
	r.loose, r.firm = r.enter.of(r.population.ceiling), r.exit.of(r.population.floor)
	if err := r.addTags(c.Tags); err != nil {
		return nil, err
	}
	if err := r.addModel(model); err != nil {
		return nil, err
	}
	if err := r.layLanes(c, vocabulary, model); err != nil {
		return nil, err
	}
	identity, err := identify(c, vocabulary, model)
	r.identity = identity
	return r, err
}

// lossRatio turns "drop >= loss", that is 1 - cur/(base*W/B) >= loss, into cur*den <= base*num.
func lossRatio(loss float64, window, baseline schemas.Duration) ratio {
	lost, _ := millionths(loss)
	num, den := uint64(1_000_000-lost)*uint64(window), 1_000_000*uint64(baseline)
	d := gcd(num, den)
	return ratio{num / d, den / d}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Grain is the length of a grain in milliseconds.
func (r *Rules) Grain() int64 { return r.grain }

func (r *Rules) kindOf(t schemas.TypeID, c schemas.CategoryID) *kind {
	return &r.kinds[int(t)*r.categories+int(c)]
}

// kindOfSum says how a lane's sum is written.
func (r *Rules) kindOfSum(lane uint8) sumKind { return r.sums[lane&(maxLanes+1)] }

// Reach is how many grains before a border an event of a type still tells something there.
func (r *Rules) Reach(t schemas.TypeID) uint32 { return r.reach[t] }

// Retention is how long an event can tell something: what a log must retain for the windows to be rebuilt from it, milliseconds.
func (r *Rules) Retention() int64 {
	return int64(slices.Max(r.reach)) * r.grain
}

// Counts reports whether events of this type and category feed any metric or tag.
func (r *Rules) Counts(t schemas.TypeID, c schemas.CategoryID) bool {
	return len(r.kindOf(t, c).lanes) > 0
}

// MetricName returns the name of a metric by its number.
func (r *Rules) MetricName(i uint8) string { return r.metrics[i].Name }

// Horizon is how many grains after a border a user's next one can lie at the most.
func (r *Rules) Horizon() uint32 {
	longest := max(r.lifecycle.longest(), r.window+r.baseline, r.assess)
	for i := range r.lanes {
		longest = max(longest, r.lanes[i].reach)
	}
	return longest + 1
}
