package state

import (
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// When the watermark passes a border, the users due there are judged. After an outage many borders pass at once and many users are
// due; then they are judged Config.Drain at a time, and events flow in between. No decision depends on how fast that goes: a user
// with an event is judged up to the watermark before it is added, and a decision carries the border at which it became true.

// passBorders notes the borders up to the watermark as passed, judges who is due at them, and closes the minutes.
func (p *Partition) passBorders(out *Outbox) {
	last := p.rules.GrainOf(p.clock.watermark)
	for ; p.nextBorder <= last; p.nextBorder++ {
		p.population.advanceTo(p.nextBorder)
	}
	p.judgeDue(p.drainLimit, out)
	out.Activity = p.minutes.close(p.clock.watermark, out.Activity)
	p.nextDueAt = min(int64(p.nextBorder)*p.rules.Grain(), p.minutes.nextClose())
}

// Drain judges users who are due at borders already passed, as many as Config.Drain says at the most. It reports whether any are left.
func (p *Partition) Drain(out *Outbox) (left bool) {
	p.judgeDue(p.drainLimit, out)
	return p.Behind()
}

// DrainAll judges all users who are due.
func (p *Partition) DrainAll(out *Outbox) { p.judgeDue(math.MaxInt, out) }

// Behind reports whether users are due at borders already passed.
func (p *Partition) Behind() bool { return p.drainBorder < p.nextBorder }

// CompleteUntil is the time up to which everything has been decided, Unix milliseconds: the watermark, unless the partition is Behind.
func (p *Partition) CompleteUntil() int64 {
	if p.Behind() {
		return int64(p.drainBorder) * p.rules.Grain()
	}
	return p.clock.watermark
}

// judgeDue judges those due at borders already passed, border by border, at most limit users.
func (p *Partition) judgeDue(limit int, out *Outbox) {
	for p.drainBorder < p.nextBorder && limit > 0 {
		if p.timers.count == 0 && p.population == nil {
			p.due, p.drainBorder = p.due[:0], p.nextBorder
			return
		}
		if len(p.due) == 0 {
			p.dueBuffer = p.timers.takeDue(p.drainBorder, p.dueBuffer[:0])
			p.due = p.dueBuffer
		}
		n := min(limit, len(p.due))
		p.judgeAll(p.due[:n], p.drainBorder, out)
		limit -= n
		if p.due = p.due[n:]; len(p.due) == 0 {
			p.population.forgetBorder(p.drainBorder)
			p.drainBorder++
		}
	}
}

// judgeAll judges the slots that are still due at border h. Some may have been judged since they left the calendar, because of an event.
func (p *Partition) judgeAll(slots []uint32, h uint32, out *Outbox) {
	for i, n := range slots {
		if i%prefetchGroup == 0 {
			p.prefetcher.prefetchDue(p.users, slots, i)
		}
		if p.users.timer(n).due == h {
			p.timers.unset(n)
			p.judge(n, h, out)
		}
	}
}

// catchUp judges a user at the borders that have been passed, so that all of them are decided before an event is added.
func (p *Partition) catchUp(n uint32, s *slot, out *Outbox) {
	for s.timer.due != 0 && s.timer.due < p.nextBorder {
		h := s.timer.due
		p.timers.unset(n)
		p.judge(n, h, out)
	}
}

// judge judges a user, whose timer is unset, at border h.
func (p *Partition) judge(n, h uint32, out *Outbox) {
	s := p.users.slot(n)
	id, track := p.users.idAndTrack(s)
	before := s.user
	context := scorer.JudgeContext{UserHash: xxhash.Sum64(id), Population: p.population.factorsAt(h)}
	verdict, next := p.rules.Judge(&s.user, track, h, context, p.scratch)
	p.counts.Judged++
	if verdict.From != verdict.State || verdict.Kind != "" || verdict.Profiled {
		p.report(n, s, &before, &verdict, h, out)
	}
	switch {
	case verdict.Gone:
		p.forget(n, s, h)
		return
	case verdict.Stale:
		s.setTrackLength(p.rules.Trim(&s.user, track, h, p.scratch))
		p.users.blocks.trim(n)
	}
	if next != scorer.Never {
		p.timers.set(n, next)
	}
}

// forget drops what is known of a user up to border h. If events lie ahead of it, they are the first of a new life in the same slot.
func (p *Partition) forget(n uint32, s *slot, h uint32) {
	_, track := p.users.idAndTrack(s)
	track = p.rules.Forget(&s.user, track, h, p.scratch)
	p.cohorts.removeUser(n)
	if len(track) > 0 {
		s.setTrackLength(track)
		p.timers.set(n, h+1)
		return
	}
	p.users.remove(n)
	p.counts.Forgotten++
}

// report puts what a border decided into the outbox, and the user into the cohorts that follow from it.
func (p *Partition) report(n uint32, s *slot, before *scorer.User, v *scorer.Verdict, h uint32, out *Outbox) {
	id, _ := p.users.idAndTrack(s)
	user, at := string(id), int64(h)*p.rules.Grain()
	if v.From != v.State {
		p.cohorts.changeState(n, v.From, v.State)
		out.Decisions = append(out.Decisions, schemas.Decision{
			User: user, At: at, Kind: schemas.KindLifecycle, From: v.From.String(), To: v.State.String(), Returned: scorer.Returned(v.From, v.State),
		})
	}
	profile := schemas.Profile{Risk: -1}
	if v.Profiled {
		profile = p.rules.Profile(&s.user, p.scratch)
		profile.User, profile.At = user, at
		p.cohorts.applyAssessment(n, before, &s.user)
		out.Profiles = append(out.Profiles, profile)
	}
	if v.Kind == "" {
		return
	}
	p.cohorts.setPreChurn(n, v.Kind == schemas.KindEntered)
	d := schemas.Decision{User: user, At: at, Kind: v.Kind, Episode: v.Episode}
	if v.Kind == schemas.KindEntered {
		d.Metric, d.Cur, d.Base, d.Drop = p.rules.MetricName(v.Metric), v.Cur, v.Base, p.rules.Drop(v.Cur, v.Base, v.Factor)
		d.Reason = p.rules.Reason(v, p.scratch)
		out.Triggers = append(out.Triggers, p.trigger(&d, v.State, &profile))
	}
	out.Decisions = append(out.Decisions, d)
}

// firstStage is the only stage of a journey so far: the recall at the episode's entry.
const firstStage = 1

func (p *Partition) trigger(d *schemas.Decision, state scorer.State, profile *schemas.Profile) schemas.Trigger {
	return schemas.Trigger{
		ID: schemas.NewTriggerID(d.User, p.journey, d.Episode, firstStage), User: d.User, Journey: p.journey, Episode: d.Episode, Stage: firstStage,
		At: d.At, Lifecycle: state.String(), Metric: d.Metric, Cur: d.Cur, Base: d.Base, Drop: d.Drop, Reason: d.Reason,
		Risk: profile.Risk, RFM: profile.RFM,
	}
}
