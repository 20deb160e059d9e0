package scorer

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"winback/schemas"
)

// Rules is a Config made ready: lengths in grains, thresholds as exact ratios, event types sorted into lanes. It is immutable and
// safe for concurrent use.
type Rules struct {
	grain    int64 // milliseconds
	window   uint32
	baseline uint32
	week     uint32
	reach    uint32 // cells older than this many grains before a border tell nothing there
	gap      int64  // milliseconds

	metrics []Metric
	lanes   []lane
	byType  [schemas.MaxTypes + 1][]uint8 // an event type's lanes, the one that counts its events first

	enter, exit ratio
	guard       guard
	lifecycle   thresholds
}

// lane is one kind of cell: the events of the types that feed the same metrics, and one sum over them. An order's events and
// amounts share a lane, so that an event mostly touches one cell.
type lane struct {
	sum      Aggregate // what Sum adds: Amount or Duration; Count adds nothing; Sessions keeps one cell a session
	activity bool      // its events make the user active
	core     []read    // the core metrics that read this lane
	metrics  []read    // all of them
	takes    [MaxMetrics]taking
}

// taking is what a core metric takes from a lane's cells.
type taking uint8

const (
	nothing taking = iota
	counts
	sum
)

// read says that a metric takes its count, and its sum if wantSum, from a lane.
type read struct {
	metric  uint8
	wantSum bool
}

// ratio compares a/b with a limit without rounding: a*den against b*num.
type ratio struct{ num, den uint64 }

// Compile makes Rules of a valid Config. The vocabulary must hold the Config's Types.
func Compile(c Config, vocabulary *schemas.Vocabulary) (*Rules, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("scorer: %w", err)
	}
	in := func(d schemas.Duration) uint32 { return uint32((d + c.Grain - 1) / c.Grain) }
	r := &Rules{
		grain: int64(c.Grain), window: in(c.Window), baseline: in(c.Baseline), week: in(week), gap: int64(c.SessionGap),
		metrics: slices.Clone(c.Metrics),
		enter:   lossRatio(c.Drop.Enter, c.Window/c.Grain, c.Baseline/c.Grain),
		exit:    lossRatio(c.Drop.Exit, c.Window/c.Grain, c.Baseline/c.Grain),
		guard:   newGuard(c.Drop, float64(c.Window)/float64(c.Window+c.Baseline)),
	}
	l := c.Lifecycle
	r.lifecycle = thresholds{
		newUnder: in(l.NewUnder), active: in(l.ActiveWindow), events: l.ActiveEvents,
		ages: [4]uint32{in(l.SilentLight), in(l.SilentModerate), in(l.SilentHeavy), in(l.Churned)},
	}
	r.reach = max(r.window+r.baseline, r.lifecycle.active)
	return r, r.layLanes(c, vocabulary)
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

// layLanes groups the event types by the set of metrics they feed; each group gets the lanes its metrics' sums need. A sessions
// metric has one lane over all its types, because a session may hold events of several.
func (r *Rules) layLanes(c Config, vocabulary *schemas.Vocabulary) error {
	for _, name := range c.Types() {
		if vocabulary.Lookup([]byte(name)) == schemas.OtherType {
			return fmt.Errorf("scorer: event type %q is not in the vocabulary", name)
		}
	}
	groups, sessions := map[uint32][]uint8{}, map[int]uint8{}
	for id := range vocabulary.Len() {
		set := r.metricsOf(schemas.TypeID(id), vocabulary)
		if _, laid := groups[set]; !laid {
			groups[set] = append(r.lay(set, c.Activity), r.laySessions(set, sessions)...)
		}
		r.byType[id] = groups[set]
	}
	if len(r.lanes) > maxLanes {
		return errors.New("scorer: the metrics share event types in too many ways: use fewer overlapping types")
	}
	return nil
}

const maxLanes = math.MaxUint8

func (r *Rules) metricsOf(id schemas.TypeID, vocabulary *schemas.Vocabulary) (set uint32) {
	for i, m := range r.metrics {
		named := slices.Contains(m.Types, vocabulary.Name(id)) && id != schemas.OtherType
		if named || slices.Contains(m.Types, anyType) {
			set |= 1 << i
		}
	}
	return set
}

// lay appends the lanes of one set of metrics. The first one counts the events, for the count metrics and for activity.
func (r *Rules) lay(set uint32, activity []string) (ids []uint8) {
	has := func(a Aggregate) bool {
		return slices.ContainsFunc(r.members(set), func(i int) bool { return r.metrics[i].Adds == a })
	}
	active := slices.ContainsFunc(r.members(set), func(i int) bool { return slices.Contains(activity, r.metrics[i].Name) })
	if has(Amount) {
		ids = append(ids, r.addLane(lane{sum: Amount, activity: active}, set, true))
	}
	if has(Duration) {
		ids = append(ids, r.addLane(lane{sum: Duration, activity: active && len(ids) == 0}, set, len(ids) == 0))
	}
	if len(ids) == 0 && (active || has(Count)) {
		ids = append(ids, r.addLane(lane{sum: Count, activity: active}, set, true))
	}
	return ids
}

func (r *Rules) laySessions(set uint32, laid map[int]uint8) (ids []uint8) {
	for _, i := range r.members(set) {
		if r.metrics[i].Adds != Sessions {
			continue
		}
		if _, ok := laid[i]; !ok {
			laid[i] = r.addLane(lane{sum: Sessions}, 1<<i, false)
		}
		ids = append(ids, laid[i])
	}
	return ids
}

func (r *Rules) members(set uint32) (all []int) {
	for i := range r.metrics {
		if set>>i&1 == 1 {
			all = append(all, i)
		}
	}
	return all
}

func (r *Rules) addLane(l lane, set uint32, first bool) uint8 {
	for _, i := range r.members(set) {
		m := r.metrics[i]
		if m.Adds != l.sum && !(first && m.Adds == Count) {
			continue
		}
		rd := read{metric: uint8(i), wantSum: m.Adds == Amount || m.Adds == Duration}
		l.metrics = append(l.metrics, rd)
		if m.Core {
			l.core = append(l.core, rd)
			l.takes[i] = counts
			if rd.wantSum {
				l.takes[i] = sum
			}
		}
	}
	r.lanes = append(r.lanes, l)
	return uint8(len(r.lanes) - 1)
}

// Grain is the length of a grain in milliseconds.
func (r *Rules) Grain() int64 { return r.grain }

// Reach is how many grains before a border still tell something there: W+B or the active window, whichever is longer.
func (r *Rules) Reach() uint32 { return r.reach }

// Counts reports whether events of this type feed any metric.
func (r *Rules) Counts(t schemas.TypeID) bool { return len(r.byType[t]) > 0 }

// MetricName returns the name of a metric by its number.
func (r *Rules) MetricName(i uint8) string { return r.metrics[i].Name }

// CellsPerEvent is how many cells one event can add at the most.
func (r *Rules) CellsPerEvent() int {
	most := 0
	for _, ids := range r.byType {
		most = max(most, len(ids))
	}
	return most
}

// Horizon is how many grains after a border a user's next one can lie at the most.
func (r *Rules) Horizon() uint32 {
	l := &r.lifecycle
	return max(l.ages[len(l.ages)-1], l.newUnder, l.active, r.window+r.baseline) + 1
}
