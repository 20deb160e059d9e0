package oracle

import (
	"math/big"

	"winback/schemas"
)

// judge carries what one run needs beside the users.
type judge struct {
	cfg   *Config
	guard *guard
}

func newJudge(cfg Config) *judge { return &judge{cfg: &cfg, guard: newGuard(&cfg)} }

// person is one user: their history, and what the borders judged so far have made of them.
type person struct {
	*history
	name      string
	lifecycle string
	episodes  uint32
	episode   *episode // nil while not pre-churn
}

// episode is what its end must know of its beginning.
type episode struct {
	metric int
	base   int64
}

// spans are the two windows at a border, as indices into the history: the baseline [base, cur), the current window [cur, end).
type spans struct{ base, cur, end int }

// at judges one user at one border.
func (j *judge) at(p *person, border int64) []schemas.Decision {
	if p.before(border) == 0 {
		return nil
	}
	var out []schemas.Decision
	if state := j.lifecycle(p, border); state != p.lifecycle {
		out = append(out, schemas.Decision{User: p.name, At: border, Kind: schemas.KindLifecycle, From: p.lifecycle, To: state})
		p.lifecycle = state
	}
	change := j.enter
	if p.episode != nil {
		change = j.leave
	}
	if d := (schemas.Decision{User: p.name, At: border}); change(p, border, &d) {
		out = append(out, d)
	}
	return out
}

func (j *judge) lifecycle(p *person, border int64) string {
	known := countBefore(p.active, border)
	if known == 0 {
		return ""
	}
	age := border - j.cfg.grainEnd(p.active[known-1])
	tenure := border - j.cfg.grainStart(p.active[0])
	recent := int64(known - countBefore(p.active, border-j.cfg.ActiveWindow))
	switch {
	case age >= j.cfg.Churned:
		return "churned"
	case age >= j.cfg.SilentHeavy:
		return "silent_heavy"
	case age >= j.cfg.SilentModerate:
		return "silent_moderate"
	case age >= j.cfg.SilentLight:
		return "silent_light"
	case tenure < j.cfg.NewUnder:
		return "new"
	case recent >= j.cfg.ActiveEvents:
		return "active"
	}
	return "casual"
}

// enter opens an episode if some core metric fell with evidence, and names the one that fell most.
func (j *judge) enter(p *person, border int64, d *schemas.Decision) bool {
	if p.lifecycle == "new" || p.lifecycle == "churned" {
		return false
	}
	w := j.spans(p, border)
	named := -1
	for m, metric := range j.cfg.Metrics {
		if !metric.Core || !j.evident(p, m, w, border) || !j.fell(p, m, w, j.cfg.DropEnter) {
			continue
		}
		if named < 0 || j.drop(p, m, w).Cmp(j.drop(p, named, w)) > 0 {
			named = m
		}
	}
	if named < 0 {
		return false
	}
	p.episodes++
	p.episode = &episode{metric: named, base: p.total(named, w.base, w.cur)}
	d.Kind, d.Episode, d.Metric = schemas.KindEntered, p.episodes, j.cfg.Metrics[named].Name
	d.Cur, d.Base = p.total(named, w.cur, w.end), p.episode.base
	d.Drop, _ = j.drop(p, named, w).Float64()
	return true
}

// leave ends the open episode if the user churned, or uses something again and no core metric is down any more.
func (j *judge) leave(p *person, border int64, d *schemas.Decision) bool {
	kind := schemas.KindLost
	if p.lifecycle != "churned" {
		w := j.spans(p, border)
		if !j.steady(p, w) {
			return false
		}
		kind = schemas.KindSettled
		if j.back(p, w) {
			kind = schemas.KindRecovered
		}
	}
	d.Kind, d.Episode = kind, p.episodes
	p.episode = nil
	return true
}

// steady reports whether some core metric has events in the current window and none with a baseline is down by DropExit.
func (j *judge) steady(p *person, w spans) bool {
	used := false
	for m, metric := range j.cfg.Metrics {
		if !metric.Core {
			continue
		}
		used = used || p.count(m, w.cur, w.end) > 0
		if j.fell(p, m, w, j.cfg.DropExit) {
			return false
		}
	}
	return used
}

// back reports whether the episode's metric is at its old rate again: cur/W >= (1 - DropExit) base/B, the base being the entry's.
func (j *judge) back(p *person, w spans) bool {
	cur := product(p.total(p.episode.metric, w.cur, w.end), j.cfg.Baseline, Million)
	return cur.Cmp(product(p.episode.base, j.cfg.Window, Million-j.cfg.DropExit)) >= 0
}

// evident reports whether the baseline is rich enough, and the current window poor enough, for a drop to mean something.
func (j *judge) evident(p *person, m int, w spans, border int64) bool {
	base, cur := p.count(m, w.base, w.cur), p.count(m, w.cur, w.end)
	return base >= j.cfg.MinBaseline && j.guard.tooFew(cur, cur+base) && j.weeks(p, m, border) >= j.cfg.MinWeeks
}

// weeks counts the weeks of the baseline with events, back from its end; its first week may be cut short.
func (j *judge) weeks(p *person, m int, border int64) int {
	end := border - j.cfg.Window
	start, n := end-j.cfg.Baseline, 0
	for ; end > start; end -= week {
		if p.count(m, p.before(max(start, end-week)), p.before(end)) > 0 {
			n++
		}
	}
	return n
}

// fell reports whether base > 0 and drop >= share, in millionths: (base W - cur B) / (base W) >= share.
func (j *judge) fell(p *person, m int, w spans, share int64) bool {
	cur, base := p.total(m, w.cur, w.end), p.total(m, w.base, w.cur)
	if base <= 0 {
		return false
	}
	missing := new(big.Int).Sub(product(base, j.cfg.Window, Million), product(cur, j.cfg.Baseline, Million))
	return missing.Cmp(product(base, j.cfg.Window, share)) >= 0
}

// drop is 1 - cur / (base W/B), for a metric with base > 0.
func (j *judge) drop(p *person, m int, w spans) *big.Rat {
	cur, base := p.total(m, w.cur, w.end), p.total(m, w.base, w.cur)
	left := new(big.Rat).SetFrac(product(cur, j.cfg.Baseline), product(base, j.cfg.Window))
	return left.Sub(big.NewRat(1, 1), left)
}

func (j *judge) spans(p *person, border int64) spans {
	from := border - j.cfg.Window
	return spans{base: p.before(from - j.cfg.Baseline), cur: p.before(from), end: p.before(border)}
}

func product(factors ...int64) *big.Int {
	x := big.NewInt(1)
	for _, f := range factors {
		x.Mul(x, big.NewInt(f))
	}
	return x
}
