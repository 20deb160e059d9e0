package scorer

import (
	"winback/scorer/risk"
	"winback/scorer/track"
)

// As long as no event comes, what the model will answer follows from what is known. So a look at a user whom it is asked about also asks it about
// the days ahead, and the next look is on the first one whose answer changes something. Few events are spared for users who come every day, of whom
// one or two days are asked; for those who have been silent for a week it is about another one.

// outlook is the memory in which the days ahead are asked about: what was found at the border judged stays as it is.
type outlook struct {
	past   risk.Past
	scorer risk.Scratch
}

// question is what the model's answer must be.
type question struct {
	entry bool    // at least the limit; else below it
	limit float64 // 0 to 100
}

func (q question) answered(risk float64) bool { return (risk >= q.limit) == q.entry }

// nextAnswer is the user's next own hour after h at which the model can give the answer that is waited for, if no event comes; Never if it will not
// before a border until, at which the user is looked at anyhow.
func (r *Rules) nextAnswer(u *User, s *Scratch, h uint32, turn rhythm, until uint32) uint32 {
	at := r.nextOwnHour(max(h, r.calmUntil(u)), turn.hour)
	if s.pending != Never || at >= until {
		return at // something comes before that border, or at it; or it is likely to, since who is calm is often there
	}
	q := question{true, r.enterRisk}
	if u.PreChurn {
		q = question{false, r.exitRisk}
		until = min(until, r.unusedFrom(s.tracks.Cells(), h))
	}
	s.tracks.Read(track.GrainsBefore(h, r.riskReach))
	p := &s.ahead.past
	if !r.lookAhead(p, u, s, at, r.startAhead(s, h, at)) {
		return Never // and so it stays
	}
	return r.foresee(u, s, at, until, q, 3+(h-u.end)/r.day)
}

// startAhead puts the past of the border judged where that of another is wanted, if one follows from the other, and reports whether it does.
func (r *Rules) startAhead(s *Scratch, h, at uint32) bool {
	if !s.scored || s.score.Risk < 0 || r.riskLanes != 0 || at != h+r.day {
		return false
	}
	metrics := s.ahead.past.Metrics // which is not read
	s.ahead.past = s.past
	s.ahead.past.Metrics = metrics
	return true
}

// foresee asks about some of the user's own hours, from one on, whose past is filled, and returns the first with the answer, or the first that it
// did not ask about.
func (r *Rules) foresee(u *User, s *Scratch, at, until uint32, q question, hours uint32) uint32 {
	p := &s.ahead.past
	for n := uint32(0); at < until; n, at = n+1, at+r.day {
		if n == hours {
			return at
		}
		if n > 0 && !r.lookAhead(p, u, s, at, true) {
			return Never
		}
		if q.answered(r.risk.Score(p, &s.ahead.scorer)) {
			return at
		}
	}
	return Never
}

// lookAhead fills the past of a border ahead, all of whose cells are there; false for a user whom the model does not score there. If it holds the
// past of the day before, that only moves back by a day, unless it has weeks, whose days may be others.
func (r *Rules) lookAhead(p *risk.Past, u *User, s *Scratch, at uint32, dayBefore bool) bool {
	cells, end := s.tracks.Cells(), u.end
	if dayBefore && r.riskLanes == 0 {
		if end+r.active <= at {
			return false
		}
		moveBack(p, int64(r.day)*r.grain)
	} else if !r.fillPast(p, u, end, cells, at) {
		return false
	}
	if p.Alive = -1; r.readsAlive {
		p.Alive = r.aliveOf(r.bought(u, cells, at), at)
	}
	return true
}

// moveBack makes a past without metrics that of the border a day later.
func moveBack(p *risk.Past, day int64) {
	p.At, p.Tenure, p.Age = p.At+day, p.Tenure+day, p.Age+day
	for i := len(p.Days) - 1; i > 0; i-- {
		p.Days[i] = p.Days[i]<<1 | p.Days[i-1]>>63
	}
	p.Days[0] <<= 1
}

// unusedFrom is the border from which on no core metric has an event in the current window, as far as the cells before h tell.
func (r *Rules) unusedFrom(cells []track.Cell, h uint32) uint32 {
	for i := firstFrom(cells, h) - 1; i >= 0; i-- {
		if len(r.lanes[cells[i].Lane].core) > 0 {
			return cells[i].Grain + 1 + r.window
		}
	}
	return 0
}
