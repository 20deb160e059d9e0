package scorer

// Standing is what decides whether an episode begins or ends at a border, beside what the user remembers of the episode they are in.
type Standing struct {
	Candidate bool    // neither new nor churned, and some core metric has dropped with evidence
	Used      bool    // some core metric has events in the current window
	Churned   bool    // the lifecycle's state
	Risk      float64 // 0 to 100; -1 for a user whom the model does not score, and without a model
}

// Standing is a user's at border h, the last that has been judged for them: what any threshold of the risk would decide on. population is as in
// JudgeContext.
func (r *Rules) Standing(u *User, encoded []byte, h uint32, population []uint32, s *Scratch) Standing {
	cells := r.readAll(u, encoded, s)
	s.setFactors(len(r.metrics), population)
	r.addUp(&s.windows, cells, h)
	r.score(u, r.lastActive(u, cells, h), s, h)
	return Standing{
		Candidate: r.candidacy(u, &s.view) >= 0,
		Used:      r.used(&s.view), Churned: u.State == Churned, Risk: s.score.Risk,
	}
}
