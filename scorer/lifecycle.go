package scorer

// State is where a user is in the lifecycle.
type State uint8

// The lifecycle states. Nobody is a user without any activity yet.
const (
	Nobody State = iota
	New
	Active
	Casual
	SilentLight
	SilentModerate
	SilentHeavy
	Churned
	States // how many there are
)

var stateNames = [States]string{"", "new", "active", "casual", "silent_light", "silent_moderate", "silent_heavy", "churned"}

// String returns the name that stands in decisions, empty for Nobody.
func (s State) String() string { return stateNames[s] }

// thresholds are the Lifecycle's lengths in grains.
type thresholds struct {
	newUnder uint32
	ages     [4]uint32 // from SilentLight to Churned
	active   uint32
	events   int64
}

// at returns the state at border h. first is the user's first active grain, end the end of the last one, one past its number;
// end is 0 if nothing was active before h.
func (t *thresholds) at(h, first, end uint32, events int64) State {
	if end == 0 || first >= h {
		return Nobody
	}
	for i := len(t.ages) - 1; i >= 0; i-- {
		if h-end >= t.ages[i] {
			return SilentLight + State(i)
		}
	}
	switch {
	case h-first < t.newUnder:
		return New
	case events >= t.events:
		return Active
	}
	return Casual
}

// next returns the first border after h at which the state can change by time alone.
func (t *thresholds) next(h, first, end uint32, v *view) uint32 {
	if end == 0 || first >= h {
		return none
	}
	due := none
	for _, age := range t.ages {
		if end+age > h {
			due = end + age
			break
		}
	}
	if first+t.newUnder > h {
		due = min(due, first+t.newUnder)
	}
	if v.active >= t.events {
		due = min(due, v.enough+t.active+1)
	}
	return due
}
