package scorer

import (
	"winback/scorer/risk"
	"winback/scorer/track"
)

// lastActive is one past the last active grain before h, also where no border has seen it yet.
func (r *Rules) lastActive(u *User, cells []track.Cell, h uint32) uint32 {
	for i := len(cells) - 1; i >= 0; i-- {
		if c := &cells[i]; c.Grain < h && r.lanes[c.Lane].activity {
			return max(u.end, c.Grain+1)
		}
	}
	return u.end
}

// readAll reads all that assessments look at.
func (r *Rules) readAll(u *User, encoded []byte, s *Scratch) []track.Cell {
	s.tracks.Open(u.head(), encoded, r.judged, 0)
	s.tracks.Read(0)
	return s.tracks.Cells()
}

// score says how likely a user is to leave. P(alive) is left out unless the model reads it, and the reasons until explain.
func (r *Rules) score(u *User, end uint32, s *Scratch, h uint32) {
	cells := s.tracks.Cells()
	s.score = Score{Risk: -1, Alive: -1}
	if r.risk != nil && r.fillPast(&s.past, u, end, cells, h) {
		if s.past.Alive = -1; r.readsAlive {
			s.past.Alive = r.aliveOf(r.bought(u, cells, h), h)
		}
		s.score.Risk = r.risk.Score(&s.past, &s.scorer)
	}
}

// explain adds the reasons to a score.
func (r *Rules) explain(s *Scratch) {
	if s.score.Risk >= 0 {
		s.score.Reasons = r.risk.Reasons(&s.scorer, s.terms[:0])
	}
}

// Score says how likely a user is to leave, at a border none before which has yet to be judged for them.
func (r *Rules) Score(u *User, encoded []byte, h uint32, s *Scratch) Score {
	cells := r.readAll(u, encoded, s)
	r.score(u, r.lastActive(u, cells, h), s, h)
	r.explain(s)
	s.score.Alive = r.aliveAt(u, cells, h)
	return s.score
}

// Past is what the risk of a user is made of, and what P(alive) is: training reads both. It is valid until the next call; ok is false
// for a user whom the model does not score at this border. Rules without a model know no past.
func (r *Rules) Past(u *User, encoded []byte, h uint32, s *Scratch) (past *risk.Past, bought Bought, ok bool) {
	cells := r.readAll(u, encoded, s)
	bought = r.bought(u, cells, h)
	if r.risk == nil || !r.fillPast(&s.past, u, r.lastActive(u, cells, h), cells, h) {
		return nil, bought, false
	}
	s.past.Alive = r.aliveOf(bought, h)
	return &s.past, bought, true
}
