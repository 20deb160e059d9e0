package scorer

import "winback/schemas"

// State is where a user is in the lifecycle.
type State uint8

// Never is the border of a user for whom nothing can change without a further event.
const Never = ^uint32(0)

// The lifecycle states. Nobody is a user without any activity yet, or one who has been forgotten.
const (
	Nobody State = iota
	New
	Active
	Casual
	SilentLight
	SilentModerate
	SilentHeavy
	Churned
	Forgotten // what is known of the user ends here
	States    // how many there are
)

var stateNames = [States]string{"", "new", "active", "casual", "silent_light", "silent_moderate", "silent_heavy", "churned", "forgotten"}

// String returns the name that stands in decisions, empty for Nobody.
func (s State) String() string { return stateNames[s] }

// gone reports whether a user in this state has been silent for long enough that activity is a return.
func (s State) gone() bool { return s >= SilentLight && s <= Churned }

// Returned reports whether the change from one state to another is a return.
func Returned(from, to State) bool { return from.gone() && to >= New && to <= Casual }

// thresholds are the Lifecycle's lengths in grains.
type thresholds struct {
	newUnder uint32
	ages     [5]uint32 // from SilentLight to Forgotten
	active   uint32
	events   int64
}

func newThresholds(l Lifecycle, in func(schemas.Duration) uint32) thresholds {
	if l.Forgotten == 0 {
		l.Forgotten = max(400*day, 2*l.Churned)
	}
	return thresholds{
		newUnder: in(l.NewUnder), active: in(l.ActiveWindow), events: l.ActiveEvents,
		ages: [...]uint32{in(l.SilentLight), in(l.SilentModerate), in(l.SilentHeavy), in(l.Churned), in(l.Forgotten)},
	}
}

// longest is how far ahead a state can change by time alone.
func (t *thresholds) longest() uint32 { return max(t.ages[len(t.ages)-1], t.newUnder, t.active) }

// at returns the state at border h. first is the user's first active grain, end the end of the last one, one past its number;
// end is 0 if nothing was active before h. Only who is churned already can be forgotten.
func (t *thresholds) at(h, first, end uint32, events int64, was State) State {
	if end == 0 || first >= h {
		return Nobody
	}
	for i := len(t.ages) - 1; i >= 0; i-- {
		if state := SilentLight + State(i); h-end >= t.ages[i] && (state != Forgotten || was == Churned) {
			return state
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
// decisive is the grain of the activity event that, counted back, makes the user active; it only matters with events enough.
func (t *thresholds) next(h, first, end uint32, events int64, decisive uint32) uint32 {
	if end == 0 || first >= h {
		return Never
	}
	due := h + 1 // forgotten at once, unless some threshold is still ahead
	for _, age := range t.ages {
		if end+age > h {
			due = end + age
			break
		}
	}
	if first+t.newUnder > h {
		due = min(due, first+t.newUnder)
	}
	if events >= t.events {
		due = min(due, decisive+t.active+1)
	}
	return due
}
