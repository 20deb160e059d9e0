package scorer

import "winback/scorer/track"

// User is what is known of one user beside their track: 44 bytes without pointers. The zero User has seen nothing.
type User struct {
	entryBase [2]uint32 // pre-churn: the entry metric's baseline sum when the episode began, an int64; else until when the user is calm, and of a candidate the slack
	First     uint32    // the first active grain; valid if seen
	end       uint32    // one past the last active grain that a judged border has seen, 0 if none; never falls
	newest    uint32    // the track's head: the grain of its newest record
	tagged    uint32    // the tags at the last assessment
	folded    foldedDays
	Episode   uint16 // the current or last episode, from 1
	State     State
	Metric    uint8 // pre-churn: the entry metric
	Tier      Tier  // at the last assessment
	shift     int8  // the track's head: the shift of its newest record
	PreChurn  bool
	seen      bool // First is set
	highRisk  bool // at the last assessment
	schedule       // when the user must be looked at next: see schedule.go
}

// foldedDays is what P(alive) counts of own days whose cells are gone. 1 is 1 January 1970.
type foldedDays struct{ days, first, last uint16 }

func (u *User) head() track.Head { return track.Head{Newest: u.newest, Shift: u.shift} }

func (u *User) setHead(h track.Head) { u.newest, u.shift = h.Newest, h.Shift }

func (u *User) baseAtEntry() int64 { return int64(uint64(u.entryBase[1])<<32 | uint64(u.entryBase[0])) }

func (u *User) setBaseAtEntry(v int64) { u.entryBase = [2]uint32{uint32(v), uint32(uint64(v) >> 32)} }

// slack is how much events may add to the metric that a candidate is watched for before the user must be looked at.
func (u *User) slack() *uint32 { return &u.entryBase[1] }

// noteActive notes an active grain. One that a judged border should have seen tells from the next one on.
func (u *User) noteActive(grain, next uint32) {
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
func (u *User) HighRisk() bool { return u.highRisk }
