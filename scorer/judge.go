package scorer

import "winback/scorer/track"

// JudgeContext is what a look at a user takes from their partition.
type JudgeContext struct {
	UserHash   uint64   // of the user's id, always the same: it spreads the assessments
	Population []uint32 // the factor of each metric at the border, millionths; nil while drops are not relative
}

// Judge looks at a user at border h, later than any border judged before, and says what became true there. next is the first
// border after h at which the user must be judged if no event comes, Never if there is none.
func (r *Rules) Judge(u *User, encoded []byte, h uint32, at JudgeContext, s *Scratch) (verdict Verdict, next uint32) {
	turn := r.rhythmOf(at.UserHash)
	s.setFactors(len(r.metrics), at.Population)
	s.scored = false
	r.look(u, encoded, h, turn.phase, s)
	verdict.From = u.State
	if u.end = max(u.end, s.last); u.seen {
		u.State = r.lifecycle.at(h, u.First, u.end, s.active, u.State)
	}
	verdict.State = u.State
	if verdict.Gone = u.State == Forgotten; verdict.Gone {
		return verdict, Never
	}
	r.judgeEpisode(u, s, &verdict, h, turn)
	if verdict.Gone = u.State == Nobody && !u.PreChurn && r.expiresAt(s.tracks.Cells(), h) <= h; verdict.Gone {
		return verdict, Never
	}
	r.judgeAssessment(u, s, &verdict, h, turn.phase)
	next = r.reschedule(u, s, h, turn)
	verdict.Stale = s.tracks.Stale()
	return verdict, next
}

// look adds up the cells before border h. It reads as far back as the windows; or all there is where an assessment is due, where the windows
// hold no activity, or where nobody knows whether the user was ever active: who never was is forgotten when no cell is left at all.
func (r *Rules) look(u *User, encoded []byte, h, phase uint32, s *Scratch) {
	lanes, until := r.judged, track.GrainsBefore(h, r.near)
	if u.State == Nobody {
		lanes, until = track.AllLanes, 0
	} else if r.assessing() && r.inPhase(h, phase) {
		until = 0
	}
	s.tracks.Open(u.head(), encoded, lanes, h)
	for s.tracks.Read(until); ; s.tracks.Read(0) {
		r.addUp(&s.windows, s.tracks.Cells(), h)
		if s.last > 0 || s.tracks.Done() {
			return
		}
	}
}

// Trim drops the cells that no border from h on can see and returns what is left of the track, in place: what the last Judge, at h, has
// found stale. Own days that P(alive) counts are kept in the User.
func (r *Rules) Trim(u *User, encoded []byte, h uint32, s *Scratch) []byte {
	head := u.head()
	left, dropped := s.tracks.Trim(&head, encoded, h)
	var counted DaySet
	for i := range dropped {
		if c := &dropped[i]; r.addCell(&counted, c) {
			u.folded.fold(r.ownDay(c))
		}
	}
	u.setHead(head)
	return left
}

// Forget drops all that is known of a user but the number of the last episode and what lies at border h or after: the first of a
// life that begins there.
func (r *Rules) Forget(u *User, encoded []byte, h uint32, s *Scratch) []byte {
	head := u.head()
	left, kept := s.tracks.DropBefore(&head, encoded, h)
	*u = User{Episode: u.Episode}
	u.setHead(head)
	for i := range kept {
		if c := &kept[i]; r.lanes[c.Lane].activity {
			u.noteActive(c.Grain, h)
		}
	}
	return left
}
