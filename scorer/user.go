package scorer

// User is what is known of one user beside the cells: 44 bytes without pointers. The zero User has seen nothing.
type User struct {
	base     [2]uint32 // pre-churn: the entry metric's baseline sum when the episode began, an int64; lulled: see lull
	First    uint32    // the first active grain; valid if anything was active
	end      uint32    // one past the last active grain that a judged border has seen, 0 if none
	newest   uint32    // the grain of the track's last record
	tagged   uint32    // the tags at the last assessment
	folded   folded    // what P(alive) counts of days whose cells are gone
	Episode  uint16    // the current or last episode, from 1
	State    State
	Metric   uint8 // pre-churn: the entry metric
	Tier     Tier  // at the last assessment
	shift    int8  // of the track's last record
	PreChurn bool
	seen     bool  // First is set
	heeds    heeds // which events the next border must be judged for
	spare    uint8 // but so many of them that come first; lulled: how many of them must come
	marks    marks
	orders   uint8  // how many more orders leave the tier as it is, and
	spend    coarse // with how much spend together
}

// marks are what is so or not of a user's assessments.
type marks uint8

const (
	phased  marks = 1 << iota // the next border of the rhythm is waited for
	high                      // the risk was high at the last one
	stirred                   // an event came that the next one may tell differently
	reorder                   // an order came late: the next border looks at the tier
)

func (u *User) has(m marks) bool { return u.marks&m != 0 }

func (u *User) mark(m marks, on bool) {
	if u.marks &^= m; on {
		u.marks |= m
	}
}

func (u *User) baseAtEntry() int64 { return int64(uint64(u.base[1])<<32 | uint64(u.base[0])) }

func (u *User) setBase(v int64) { u.base = [2]uint32{uint32(v), uint32(uint64(v) >> 32)} }

// act notes an active grain. One that a judged border should have seen tells from the next one on.
func (u *User) act(grain, next uint32) {
	if !u.seen || grain < u.First {
		u.First, u.seen = grain, true
	}
	if grain+1 < next {
		u.end = max(u.end, grain+1)
	}
}

// Tags are the tags at the last assessment, a bit each in the order of the configuration.
func (u *User) Tags() uint32 { return u.tagged }

// HighRisk reports whether the risk was high at the last assessment.
func (u *User) HighRisk() bool { return u.has(high) }
