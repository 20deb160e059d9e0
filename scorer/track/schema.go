package track

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// MaxLanes is how many lanes a Schema can have: a set of lanes is a word, of which the codes need two bits for themselves.
const MaxLanes = 62

// laneSlots is the length of tables by lane: a power of two, so that a lane's number masked by it needs no bounds check.
const laneSlots = MaxLanes + 2

// AllLanes is the set of every lane; sets of lanes have a bit for each.
const AllLanes = ^uint64(0)

// SumKind says how a lane's sum is written.
type SumKind uint8

// The kinds of sums.
const (
	NoSum       SumKind = iota // the lane only counts events
	SignedSum                  // amounts in minor units: refunds are negative
	UnsignedSum                // durations in milliseconds
	SpanSum                    // a session: see Span
	SumKinds                   // how many there are
)

// Lane is what a Schema knows of a lane.
type Lane struct {
	Sum       SumKind
	Expiry    uint32 // grains: a cell that lies longer than this before a border tells nothing there
	WholeDays bool   // a cell is kept until all of its own day has expired: see OwnDay
}

// Schema is the lanes of a set of rules. It is immutable and safe for concurrent use.
type Schema struct {
	grain int64  // milliseconds
	gap   int64  // milliseconds: a longer pause begins another session
	day   uint32 // grains

	shiftUnit int64 // milliseconds: what a Shift of 1 stands for

	lanes     []Lane
	kinds     [laneSlots]SumKind
	summed    uint64   // the lanes that have a sum
	lingering uint64   // the lanes of which some cells stay beyond their expiry: sessions that go on, and whole days
	expiries  []expiry // the lanes by their expiry, the shortest first; at least one if there is a lane
}

// expiry is a length in grains after which the cells of some lanes tell nothing.
type expiry struct {
	after uint32
	lanes uint64
}

// NewSchema returns the schema of these lanes, at most MaxLanes of them. grain and sessionGap are milliseconds; a grain divides a day.
func NewSchema(lanes []Lane, grain, sessionGap int64) (*Schema, error) {
	if len(lanes) > MaxLanes {
		return nil, fmt.Errorf("track: %d lanes: %d at most", len(lanes), MaxLanes)
	}
	s := &Schema{grain: grain, gap: sessionGap, day: uint32(dayMillis / grain), shiftUnit: ShiftUnit(grain), lanes: slices.Clone(lanes)}
	byLength := map[uint32]uint64{}
	for i, l := range lanes {
		bit := uint64(1) << i
		s.kinds[i] = l.Sum
		if l.Sum != NoSum {
			s.summed |= bit
		}
		if l.Sum == SpanSum || l.WholeDays {
			s.lingering |= bit
		}
		byLength[l.Expiry] |= bit
	}
	for _, after := range slices.Sorted(maps.Keys(byLength)) {
		s.expiries = append(s.expiries, expiry{after, byLength[after]})
	}
	return s, nil
}

const (
	hourMillis = int64(60 * 60 * 1000)
	dayMillis  = 24 * hourMillis
)

// kind says how a lane's sum is written.
func (s *Schema) kind(lane uint8) SumKind { return s.kinds[lane&(laneSlots-1)] }

// longestKept lists the lanes that are kept for longer than others, at most three, those with the shortest expiry first: what is left of most
// old records is one cell of such a lane.
func (s *Schema) longestKept() []uint8 {
	var kept []uint8
	for i, l := range s.lanes {
		if l.Expiry > s.expiries[0].after {
			kept = append(kept, uint8(i))
		}
	}
	slices.SortStableFunc(kept, func(a, b uint8) int { return cmp.Compare(s.lanes[a].Expiry, s.lanes[b].Expiry) })
	return kept[:min(len(kept), 3)]
}

// GrainsBefore returns the grain that lies n before h, but none before the epoch.
func GrainsBefore(h, n uint32) uint32 {
	if h < n {
		return 0
	}
	return h - n
}
