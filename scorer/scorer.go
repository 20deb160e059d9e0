package scorer

import "winback/schemas"

// User is what is known of one user beside the cells. It is a value without pointers; the zero User has seen nothing.
type User struct {
	Base     int64  // pre-churn: the entry metric's baseline sum when the episode began
	First    uint32 // the first active grain; valid if anything was active
	end      uint32 // one past the last active grain that a judged border has seen, 0 if none
	Episode  uint32 // the current or last episode, from 1
	State    State
	Metric   uint8 // pre-churn: the entry metric
	PreChurn bool
	seen     bool // First is set
	steady   bool // see due.go
}

// Verdict is what became true for a user at a border. From and State differ if the lifecycle changed. Kind is empty or one of
// entered, recovered, settled, lost.
type Verdict struct {
	From, State State
	Kind        schemas.DecisionKind
	Metric      uint8 // entered: the metric with the largest drop
	Episode     uint32
	Cur, Base   int64 // entered: the metric's sums
}

// Never is the border of a user for whom nothing can change without a further event.
const Never = none

// GrainOf returns the grain that holds a time, Unix milliseconds.
func (r *Rules) GrainOf(at int64) uint32 { return uint32(at / r.grain) }

// Step adds an event to its grain. next is the first border not yet judged in the user's partition. cells must have room for
// CellsPerEvent more; the result shares their memory. due is the first border at which the user must be judged because of this
// event, Never if the border that Judge named before will do.
func (r *Rules) Step(u *User, cells []Cell, e *schemas.Event, next uint32) (_ []Cell, due uint32) {
	grain := r.GrainOf(e.Time)
	due = max(grain+1, next)
	matters := !u.steady || grain+1 < next
	relevant := false
	for _, id := range r.byType[e.Type] {
		l := &r.lanes[id]
		switch l.sum {
		case Sessions:
			var start uint32
			cells, start = r.addSession(cells, id, e.Time)
			due = min(due, max(start+1, next))
		case Amount:
			cells = add(cells, grain, id, e.Amount)
			matters = matters || e.Amount < 0
		case Duration:
			cells = add(cells, grain, id, e.Duration)
		default:
			cells = add(cells, grain, id, 0)
		}
		relevant = relevant || l.activity || len(l.core) > 0
		if l.activity {
			u.act(grain, next)
		}
	}
	if !matters || !relevant {
		return cells, Never
	}
	return cells, due
}

// act notes an active grain. One that a judged border should have seen tells from the next one on.
func (u *User) act(grain, next uint32) {
	if !u.seen || grain < u.First {
		u.First, u.seen = grain, true
	}
	if grain+1 < next {
		u.end = max(u.end, grain+1)
	}
}

// Judge looks at a user at border h, later than any border judged before, and says what became true there. next is the first
// border after h at which the user must be judged if no event comes, Never if there is none.
func (r *Rules) Judge(u *User, cells []Cell, h uint32) (verdict Verdict, next uint32) {
	var v view
	r.look(&v, cells, h)
	u.end = max(u.end, v.last)
	verdict.From = u.State
	if u.seen {
		u.State = r.lifecycle.at(h, u.First, u.end, v.active)
	}
	verdict.State = u.State
	if u.PreChurn {
		r.leave(u, &v, &verdict)
	} else {
		r.enterPreChurn(u, &v, &verdict)
	}
	return verdict, r.nextDue(u, &v, cells, h)
}

// enterPreChurn opens the next episode if some core metric has dropped, with evidence.
func (r *Rules) enterPreChurn(u *User, v *view, verdict *Verdict) {
	if u.State == New || u.State == Churned {
		return
	}
	i := r.steepest(v)
	if i < 0 {
		return
	}
	m := &v.metrics[i]
	u.PreChurn, u.Metric, u.Base = true, uint8(i), m.base
	u.Episode++
	verdict.Kind, verdict.Metric, verdict.Episode = schemas.KindEntered, u.Metric, u.Episode
	verdict.Cur, verdict.Base = m.cur, m.base
}

// leave ends the episode if the user churned or is steady again.
func (r *Rules) leave(u *User, v *view, verdict *Verdict) {
	switch {
	case u.State == Churned:
		verdict.Kind = schemas.KindLost
	case !r.calm(v):
		return
	case r.exit.atLeast(v.metrics[u.Metric].cur, u.Base):
		verdict.Kind = schemas.KindRecovered
	default:
		verdict.Kind = schemas.KindSettled
	}
	u.PreChurn, verdict.Episode = false, u.Episode
}

// calm reports whether some core metric has events and none has dropped by the exit threshold.
func (r *Rules) calm(v *view) bool {
	alive := false
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core {
			continue
		}
		if m.base > 0 && r.exit.within(m.cur, m.base) {
			return false
		}
		alive = alive || m.nCur > 0
	}
	return alive
}
