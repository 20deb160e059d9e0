package scorer

import (
	"math"

	"winback/schemas"
)

// Moment is where a user's partition stands.
type Moment struct {
	Next       uint32   // Step: the first border not yet judged for this user
	Rhythm     uint64   // what the user's place in the rhythm of assessments is made of, see PhaseOf: a number that stays the same
	Population []uint32 // Judge: the factor of each metric at the border, millionths; nil while drops are not relative
}

// Scratch is memory that calls reuse, and the Shapes by which tracks are written: each partition has its own. What Judge found stands in
// it until the next call.
type Scratch struct {
	book  book
	trail trail
	cells []Cell
	buf   []byte
	view  view
	cur   []tally // by the number that Rules.tallies gives a lane
	base  []tally
	assessment
}

// NewScratch returns memory for calls of these Rules.
func (r *Rules) NewScratch() *Scratch {
	s := &Scratch{
		book: r.newBook(), trail: trail{store: make([]Cell, 256)}, cells: make([]Cell, 0, 256), buf: make([]byte, 0, 1024),
		cur: make([]tally, r.tallied), base: make([]tally, r.tallied), assessment: r.newAssessment(),
	}
	s.trail.book = &s.book
	return s
}

// Verdict is what became true for a user at a border. From and State differ if the lifecycle changed. Kind is empty or one of
// entered, recovered, settled, lost.
type Verdict struct {
	From, State State
	Kind        schemas.DecisionKind
	Metric      uint8 // entered: the metric with the largest drop
	Episode     uint32
	Cur, Base   int64  // entered: the metric's sums
	Factor      uint32 // entered: what the population made of the baseline, millionths
	Profiled    bool   // a profile row is due: see Scratch.Profile
	Stale       bool   // many cells tell nothing any more: Trim the track
	Gone        bool   // nothing is known of the user any more: Forget
}

// Never is the border of a user for whom nothing can change without a further event.
const Never = none

// GrainOf returns the grain that holds a time, Unix milliseconds.
func (r *Rules) GrainOf(at int64) uint32 { return uint32(at / r.grain) }

// Step adds an event to its grain. The result shares the track's memory. due is the first border at which the user must be judged
// because of this event, Never if the border that Judge named before will do. need is how many bytes of capacity the track lacks; with
// any, nothing has been changed: make room and call again.
func (r *Rules) Step(u *User, track []byte, e *schemas.Event, at Moment, s *Scratch) (_ []byte, due uint32, need int) {
	k := r.kindOf(e.Type, e.Category)
	grain := r.GrainOf(e.Time)
	event := Cell{Grain: grain, shift: r.shiftOf(e), count: 1}
	due = max(grain+1, at.Next)
	if len(k.lanes) == 1 && r.lanes[k.lanes[0]].sum != Sessions {
		event.lane = k.lanes[0]
		event.Sum = r.lanes[event.lane].value(e)
		track, need = r.put(u, track, event, s)
	} else {
		var begun uint32
		s.cells, begun = r.putAll(r.unpack(s.cells[:0], u, track, &s.trail), k.lanes, event, e)
		due = min(due, max(begun+1, at.Next))
		track, need = r.replace(u, track, s)
	}
	if need > 0 {
		return track, Never, need
	}
	return track, r.heed(u, k, e, due, grain, at), 0
}

// shiftOf is by how many hours the user's local hour was ahead of UTC's at the event.
func (r *Rules) shiftOf(e *schemas.Event) int8 {
	if e.Offset == 0 || !r.local {
		return 0
	}
	return int8((e.Time+int64(e.Offset)*int64(schemas.Minute)+dayMillis)/hourMillis - (e.Time+dayMillis)/hourMillis)
}

const (
	hourMillis = int64(schemas.Hour)
	dayMillis  = int64(schemas.Day)
)

// value is what a lane's sum takes of an event.
func (l *lane) value(e *schemas.Event) int64 {
	switch l.sum {
	case Amount:
		return e.Amount
	case Duration:
		return e.Duration
	}
	return 0
}

// putAll adds an event to all its lanes' cells and returns the earliest grain that was touched.
func (r *Rules) putAll(cells []Cell, lanes []uint8, event Cell, e *schemas.Event) (_ []Cell, begun uint32) {
	begun = event.Grain
	for _, id := range lanes {
		l := &r.lanes[id]
		if l.sum == Sessions {
			var start uint32
			cells, start = r.addSession(cells, id, e.Time, event.shift)
			begun = min(begun, start)
			continue
		}
		event.lane, event.Sum = id, l.value(e)
		cells = add(cells, event)
	}
	return cells, begun
}

// heed notes what an event means beside its cells and returns the border at which the user must be judged for it.
func (r *Rules) heed(u *User, k *kind, e *schemas.Event, due, grain uint32, at Moment) uint32 {
	late := grain+1 < at.Next
	if k.activity {
		u.act(grain, at.Next)
	}
	matters := u.heeds == allEvents || late || e.Amount < 0 || u.heeds.tell(k.fed) && u.overdraws(1)
	u.soothe(k.fed, grain, 1)
	ordered := k.worth && !u.affords(k.orders, e.Amount) || late || r.ordersTell(u)
	if k.assessed {
		u.mark(stirred, true)
		u.mark(reorder, u.has(reorder) || k.orders && late)
	}
	switch {
	case k.orders && ordered, matters && (k.activity || k.fed != 0 || u.State == Nobody):
	case k.assessed && !u.has(phased):
		u.mark(phased, true)
		due = r.nextPhase(max(grain, at.Next-1), r.PhaseOf(at.Rhythm))
	default:
		return Never
	}
	u.rouse()
	return due
}

// Judge looks at a user at border h, later than any border judged before, and says what became true there. next is the first
// border after h at which the user must be judged if no event comes, Never if there is none.
func (r *Rules) Judge(u *User, track []byte, h uint32, at Moment, s *Scratch) (verdict Verdict, next uint32) {
	if until := u.lulledAt(h); until != none {
		return Verdict{From: u.State, State: u.State}, until
	}
	t, v, phase := &s.trail, &s.view, r.PhaseOf(at.Rhythm)
	t.open(u, track, r.lanesToJudge(u))
	t.watch(r, h)
	r.setFactors(v, at.Population)
	r.look(s, h, r.farthest(u, h, phase))
	u.end = max(u.end, v.last)
	verdict.From = u.State
	if u.seen {
		u.State = r.lifecycle.at(h, u.First, u.end, v.active, u.State)
	}
	verdict.State = u.State
	if verdict.Gone = u.State == Forgotten; verdict.Gone {
		return verdict, Never
	}
	if u.PreChurn {
		r.leave(u, v, &verdict)
	} else {
		r.enterPreChurn(u, v, &verdict)
	}
	if verdict.Gone = u.State == Nobody && r.faded(u, t.cells(), h); verdict.Gone {
		return verdict, Never
	}
	if r.assesses(u, s, &verdict, h, phase) {
		r.assessAt(u, s, &verdict, h, phase)
	}
	due, other := r.nextDue(u, v, t.cells(), h)
	assessment := r.nextAssessment(u, s, h, phase)
	if next = min(due, assessment); u.heeds == noEvents {
		r.lull(u, v, t.cells(), h, next, min(other, assessment))
	}
	verdict.Stale = t.done() && staleShare*t.stale > t.lanes
	return verdict, next
}

// staleShare is how large a part of a track may tell nothing any more before it is trimmed: one in so many.
const staleShare = 6

// farthest is how far back a border looks, unless it finds a reason to look further: as far as the windows, or at all there is where an
// assessment is due or nobody knows whether the user was ever active.
func (r *Rules) farthest(u *User, h, phase uint32) (grain uint32) {
	if u.State == Nobody || r.assessing() && r.inPhase(h, phase) {
		return 0
	}
	return back(h, r.near)
}

// lanesToJudge are those that can tell something of a user at a border.
func (r *Rules) lanesToJudge(u *User) uint64 {
	if u.State == Nobody { // who was never active is forgotten when no cell is left at all
		return allLanes
	}
	return r.judged
}

func (r *Rules) setFactors(v *view, population []uint32) {
	for i := range r.metrics {
		v.factors[i] = whole
		if len(population) > 0 {
			v.factors[i] = population[i]
		}
	}
}

// Forget drops all that is known of a user but the number of the last episode and what lies at border h or after: the first of a
// life that begins there.
func (r *Rules) Forget(u *User, track []byte, h uint32, s *Scratch) []byte {
	s.cells = r.unpack(s.cells[:0], u, track, &s.trail)
	kept := s.cells[:0]
	*u = User{Episode: u.Episode}
	for i := range s.cells {
		if c := s.cells[i]; c.Grain >= h {
			kept = append(kept, c)
			if r.lanes[c.lane].activity {
				u.act(c.Grain, h)
			}
		}
	}
	s.cells = kept
	left, _ := r.replace(u, track, s)
	return left
}

// enterPreChurn opens the next episode if some core metric has dropped, with evidence.
func (r *Rules) enterPreChurn(u *User, v *view, verdict *Verdict) {
	if u.State == New || u.State == Churned || u.Episode == math.MaxUint16 {
		return
	}
	i := r.steepest(v)
	if i < 0 {
		return
	}
	m := &v.metrics[i]
	u.PreChurn, u.Metric = true, uint8(i)
	u.setBase(m.base)
	u.Episode++
	verdict.Kind, verdict.Metric, verdict.Episode = schemas.KindEntered, u.Metric, uint32(u.Episode)
	verdict.Cur, verdict.Base, verdict.Factor = m.cur, m.base, v.factors[i]
}

// leave ends the episode if the user churned, or is steady again, or never was active and has left nothing in the windows.
func (r *Rules) leave(u *User, v *view, verdict *Verdict) {
	switch {
	case u.State == Churned, u.State == Nobody && r.bereft(v):
		verdict.Kind = schemas.KindLost
	case !r.calm(v):
		return
	case r.exit.of(v.factors[u.Metric]).atLeast(v.metrics[u.Metric].cur, u.baseAtEntry()):
		verdict.Kind = schemas.KindRecovered
	default:
		verdict.Kind = schemas.KindSettled
	}
	u.PreChurn, verdict.Episode = false, uint32(u.Episode)
}

// calm reports whether some core metric has events and none has dropped by the exit threshold.
func (r *Rules) calm(v *view) bool {
	used := false
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core {
			continue
		}
		if m.dropped(r.exit.of(v.factors[i])) {
			return false
		}
		used = used || m.nCur > 0
	}
	return used
}
