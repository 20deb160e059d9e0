package oracle

import "winback/schemas"

// episode is what its end must know of its beginning.
type episode struct {
	metric int
	base   int64
}

// enterEpisode opens an episode for a candidate if the model agrees.
func (j *judge) enterEpisode(p *userState, border int64, d *schemas.Decision) bool {
	w := j.windowsAt(p, border)
	named, was := j.fellMost(p, w), p.candidate
	if p.candidate = named >= 0; !p.candidate || !j.agrees(p, border, was) {
		return false
	}
	p.candidate = false
	p.episodes++
	p.episode = &episode{metric: named, base: p.total(named, w.base, w.cur)}
	d.Kind, d.Episode, d.Metric = schemas.KindEntered, p.episodes, j.cfg.Metrics[named].Name
	d.Cur, d.Base = p.total(named, w.cur, w.end), p.episode.base
	d.Drop, _ = j.drop(p, named, w).Float64()
	return true
}

// fellMost is the core metric that fell most, of those that fell on the evidence asked for; -1 for who is no candidate.
func (j *judge) fellMost(p *userState, w windows) int {
	named := -1
	if p.lifecycle == "new" || p.lifecycle == "churned" {
		return named
	}
	for m, metric := range j.cfg.Metrics {
		if !metric.Core || !j.hasEvidence(p, m, w) || !j.fell(p, m, w, j.cfg.DropEnter) {
			continue
		}
		if named < 0 || j.drop(p, m, w).Cmp(j.drop(p, named, w)) > 0 {
			named = m
		}
	}
	return named
}

// agrees reports whether the model, if there is one, lets a candidate enter. It is asked when they become one and then once a day.
func (j *judge) agrees(p *userState, border int64, was bool) bool {
	if j.model == nil {
		return true
	}
	if was && !j.turn(p.name, border, day) {
		return false
	}
	risk, ok := j.risk(p, border)
	return ok && risk >= j.enters()
}

// endEpisode ends the open episode if the user churned, or is steady. Who was never active cannot churn: their episode is lost when the windows hold
// nothing.
func (j *judge) endEpisode(p *userState, border int64, d *schemas.Decision) bool {
	kind := schemas.KindLost
	w := j.windowsAt(p, border)
	if p.lifecycle != "churned" && (p.lifecycle != "" || !j.empty(p, w)) {
		if !j.steady(p, w) {
			return false
		}
		kind = schemas.KindSettled
		if j.backAtEntryRate(p, w) {
			kind = schemas.KindRecovered
		}
	}
	d.Kind, d.Episode = kind, p.episodes
	p.episode = nil
	return true
}

// empty reports whether no core metric has an event in either window.
func (j *judge) empty(p *userState, w windows) bool {
	for m, metric := range j.cfg.Metrics {
		if metric.Core && p.count(m, w.base, w.end) > 0 {
			return false
		}
	}
	return true
}

// steady reports whether some core metric has events in the current window, and the model's risk, asked for once a day, is low; without a model,
// whether none with a baseline is down by DropExit.
func (j *judge) steady(p *userState, w windows) bool {
	used := false
	for m, metric := range j.cfg.Metrics {
		if !metric.Core {
			continue
		}
		used = used || p.count(m, w.cur, w.end) > 0
		if j.model == nil && j.fell(p, m, w, j.cfg.DropExit) {
			return false
		}
	}
	return used && (j.model == nil || j.turn(p.name, w.border, day) && j.low(p, w.border))
}

// low reports whether the model says something, and that is less than what ends an episode.
func (j *judge) low(p *userState, border int64) bool {
	risk, ok := j.risk(p, border)
	return ok && risk < j.exits()
}

// backAtEntryRate reports whether the episode's metric is at its old rate again, the base being the entry's and the population's change that of
// now: cur/W >= (1 - DropExit) f base/B.
func (j *judge) backAtEntryRate(p *userState, w windows) bool {
	m := p.episode.metric
	cur := product(p.total(m, w.cur, w.end), j.cfg.Baseline, Million, Million)
	return cur.Cmp(product(p.episode.base, j.cfg.Window, j.population.factor(m, w.border), Million-j.cfg.DropExit)) >= 0
}
