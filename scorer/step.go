package scorer

import (
	"winback/schemas"
	"winback/scorer/track"
)

// StepContext is where a user's partition stands when an event is added.
type StepContext struct {
	NextBorder uint32 // the first border not yet judged for this user
	UserHash   uint64 // of the user's id, always the same: it spreads the assessments
}

// Step adds an event to its grain. The result shares the track's memory. due is the first border at which the user must be judged
// because of this event, Never if the border that Judge named before will do. need is how many bytes of capacity the track lacks; with
// any, nothing has been changed: make room and call again.
func (r *Rules) Step(u *User, encoded []byte, e *schemas.Event, at StepContext, s *Scratch) (_ []byte, due uint32, need int) {
	k := r.kindOf(e.Type, e.Category)
	grain, fed := r.GrainOf(e.Time), k.fed
	due = max(grain+1, at.NextBorder)
	if grain+1 < at.NextBorder && (k.activity || k.fed != 0) {
		r.endCalm(u, encoded, at.NextBorder-1, s)
	}
	cell := track.Cell{Grain: grain, Shift: r.shiftOf(e, grain), Count: 1}
	head := u.head()
	if k.alone() {
		var merged bool
		cell.Lane = k.lanes[0]
		cell.Sum = r.lanes[cell.Lane].addend(e)
		if encoded, merged, need = s.tracks.Append(&head, encoded, cell); merged {
			fed &^= k.fedDays // the day has been counted
		}
	} else {
		var change track.Change
		encoded, change, need = s.tracks.Rewrite(&head, encoded, r.additionOf(k, cell, e, s))
		fed = r.fedBy(k, change)
		due = min(due, max(change.From+1, at.NextBorder))
	}
	if need > 0 {
		return encoded, Never, need
	}
	u.setHead(head)
	if k.activity {
		u.noteActive(grain, at.NextBorder)
	}
	return encoded, r.wakeFor(u, k, e, fed, grain, due, at), 0
}

// shiftOf is by how many hours the user's local hour at an event was ahead of the hour of UTC in which the grain begins; for grains longer than an
// hour, days and the user's own day.
func (r *Rules) shiftOf(e *schemas.Event, grain uint32) int8 {
	if r.shiftUnit == 0 || e.Offset == 0 && !r.uneven {
		return 0
	}
	local, begins := e.Time+int64(e.Offset)*int64(schemas.Minute)+dayMillis, int64(grain)*r.grain+dayMillis
	if r.shiftUnit == hourMillis {
		return int8(local/hourMillis - begins/hourMillis)
	}
	return int8(local/dayMillis - begins/dayMillis)
}

// additionOf is what an event adds to all its lanes. cell is the event's without lane and sum.
func (r *Rules) additionOf(k *kind, cell track.Cell, e *schemas.Event, s *Scratch) track.Addition {
	s.addends = s.addends[:0]
	for _, id := range k.lanes {
		cell.Lane, cell.Sum = id, r.lanes[id].addend(e)
		s.addends = append(s.addends, cell)
	}
	return track.Addition{Cells: s.addends, Sessions: k.sessions, Time: e.Time, Grain: cell.Grain, Shift: cell.Shift}
}

// fedBy are the core metrics that an event may have raised: those of days not if the lane had events in the grain before, those of sessions
// only if a session began, or begins sooner than before.
func (r *Rules) fedBy(k *kind, change track.Change) uint32 {
	fed := k.fed &^ k.fedSessions
	for _, id := range k.lanes {
		if change.Merged>>(id&63)&1 == 1 {
			fed &^= k.fedDays
		}
	}
	for _, id := range k.sessions {
		if change.Began>>(id&63)&1 == 1 {
			fed |= r.lanes[id].fed
		}
	}
	return fed
}
