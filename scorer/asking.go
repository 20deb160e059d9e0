package scorer

import "winback/scorer/track"

// The model is asked of a candidate at the border at which they become one, and then, as of a user in an episode, once a day at an hour of their
// own. Most answers are foreseen: see outlook.go.

// asks reports whether the model is asked about a user day by day.
func (r *Rules) asks(u *User) bool { return r.risk != nil && (u.PreChurn || u.has(candidate)) }

// calmUntil is the last border up to which the model is known not to agree that a user enters, whatever comes; 0 for none: see calm.go.
func (r *Rules) calmUntil(u *User) uint32 {
	if r.risk == nil || u.PreChurn {
		return 0
	}
	return u.entryBase[0]
}

// riskAt is the risk at the border that is judged, -1 if there is nothing to say.
func (r *Rules) riskAt(u *User, s *Scratch, h uint32) float64 {
	if !s.scored {
		s.tracks.Read(track.GrainsBefore(h, r.riskReach))
		r.score(u, u.end, s, h)
		s.scored = true
	}
	return s.score.Risk
}
