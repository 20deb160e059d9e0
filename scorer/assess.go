package scorer

import (
	"winback/schemas"
	"winback/scorer/risk"
)

// Beside the drop and the lifecycle, which are right at every border, a user is assessed now and then: what they are worth, how they
// behave, how likely they are to leave. That happens in the rhythm of Config.Assess, each user at a phase of their own so that a
// partition's work is spread evenly; whenever the lifecycle or an episode changes; and at the border after an order, if it changes the
// tier, or the risk was high, or there are tags.

// assessment is what the last call of Judge that assessed found.
type assessment struct {
	tier   Tier
	tagged uint32
	score  Score
	worth  worth
	tagging
	past  risk.Past
	risk  risk.Scratch
	terms []schemas.Term
}

// Score is how likely a user is to leave.
type Score struct {
	Risk    float64        // that no activity comes within the model's horizon, 0 to 100; -1 if there is nothing to say
	Alive   float64        // P(alive) by BG/NBD, 0 to 1; -1 if there is nothing to say
	Reasons []schemas.Term // the largest terms of the risk, signed, in log-odds; valid until the next call
}

func (r *Rules) newAssessment() assessment {
	return assessment{tagging: r.newTagging(), terms: make([]schemas.Term, 0, risk.MaxReasons)}
}

// assessing reports whether there is anything to assess.
func (r *Rules) assessing() bool { return r.tiers != nil || len(r.selectors) > 0 || r.risk != nil }

// assesses reports whether border h is one of the user's assessments.
func (r *Rules) assesses(u *User, s *Scratch, verdict *Verdict, h, phase uint32) bool {
	ordered := s.view.ordered || u.has(reorder)
	switch u.mark(reorder, false); {
	case u.State == Nobody:
		return false
	case r.inPhase(h, phase), verdict.From != verdict.State, verdict.Kind != "", ordered && r.ordersTell(u):
		return true
	}
	return ordered && r.tiers != nil && r.tierAt(u, s, h, phase) != u.Tier
}

// ordersTell reports whether an order can tell something beside the tier.
func (r *Rules) ordersTell(u *User) bool { return u.has(high) || len(r.selectors) > 0 }

// tierAt is the tier at border h, a user's turn to be assessed being phase. It notes what more orders can change.
func (r *Rules) tierAt(u *User, s *Scratch, h, phase uint32) Tier {
	r.read(&s.trail, 0)
	s.worth = worth{}
	r.tiers.look(&s.worth, s.trail.cells(), h, h)
	tier := r.tiers.tier(&s.worth, h)
	u.orders, u.spend = r.tiers.room(&s.worth, tier, r.nextPhase(h, phase))
	return tier
}

// inPhase reports whether a border is one of a user's rhythm.
func (r *Rules) inPhase(h, phase uint32) bool { return (h-phase)%r.assess == 0 }

// nextPhase is the first border after h in the user's rhythm.
func (r *Rules) nextPhase(h, phase uint32) uint32 { return h + r.assess - (h-phase)%r.assess }

func (r *Rules) assessAt(u *User, s *Scratch, verdict *Verdict, h, phase uint32) {
	u.mark(stirred|phased, false)
	r.read(&s.trail, 0)
	cells := s.trail.cells()
	s.tier, s.tagged, s.score = Unassessed, 0, Score{Risk: -1, Alive: -1}
	if r.tiers != nil {
		s.tier = r.tierAt(u, s, h, phase)
	}
	if len(r.selectors) > 0 {
		s.tagged = r.tag(&s.tagging, cells, h)
	}
	r.score(u, u.end, s, h)
	risky := s.score.Risk >= r.high
	verdict.Profiled = s.tier != u.Tier || s.tagged != u.tagged || risky != u.has(high) || verdict.Kind == schemas.KindEntered
	u.mark(high, risky)
	if u.Tier, u.tagged = s.tier, s.tagged; verdict.Profiled {
		r.explain(s)
		s.score.Alive = r.aliveAt(u, cells, h)
	}
}

// nextAssessment is the first border after h, in the user's rhythm, at which something differs from the last assessment by time alone.
// That one may have been at an earlier border than h, but not before the rhythm's last.
func (r *Rules) nextAssessment(u *User, s *Scratch, h, phase uint32) uint32 {
	waited := u.has(phased)
	u.mark(phased, false)
	if u.State == Nobody || !r.assessing() {
		return none
	}
	next := r.nextPhase(h, phase)
	last := next - r.assess
	turn := none
	scored := r.risk != nil && (u.has(high) || u.end+r.active > last)
	if scored || waited || u.has(stirred) || len(s.trail.track) > 0 && u.newest >= last {
		turn = next
	}
	if turn > next {
		r.read(&s.trail, 0)
	}
	cells := s.trail.cells()
	if turn > next && r.tiers != nil {
		s.worth = worth{}
		r.tiers.look(&s.worth, cells, last, h)
		turn = r.tiers.next(&s.worth, last)
	}
	if turn > next && len(r.selectors) > 0 {
		turn = min(turn, r.nextTag(cells, last, h))
	}
	due := none
	if turn != none {
		due = r.nextPhase(max(turn-1, h), phase)
		u.mark(phased, due == next)
	}
	if !u.has(phased) {
		u.orders = 0 // by when they come, what was known of the tier may no longer be so
	}
	if s.view.order != none {
		due = min(due, s.view.order+1)
	}
	return due
}

// Profile is what the last Judge found of a user, for people.
func (r *Rules) Profile(u *User, s *Scratch) schemas.Profile {
	p := schemas.Profile{
		Lifecycle: u.State.String(), RFM: u.Tier.String(), Tags: r.tags.Names(u.tagged, nil),
		Risk: s.score.Risk, High: u.has(high), Alive: s.score.Alive,
	}
	p.Reasons = append(p.Reasons, s.score.Reasons...)
	return p
}

// PhaseOf is a user's place in the rhythm of assessments by the hash of the id.
func (r *Rules) PhaseOf(hash uint64) uint32 { return uint32(hash % uint64(r.assess)) }

// MaxTags is how many tags there can be.
const MaxTags = 32
