package state

import (
	"iter"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
	"winback/scorer/risk"
)

// UserView is what the state knows of one user: a copy, for people and tests.
type UserView struct {
	ID      string
	User    scorer.User
	Metrics []scorer.Total // at the border asked for, in the order of the rules' Metrics
	Hours   [24]int64      // activity events of the active window by the user's local hour
}

// Views lists every user in the order of their slots, as of border h: a time aligned to the grain, Unix milliseconds. The partition must not
// change meanwhile.
func (p *Partition) Views(h int64) iter.Seq[UserView] {
	return func(yield func(UserView) bool) {
		for s := range p.slots() {
			if !yield(p.view(s, h)) {
				return
			}
		}
	}
}

// slots lists the slots that are in use.
func (p *Partition) slots() iter.Seq[*slot] {
	return func(yield func(*slot) bool) {
		for n := range p.users.slotsIssued {
			if s := p.users.slot(n); s.block != (ref{}) && !yield(s) {
				return
			}
		}
	}
}

// View returns one user as of border h, Unix milliseconds. It is false for an id that is not known.
func (p *Partition) View(id string, h int64) (UserView, bool) {
	n, found := p.users.lookUp([]byte(id), xxhash.Sum64String(id))
	if !found {
		return UserView{}, false
	}
	return p.view(p.users.slot(n), h), true
}

func (p *Partition) view(s *slot, h int64) UserView {
	id, track := p.users.idAndTrack(s)
	metrics, hours := p.rules.Inspect(&s.user, track, p.rules.GrainOf(h), p.scratch)
	return UserView{ID: string(id), User: s.user, Metrics: metrics, Hours: hours}
}

// Scores lists the risk of every user of whom there is something to say at border h, Unix milliseconds, with their ids; both are
// valid until the next one. The watermark must have passed no border after h, and the partition must not change meanwhile.
func (p *Partition) Scores(h int64) iter.Seq2[[]byte, scorer.Score] {
	return func(yield func([]byte, scorer.Score) bool) {
		for s := range p.slots() {
			id, track := p.users.idAndTrack(s)
			score := p.rules.Score(&s.user, track, p.rules.GrainOf(h), p.scratch)
			if (score.Risk >= 0 || score.Alive >= 0) && !yield(id, score) {
				return
			}
		}
	}
}

// UserPast is what a user's risk and P(alive) are made of.
type UserPast struct {
	ID     []byte
	Past   *risk.Past // nil for a user whom the model does not score
	Bought scorer.Bought
}

// Pasts lists every user's past at border h, Unix milliseconds, each valid until the next one. The watermark must have passed no border
// after h, and the partition must not change meanwhile.
func (p *Partition) Pasts(h int64) iter.Seq[UserPast] {
	return func(yield func(UserPast) bool) {
		for s := range p.slots() {
			id, track := p.users.idAndTrack(s)
			past, bought, ok := p.rules.Past(&s.user, track, p.rules.GrainOf(h), p.scratch)
			if !ok {
				past = nil
			}
			if !yield(UserPast{id, past, bought}) {
				return
			}
		}
	}
}

// UserLook is what a backtest asks of a user at a cut-off.
type UserLook struct {
	ID      []byte
	State   scorer.State
	Tier    scorer.Tier // at the last assessment
	Risk    float64     // 0 to 100; -1 for a user whom the model does not score, and without a model
	Dropped bool        // by the bare rule: see scorer.Rules.Dropped
}

// Looks lists every user at border h, Unix milliseconds; an id is valid until the next one. The watermark must have passed h and no later
// border, and the partition must not change meanwhile.
func (p *Partition) Looks(h int64) iter.Seq[UserLook] {
	return func(yield func(UserLook) bool) {
		for s := range p.slots() {
			id, track := p.users.idAndTrack(s)
			border := p.rules.GrainOf(h)
			risk := p.rules.Score(&s.user, track, border, p.scratch).Risk
			if !yield(UserLook{id, s.user.State, s.user.Tier, risk, p.rules.Dropped(&s.user, track, border, p.scratch)}) {
				return
			}
		}
	}
}

// Standings tell what would decide on episodes at border h, Unix milliseconds: the watermark must have passed h and no later border. The function
// that is returned answers for one id, false for one that is not known; the partition must not change while it is in use.
func (p *Partition) Standings(h int64) func(id []byte) (scorer.Standing, bool) {
	border, population := p.rules.GrainOf(h), p.population.factorsNow()
	return func(id []byte) (scorer.Standing, bool) {
		n, found := p.users.lookUp(id, xxhash.Sum64(id))
		if !found {
			return scorer.Standing{}, false
		}
		s := p.users.slot(n)
		_, track := p.users.idAndTrack(s)
		return p.rules.Standing(&s.user, track, border, population, p.scratch), true
	}
}
