package scorer

import (
	"math"

	"winback/schemas"
)

// Verdict is what became true for a user at a border. From and State differ if the lifecycle changed. Kind is empty or one of
// entered, recovered, settled, lost.
type Verdict struct {
	From, State State
	Kind        schemas.DecisionKind
	Metric      uint8 // entered: the metric with the largest drop
	Episode     uint32
	Cur, Base   int64  // entered: the metric's sums
	Factor      uint32 // entered: what the population made of the baseline, millionths
	Profiled    bool   // a profile row is due: see Rules.Profile
	Stale       bool   // many cells tell nothing any more: Trim the track
	Gone        bool   // nothing is known of the user any more: Forget
}

// judgeEpisode opens or closes the user's episode.
func (r *Rules) judgeEpisode(u *User, v *view, verdict *Verdict) {
	if !u.PreChurn {
		r.enterEpisode(u, v, verdict)
		return
	}
	if kind := r.endOfEpisode(u, v); kind != "" {
		u.PreChurn = false
		verdict.Kind, verdict.Episode = kind, uint32(u.Episode)
	}
}

// enterEpisode opens the next episode if some core metric has dropped, with evidence.
func (r *Rules) enterEpisode(u *User, v *view, verdict *Verdict) {
	if u.State == New || u.State == Churned || u.Episode == math.MaxUint16 {
		return
	}
	i := r.steepestDrop(v)
	if i < 0 {
		return
	}
	m := &v.metrics[i]
	u.PreChurn, u.Metric = true, uint8(i)
	u.setBaseAtEntry(m.base)
	u.Episode++
	verdict.Kind, verdict.Metric, verdict.Episode = schemas.KindEntered, u.Metric, uint32(u.Episode)
	verdict.Cur, verdict.Base, verdict.Factor = m.cur, m.base, v.factors[i]
}

// endOfEpisode is how the episode ends: the user churned, or is steady again, or never was active and has left nothing in the windows. It is
// empty while the episode goes on.
func (r *Rules) endOfEpisode(u *User, v *view) schemas.DecisionKind {
	switch {
	case u.State == Churned, u.State == Nobody && r.windowsEmpty(v):
		return schemas.KindLost
	case !r.noneDropped(v):
		return ""
	case r.exit.scaledBy(v.factors[u.Metric]).atLeast(v.metrics[u.Metric].cur, u.baseAtEntry()):
		return schemas.KindRecovered
	}
	return schemas.KindSettled
}

// steepestDrop returns the core metric with the largest drop among those that dropped with evidence, -1 if there is none. Ties go to
// the metric configured first.
func (r *Rules) steepestDrop(v *view) int {
	best := -1
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core || !m.dropped(r.enter.scaledBy(v.factors[i])) || !r.guard.convinced(m) {
			continue
		}
		if best < 0 || dropsMore(m, &v.metrics[best], v.factors[i], v.factors[best]) {
			best = i
		}
	}
	return best
}

// noneDropped reports whether some core metric has events and none has dropped by the exit threshold.
func (r *Rules) noneDropped(v *view) bool {
	used := false
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core {
			continue
		}
		if m.dropped(r.exit.scaledBy(v.factors[i])) {
			return false
		}
		used = used || m.nCur > 0
	}
	return used
}

// Drop is 1 - cur/(base*W/B*f), for base > 0, where f is what the population makes of it, in millionths. With one division it is the
// nearest float as long as the products are below 2^53.
func (r *Rules) Drop(cur, base int64, factor uint32) float64 {
	n := ratio{uint64(r.window), uint64(r.baseline)}.scaledBy(factor)
	expected := float64(base) * float64(n.num)
	return (expected - float64(cur)*float64(n.den)) / expected
}

// expected is what the current window would hold at the baseline's rate: base*W/B*f.
func (r *Rules) expected(base int64, factor uint32) float64 {
	n := ratio{uint64(r.window), uint64(r.baseline)}.scaledBy(factor)
	return float64(base) * float64(n.num) / float64(n.den)
}
