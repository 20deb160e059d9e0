package scorer

import (
	"winback/schemas"
	"winback/scorer/track"
)

// reschedule makes the user's schedule anew after a look at border h, and returns the wake-up: the first border after h at which the user
// must be judged if no event comes, Never if there is none.
func (r *Rules) reschedule(u *User, s *Scratch, h uint32, turn rhythm) uint32 {
	wake := r.watchMetrics(u, &s.view, s.tracks.Cells(), h)
	again := s.ended && r.risk != nil && r.candidacy(u, &s.view) >= 0
	if again {
		wake[metricDrops] = h + 1 // what is down still makes a candidate there, but none here: an episode has just ended
	}
	pending := false
	if u.State != Nobody && r.assessing() {
		wake[assessmentIsDue] = r.nextAssessment(u, s, h, turn.phase)
		pending = wake[assessmentIsDue] == r.nextPhase(h, turn.phase)
		if s.order != Never {
			wake[orderWaits] = s.order + 1
		}
	}
	if u.set(assessmentPending, pending); !pending {
		u.budget = tierBudget{} // by the time orders come, what is known of the tier may no longer be so
	}
	if r.risk != nil && !u.PreChurn && !again {
		r.putOff(u, s, h, turn, &wake)
	}
	if r.asks(u) {
		wake[modelAgrees] = r.nextAnswer(u, s, h, turn, wake.earliest())
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
	case u.PreChurn && r.risk != nil:
		u.policy = wakeOnNoEvent
	case u.PreChurn:
		wake[episodeEnds] = r.watchDown(u, r.nextRelief(&r.leaving, v, cells, h), quiet)
	case r.asks(u):
		end := r.withSlack(r.nextRelief(&r.entering, v, cells, h), &r.entering, v, cells, h)
		wake[candidacyEnds] = r.watchDown(u, end, quiet)
		*u.slack() = end.slack
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
	if v.pending != Never {
		wake[eventsWait] = r.firstUncovered(&u.schedule, cells[firstFrom(cells, h):])
	}
	u.set(leaveWatched, v.pending != Never || r.asks(u))
	if v.pending != Never && !r.asks(u) {
		wake[eventsLeave] = v.pending + r.window + 1
	}
	return wake
}

// watchDown has the user looked at for events of the metric that is down, and returns the border at which time alone can raise it.
func (r *Rules) watchDown(u *User, end relief, quiet bool) uint32 {
	if quiet && end.metric >= 0 {
		u.policy = wakeOnMetric + wakePolicy(end.metric)
	}
	return end.border
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

// slackCovers takes what an event adds to the metric that a candidate is watched for from the slack, and reports whether that was enough.
func (r *Rules) slackCovers(u *User, k *kind, e *schemas.Event) bool {
	if !u.has(candidate) || u.policy < wakeOnMetric {
		return false
	}
	metric := uint8(u.policy - wakeOnMetric)
	for _, f := range k.feeds {
		if f.metric != metric {
			continue
		}
		adds := r.added(f, e)
		if adds > int64(*u.slack()) {
			return false
		}
		*u.slack() -= uint32(adds)
	}
	return true
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
		u.budget, tierKept = u.budget.after(orderCount(k.orders), e.Amount)
	}
	if k.activity {
		u.activity, lifecycleKept = coverActivity(u.activity, 1)
	}
	if k.assessed {
		u.set(assessmentDirty, true)
		u.set(lateOrder, u.has(lateOrder) || k.orders && late)
	}
	calm := r.calmUntil(u)
	moves := u.policy.wants(fed) && !r.slackCovers(u, k, e)
	wanted := late || e.Amount < 0 || !lifecycleKept || moves && due > calm
	tells := k.activity || k.fed != 0 || u.State == Nobody
	if wanted && tells || !tierKept || k.orders && (late || r.orderAlwaysTells(u)) {
		return due
	}
	wake := r.wakeLater(u, k, grain, max(due-1, calm), at)
	if moves && tells {
		wake = min(wake, calm)
	}
	return wake
}

// wakeLater is the border at which the user must be judged for what an event can change by and by. The model is asked after a border.
func (r *Rules) wakeLater(u *User, k *kind, grain, asked uint32, at StepContext) uint32 {
	wake := Never
	if k.fed != 0 && (!u.has(leaveWatched) || grain < u.newest) {
		u.set(leaveWatched, true)
		wake = min(wake, grain+r.window+1)
	}
	if k.asked && r.asks(u) {
		wake = min(wake, r.nextOwnHour(asked, r.ownHourOf(at.UserHash)))
	}
	if k.assessed && !u.has(assessmentPending) {
		u.set(assessmentPending, true)
		wake = min(wake, r.nextPhase(max(grain, at.NextBorder-1), r.PhaseOf(at.UserHash)))
	}
	return wake
}
