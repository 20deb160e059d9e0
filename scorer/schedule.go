package scorer

import (
	"math"

	"winback/schemas"
	"winback/scorer/track"
)

// When must a user be looked at again? Judging every user at every border would be correct and far too slow, and judging them whenever a cell
// crosses a window's edge costs some eight looks a cell. Most looks find nothing. So Judge leaves behind the first border at which its
// answer could differ if no further event came, the minimum over the reasons below; and Step brings that border nearer for the events that
// could matter sooner. To look more often than necessary is slow and changes no decision; to look too late is a fault. The
// metamorphic tests of pipeline/state and the oracle hold that.
//
// The caller keeps the border (the wake-up), one a user. The User keeps what Step needs to tell whether an event brings it nearer: the
// schedule. Judge makes it anew, and Step only spends from it. To add a reason, add its name here and its border in wakeUps.

// reason is why a user is looked at.
type reason uint8

const (
	lifecycleChanges reason = iota // an age or a tenure passes a threshold, or too few activity events are left
	metricDrops                    // a core metric can have dropped with evidence
	episodeEnds                    // no core metric is down any more
	windowsEmpty                   // never active: an episode is lost when nothing is left in the windows
	userExpires                    // never active: the user is forgotten when nothing is left at all
	eventsWait                     // an event that lies ahead of the border must be judged for
	eventsLeave                    // the first event since the last look leaves the current window
	assessmentIsDue                // worth, tags or risk can differ at the next assessment
	orderWaits                     // an order that lies ahead of the border can change the tier
	reasons                        // how many there are
)

// wakeUps are the first borders after one at which the reasons can hold, Never where one cannot.
type wakeUps [reasons]uint32

// earliest is the first border at which any of them can hold.
func (w *wakeUps) earliest() uint32 {
	first := w[0]
	for _, border := range w[1:] {
		first = min(first, border)
	}
	return first
}

// schedule is what Step goes by between two looks: 5 bytes.
type schedule struct {
	policy   wakePolicy
	activity uint8      // how many more events of activity leave the lifecycle as it is; anyNumber if all do
	budget   tierBudget // what more orders leave the tier as it is, wherever they come until the next assessment
	flags    scheduleFlags
}

// anyNumber is a budget that no event takes from.
const anyNumber = math.MaxUint8

// wakePolicy says which events of positive amounts, not late, the next border must be judged for beside those of activity that the schedule's
// budget does not cover: all, none, or those that feed one metric, whose number is added.
//
// None: such an event raises the current window until it leaves it, W later, and only then raises the baseline. So no drop comes nearer, and it
// is enough to look when the first event since the last look leaves the window. In an episode only those events matter that feed a metric
// that is down: as long as it is down, the episode goes on.
type wakePolicy uint8

const (
	wakeOnAnyEvent wakePolicy = iota
	wakeOnNoEvent
	wakeOnMetric
)

// wants reports whether an event that feeds some metrics, a bit each, must be judged for.
func (p wakePolicy) wants(fed uint32) bool {
	return p == wakeOnAnyEvent || p >= wakeOnMetric && fed>>(p-wakeOnMetric)&1 == 1
}

// scheduleFlags are what is so or not of a user's assessments.
type scheduleFlags uint8

const (
	assessmentPending scheduleFlags = 1 << iota // the next border of the user's rhythm is waited for
	assessmentDirty                             // an event came that the next assessment may tell differently
	lateOrder                                   // an order came late: the next border looks at the tier
	leaveWatched                                // there is a wake-up for when the first event since the last look leaves the window
)

func (s *schedule) has(f scheduleFlags) bool { return s.flags&f != 0 }

func (s *schedule) set(f scheduleFlags, on bool) {
	if s.flags &^= f; on {
		s.flags |= f
	}
}

// reschedule makes the user's schedule anew after a look at border h, and returns the wake-up: the first border after h at which the user
// must be judged if no event comes, Never if there is none.
func (r *Rules) reschedule(u *User, s *Scratch, h, phase uint32) uint32 {
	wake := r.watchMetrics(u, &s.view, s.tracks.Cells(), h)
	pending := false
	if u.State != Nobody && r.assessing() {
		wake[assessmentIsDue] = r.nextAssessment(u, s, h, phase)
		pending = wake[assessmentIsDue] == r.nextPhase(h, phase)
		if s.order != Never {
			wake[orderWaits] = s.order + 1
		}
	}
	if u.set(assessmentPending, pending); !pending {
		u.budget = tierBudget{} // by the time orders come, what is known of the tier may no longer be so
	}
	return wake.earliest()
}

// watchMetrics sets which events are to be woken for, and returns the wake-ups of all reasons but the assessments'.
func (r *Rules) watchMetrics(u *User, v *view, cells []track.Cell, h uint32) (wake wakeUps) {
	for i := range wake {
		wake[i] = Never
	}
	u.policy, u.activity = wakeOnAnyEvent, r.activityBudget(u.State, v)
	wake[lifecycleChanges] = r.lifecycle.next(h, u.First, u.end, v.active, v.decisive)
	quiet := !v.refund && u.State != Nobody
	switch {
	case u.PreChurn:
		end := r.nextEpisodeEnd(v, cells, h)
		if wake[episodeEnds] = end.border; quiet && end.metric >= 0 {
			u.policy = wakeOnMetric + wakePolicy(end.metric)
		}
	case quiet:
		u.policy = wakeOnNoEvent
		fallthrough
	default:
		if u.State != Churned { // for whom only an event can change anything, and being forgotten
			wake[metricDrops] = r.nextDrop(v, cells, h)
		}
	}
	if u.State == Nobody && u.PreChurn {
		wake[windowsEmpty] = r.windowsEmptyAt(cells, h)
	} else if u.State == Nobody {
		wake[userExpires] = r.expiresAt(cells, h)
	}
	u.set(leaveWatched, v.pending != Never)
	if v.pending != Never {
		wake[eventsWait] = r.firstUncovered(&u.schedule, cells[firstFrom(cells, h):])
		wake[eventsLeave] = v.pending + r.window + 1
	}
	return wake
}

// activityBudget is how many events of activity leave a lifecycle state as it is.
func (r *Rules) activityBudget(state State, v *view) uint8 {
	switch state {
	case New, Active:
		return anyNumber
	case Casual:
		return uint8(min(r.lifecycle.events-1-v.active, anyNumber-1))
	}
	return 0
}

// firstUncovered is the first border after an event, of some that are there already, that must be judged for; Never if there is none. What the
// others take is taken from the schedule's budget.
func (r *Rules) firstUncovered(s *schedule, ahead []track.Cell) uint32 {
	for i := range ahead {
		l := &r.lanes[ahead[i].Lane]
		covered := true
		if l.activity {
			s.activity, covered = coverActivity(s.activity, ahead[i].Count)
		}
		if !covered || s.policy.wants(l.fed) {
			return ahead[i].Grain + 1
		}
	}
	return Never
}

// coverActivity is what some events of activity leave of a budget. It reports whether the budget covered them.
func coverActivity(budget uint8, events uint32) (left uint8, covered bool) {
	switch {
	case budget == anyNumber:
		return budget, true
	case events > uint32(budget):
		return 0, false
	}
	return budget - uint8(events), true
}

// wakeFor takes note of an event of some kind that has been added to the grain, behind others or before some that are there, and returns the
// border at which the user must be judged for it: due, or a later one for what it can change by and by; Never if the wake-up that Judge
// named before will do. fed are the core metrics that the event may have raised.
func (r *Rules) wakeFor(u *User, k *kind, e *schemas.Event, fed, grain, due uint32, at StepContext) uint32 {
	late := grain+1 < at.NextBorder
	tierKept, lifecycleKept := true, true
	if k.worth {
		u.budget, tierKept = u.budget.after(k.orders, e.Amount)
	}
	if k.activity {
		u.activity, lifecycleKept = coverActivity(u.activity, 1)
	}
	if k.assessed {
		u.set(assessmentDirty, true)
		u.set(lateOrder, u.has(lateOrder) || k.orders && late)
	}
	wanted := late || e.Amount < 0 || !lifecycleKept || u.policy.wants(fed)
	tells := k.activity || k.fed != 0 || u.State == Nobody
	if wanted && tells || k.orders && (!tierKept || late || r.orderAlwaysTells(u)) {
		return due
	}
	wake := uint32(Never)
	if k.fed != 0 && (!u.has(leaveWatched) || grain < u.newest) {
		u.set(leaveWatched, true)
		wake = grain + r.window + 1
	}
	if k.assessed && !u.has(assessmentPending) {
		u.set(assessmentPending, true)
		wake = min(wake, r.nextPhase(max(grain, at.NextBorder-1), r.PhaseOf(at.UserHash)))
	}
	return wake
}
