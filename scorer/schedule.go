package scorer

import "math"

// When must a user be looked at again? Judging every user at every border would be correct and far too slow, and judging them whenever a cell
// crosses a window's edge costs some eight looks a cell. Most looks find nothing. So Judge leaves behind the first border at which its
// answer could differ if no further event came, the minimum over the reasons below; and Step brings that border nearer for the events that
// could matter sooner. To look more often than necessary is slow and changes no decision; to look too late is a fault. The
// metamorphic tests of pipeline/state and the oracle hold that.
//
// The caller keeps the border (the wake-up), one a user. The User keeps what Step needs to tell whether an event brings it nearer: the
// schedule. Judge makes it anew, and Step only spends from it. To add a reason, add its name here and its border where reschedule and watchMetrics set those of the others.

// reason is why a user is looked at.
type reason uint8

const (
	lifecycleChanges reason = iota // an age or a tenure passes a threshold, or too few activity events are left
	metricDrops                    // a core metric can have dropped: the user is a candidate
	candidacyEnds                  // no core metric can be down any more
	modelAgrees                    // the model can say that a candidate enters, or that an episode ends
	episodeEnds                    // without a model: no core metric is down any more
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
// is enough to look when the first event since the last look leaves the window. Of a candidate, and without a model of a user in an episode, only
// those events matter that feed a metric that is down: as long as it is down, they stay what they are. What the model says changes by events
// too, but it is asked at the user's own hour: Step wakes for the next one.
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

// scheduleFlags are what is so or not of a user at the last look, and since.
type scheduleFlags uint8

const (
	assessmentPending scheduleFlags = 1 << iota // the next border of the user's rhythm is waited for
	assessmentDirty                             // an event came that the next assessment may tell differently
	lateOrder                                   // an order came late: the next border looks at the tier
	leaveWatched                                // there is a wake-up for when the first event since the last look leaves the window, or nothing follows from that
	candidate                                   // in no episode, and some core metric was down at the last look
)

func (s *schedule) has(f scheduleFlags) bool { return s.flags&f != 0 }

func (s *schedule) set(f scheduleFlags, on bool) {
	if s.flags &^= f; on {
		s.flags |= f
	}
}
