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
	Cur, Base   int64   // entered: the metric's sums
	Factor      uint32  // entered: what the population made of the baseline, millionths
	Risk        float64 // entered: what the model said, 0 to 100; -1 without one
	Profiled    bool    // a profile row is due: see Rules.Profile
	Stale       bool    // many cells tell nothing any more: Trim the track
	Gone        bool    // nothing is known of the user any more: Forget
}

// judgeEpisode opens or closes the user's episode.
func (r *Rules) judgeEpisode(u *User, s *Scratch, verdict *Verdict, h uint32, turn rhythm) {
	s.ended = false
	if !u.PreChurn {
		r.enterEpisode(u, s, verdict, h, turn)
		return
	}
	if kind := r.endOfEpisode(u, s, h, turn); kind != "" {
		u.PreChurn, s.ended = false, true
		verdict.Kind, verdict.Episode = kind, uint32(u.Episode)
	}
}

// enterEpisode opens the next episode of a candidate if the model agrees, or at once if there is none.
func (r *Rules) enterEpisode(u *User, s *Scratch, verdict *Verdict, h uint32, turn rhythm) {
	metric, was := r.candidacy(u, &s.view), u.has(candidate)
	u.set(candidate, metric >= 0)
	if metric < 0 {
		return
	}
	verdict.Risk = -1
	if r.risk != nil {
		if h <= r.calmUntil(u) || was && !r.inOwnHour(h, turn) {
			return
		}
		if verdict.Risk = r.riskAt(u, s, h); verdict.Risk < r.enterRisk {
			return
		}
	}
	r.openEpisode(u, &s.view, verdict, metric)
}

func (r *Rules) openEpisode(u *User, v *view, verdict *Verdict, metric int) {
	m := &v.metrics[metric]
	u.set(candidate, false)
	u.PreChurn, u.Metric = true, uint8(metric)
	u.setBaseAtEntry(m.base)
	u.Episode++
	verdict.Kind, verdict.Metric, verdict.Episode = schemas.KindEntered, u.Metric, uint32(u.Episode)
	verdict.Cur, verdict.Base, verdict.Factor = m.cur, m.base, v.factors[metric]
}

// candidacy returns the core metric with the largest drop of a user in no episode, -1 for one who is no candidate. Ties go to the metric configured
// first.
func (r *Rules) candidacy(u *User, v *view) int {
	if u.State == New || u.State == Churned || u.Episode == math.MaxUint16 {
		return -1
	}
	best := -1
	for i := range r.metrics {
		m := &v.metrics[i]
		if !r.metrics[i].Core || !r.entering.of(m, v.factors[i]) {
			continue
		}
		if best < 0 || dropsMore(m, &v.metrics[best], v.factors[i], v.factors[best]) {
			best = i
		}
	}
	return best
}

// endOfEpisode is how the episode ends: the user churned, or is steady again, or never was active and has left nothing in the windows. It is
// empty while the episode goes on.
func (r *Rules) endOfEpisode(u *User, s *Scratch, h uint32, turn rhythm) schemas.DecisionKind {
	v := &s.view
	switch {
	case u.State == Churned, u.State == Nobody && r.windowsEmpty(v):
		return schemas.KindLost
	case !r.steady(u, s, h, turn):
		return ""
	case r.leaving.least.scaledBy(v.factors[u.Metric]).atLeast(v.metrics[u.Metric].cur, u.baseAtEntry()):
		return schemas.KindRecovered
	}
	return schemas.KindSettled
}

// steady reports whether a user in an episode uses something and, by the model's answer at their own hour, is not likely to leave; without a
// model, whether nothing that they use is down any more.
func (r *Rules) steady(u *User, s *Scratch, h uint32, turn rhythm) bool {
	if !r.used(&s.view) {
		return false
	}
	if r.risk == nil {
		return r.noneDropped(&s.view)
	}
	if !r.inOwnHour(h, turn) {
		return false
	}
	risk := r.riskAt(u, s, h)
	return risk >= 0 && risk < r.exitRisk
}

// used reports whether some core metric has events in the current window.
func (r *Rules) used(v *view) bool {
	for i := range r.metrics {
		if r.metrics[i].Core && v.metrics[i].nCur > 0 {
			return true
		}
	}
	return false
}

// noneDropped reports whether no core metric has dropped by the exit threshold.
func (r *Rules) noneDropped(v *view) bool {
	for i := range r.metrics {
		if r.metrics[i].Core && r.leaving.of(&v.metrics[i], v.factors[i]) {
			return false
		}
	}
	return true
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
