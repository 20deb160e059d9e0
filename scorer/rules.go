package scorer

import (
	"math/bits"
	"slices"

	"winback/schemas"
	"winback/scorer/alive"
	"winback/scorer/tags"
	"winback/scorer/track"
)

// Rules is a Config made ready: lengths in grains, thresholds as exact ratios, event types sorted into lanes. It is immutable and
// safe for concurrent use. Make it with Compile.
type Rules struct {
	grain    int64  // milliseconds
	window   uint32 // W
	baseline uint32 // B
	near     uint32 // how far back a border looks at which nothing is assessed
	week     uint32
	day      uint32
	perDay   reciprocal // divides by day

	shiftUnit int64 // milliseconds: what a cell's shift counts; 0 if no cell has one
	uneven    bool  // a grain can lie in two hours of UTC

	metrics    []Metric
	kinds      []kind // by type and category
	categories int
	expiries   []uint32 // by type: an event tells nothing at a border so many grains later
	lanes      []lane
	schema     *track.Schema // of the lanes

	judged     uint64              // the lanes that Judge and Score read, a bit each
	core       []tallyInput        // what the core metrics take of which tallies
	dayMetrics []int               // the core metrics that add days
	tallies    [maxLanes + 2]uint8 // by lane: the number of its tally; those that no core metric reads share the first
	tallied    int                 // how many tallies there are

	entering   loss // what makes a candidate
	leaving    loss // what keeps an episode open where no model decides
	population bounds
	lifecycle  thresholds

	assess          uint32 // grains between two assessments
	tiers           *tiers // nil: no RFM
	tags            *tags.Set
	selectors       []selector
	longestSelector uint32 // no selector reads cells older than so many grains before a border

	decider
	highRisk      float64
	riskReach     uint32 // the risk reads no cells older than so many grains before a border
	longDays      uint32 // how many days back the model's long inputs read
	active        uint32 // the last activity of a user with a risk is no older, grains
	activeIn      string // what the users' active days are days of, in words
	activityLanes uint64 // the lanes whose events are activity, a bit each
	riskLanes     uint64 // the lanes that the risk reads beside activity, a bit each
	riskMetrics   []int  // the metrics that it reads
	readsAlive    bool   // the risk reads P(alive)
	alive         *alive.Params
	aliveUnit     float64 // days

	identity Identity
}

// kind is what an event of one type and category means.
type kind struct {
	lanes    []uint8 // those without sessions; the one that counts the event first
	sessions []uint8 // lanes of sessions
	effects
	fedDays     uint32        // of the core metrics that its events feed, those that add days
	fedSessions uint32        // and those that add sessions
	feeds       []metricInput // what it adds to the partition's totals
}

// alone reports whether an event of the kind goes into one lane that has no sessions: the short way into a track.
func (k *kind) alone() bool { return len(k.lanes) == 1 && len(k.sessions) == 0 }

// effects are what the events of a lane, or of several, do to their user.
type effects struct {
	fed      uint32 // the core metrics they feed, a bit each
	activity bool   // they make the user active
	asked    bool   // the model, or what it is asked for, can turn out otherwise by them
	orders   bool   // they are orders of the RFM tiers
	worth    bool   // the RFM tiers read them
	assessed bool   // the tiers or the tags read them
}

func (t *effects) add(other effects) {
	t.fed |= other.fed
	t.activity = t.activity || other.activity
	t.asked = t.asked || other.asked
	t.orders = t.orders || other.orders
	t.worth = t.worth || other.worth
	t.assessed = t.assessed || other.assessed
}

// lane is one kind of cell: the events of the types and categories that feed the same metrics and tags, and one sum over them. An
// order's events and amounts share a lane, so that an event mostly touches one cell.
type lane struct {
	effects
	sum       Aggregate     // what Sum adds: Amount or Duration; Count adds nothing; Sessions keeps one cell a session
	alive     bool          // its events are what P(alive) is about
	expiry    uint32        // a cell tells nothing at a border so many grains later
	core      []metricInput // the core metrics that read this lane
	metrics   []metricInput // all of them
	recalls   []metricInput // those that the risk reads
	tagInputs []tagInput    // the tags' selectors that read it
	takes     [MaxMetrics]taking
}

// addend is what the lane's sum takes of an event.
func (l *lane) addend(e *schemas.Event) int64 {
	switch l.sum {
	case Amount:
		return e.Amount
	case Duration:
		return e.Duration
	}
	return 0
}

// taking is what a core metric takes from a lane's cells.
type taking uint8

const (
	nothing taking = iota
	counts
	sum
	days
)

// of is what is taken from a cell; of days, the events.
func (t taking) of(c *track.Cell) int64 {
	if t == sum {
		return c.Sum
	}
	return int64(c.Count)
}

// metricInput says what a metric takes from a lane.
type metricInput struct {
	metric uint8
	take   taking
}

// tallyInput says what a core metric takes from a tally.
type tallyInput struct {
	metricInput
	tally uint8
}

const maxLanes = track.MaxLanes

const (
	hourMillis = int64(schemas.Hour)
	dayMillis  = int64(schemas.Day)
)

// Grain is the length of a grain in milliseconds.
func (r *Rules) Grain() int64 { return r.grain }

// GrainOf returns the grain that holds a time, Unix milliseconds.
func (r *Rules) GrainOf(at int64) uint32 { return uint32(at / r.grain) }

func (r *Rules) kindOf(t schemas.TypeID, c schemas.CategoryID) *kind {
	return &r.kinds[int(t)*r.categories+int(c)]
}

// Expiry is after how many grains an event of a type tells nothing at a border any more.
func (r *Rules) Expiry(t schemas.TypeID) uint32 { return r.expiries[t] }

// Retention is how long an event can tell something: what a log must retain for the windows to be rebuilt from it, milliseconds.
func (r *Rules) Retention() int64 {
	return int64(slices.Max(r.expiries)) * r.grain
}

// Counts reports whether events of this type and category feed any metric or tag.
func (r *Rules) Counts(t schemas.TypeID, c schemas.CategoryID) bool {
	k := r.kindOf(t, c)
	return len(k.lanes)+len(k.sessions) > 0
}

// Activity reports whether events of this type and category make their user active.
func (r *Rules) Activity(t schemas.TypeID, c schemas.CategoryID) bool { return r.kindOf(t, c).activity }

// MetricName returns the name of a metric by its number.
func (r *Rules) MetricName(i uint8) string { return r.metrics[i].Name }

// Metrics lists the metrics' names in the order of the configuration.
func (r *Rules) Metrics() []string {
	names := make([]string, len(r.metrics))
	for i, m := range r.metrics {
		names[i] = m.Name
	}
	return names
}

// Windows are the lengths of the current window and the baseline, in grains.
func (r *Rules) Windows() (window, baseline uint32) { return r.window, r.baseline }

// Horizon is how many grains after a border a user's next one can lie at the most.
func (r *Rules) Horizon() uint32 {
	longest := max(r.lifecycle.longest(), r.window+r.baseline, r.assess)
	for i := range r.lanes {
		longest = max(longest, r.lanes[i].expiry)
	}
	return longest + 1
}

// reciprocal divides numbers by one that is known before, exactly: a division takes longer than all else that is done with a cell.
type reciprocal uint64

func newReciprocal(n uint32) reciprocal { return reciprocal(1<<63/uint64(n) + 1) }

func (x reciprocal) quotient(n uint32) uint32 {
	hi, _ := bits.Mul64(uint64(n)<<1, uint64(x))
	return uint32(hi)
}

// dayOf is the number of the UTC day that a grain begins in.
func (r *Rules) dayOf(grain uint32) uint32 { return r.perDay.quotient(grain) }
