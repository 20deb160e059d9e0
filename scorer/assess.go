package scorer

import "winback/schemas"

// Beside the drop and the lifecycle, which are right at every border, a user is assessed now and then: what they are worth, how they
// behave, how likely they are to leave. That happens in the rhythm of Config.Assess, each user at a phase of their own so that a
// partition's work is spread evenly; whenever the lifecycle or an episode changes; and at the border after an order, if it changes the
// tier, or the risk was high, or there are tags.

// MaxTags is how many tags there can be.
const MaxTags = 32

// assessing reports whether there is anything to assess.
func (r *Rules) assessing() bool { return r.tiers != nil || len(r.selectors) > 0 || r.risk != nil }

// orderAlwaysTells reports whether an order can tell something beside the tier.
func (r *Rules) orderAlwaysTells(u *User) bool { return u.highRisk || len(r.selectors) > 0 }

// judgeAssessment assesses the user if border h is one of their assessments.
func (r *Rules) judgeAssessment(u *User, s *Scratch, verdict *Verdict, h, phase uint32) {
	s.assessed = false
	ordered := s.ordered || u.has(lateOrder)
	u.set(lateOrder, false)
	if u.State == Nobody {
		return
	}
	due := r.inPhase(h, phase) || verdict.From != verdict.State || verdict.Kind != "" || ordered && r.orderAlwaysTells(u)
	tier := Unassessed
	if r.tiers != nil && (due || ordered) {
		tier, u.budget = r.tierAt(s, h, phase)
		due = due || tier != u.Tier
	}
	if due {
		s.assessed = true
		u.set(assessmentDirty|assessmentPending, false)
		r.assessUser(u, s, verdict, tier, h)
	}
}

// tierAt is the tier at border h, and what more orders leave it as it is until the user's next assessment.
func (r *Rules) tierAt(s *Scratch, h, phase uint32) (Tier, tierBudget) {
	s.tracks.Read(0)
	cells := s.tracks.Cells()
	w := r.tiers.worthAt(cells, h, h)
	tier := r.tiers.tierOf(&w, h)
	return tier, r.tiers.afterCells(r.tiers.budgetUntil(&w, tier, r.nextPhase(h, phase)), cells[firstFrom(cells, h):])
}

// assessUser looks at all that is assessed beside the tier, and notes in the user what was found.
func (r *Rules) assessUser(u *User, s *Scratch, verdict *Verdict, tier Tier, h uint32) {
	s.tracks.Read(0)
	cells, tagged := s.tracks.Cells(), uint32(0)
	if len(r.selectors) > 0 {
		tagged = r.tagsAt(&s.tags, cells, h)
	}
	highRisk := !r.surelyLow(u, h) && r.riskAt(u, s, h) >= r.highRisk
	verdict.Profiled = tier != u.Tier || tagged != u.tagged || highRisk != u.highRisk || verdict.Kind == schemas.KindEntered
	u.Tier, u.tagged, u.highRisk = tier, tagged, highRisk
	if verdict.Profiled {
		r.riskAt(u, s, h)
		r.explain(s)
		s.score.Alive = r.aliveAt(u, cells, h)
	}
}

// Profile is what the last Judge found of a user, for people.
func (r *Rules) Profile(u *User, s *Scratch) schemas.Profile {
	p := schemas.Profile{
		Lifecycle: u.State.String(), RFM: u.Tier.String(), Tags: r.tags.Names(u.tagged, nil),
		Risk: s.score.Risk, High: u.highRisk, Alive: s.score.Alive,
	}
	p.Reasons = append(p.Reasons, s.score.Reasons...)
	return p
}
