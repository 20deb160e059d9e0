package scorer

import (
	"fmt"

	"winback/scorer/alive"
	"winback/scorer/risk"
)

func (r *Rules) addModel(model *risk.Model) error {
	if model == nil {
		return nil
	}
	scorer, err := risk.Compile(model, r.Metrics())
	if err != nil {
		return fmt.Errorf("scorer: model %s: %w", model.Name, err)
	}
	r.risk, r.active = scorer, uint32(model.ActiveDays)*r.day
	if a := model.Alive; a != nil {
		r.alive, r.aliveUnit = &alive.Params{R: a.R, Alpha: a.Alpha, A: a.A, B: a.B}, a.UnitDays
	}
	return nil
}

// need finds out how many grains back each metric, and activity, is asked about.
func (l *lanesLayer) need(model *risk.Model) {
	if model != nil {
		l.looks = model.Needs()
		l.readsAlive = l.looks.Alive
		l.activity = max(uint32(l.looks.Days), uint32(model.ActiveDays)) * l.day
	}
	l.activity = max(l.activity, l.lifecycle.active)
	l.needs = make([]uint32, len(l.metrics))
	for i, m := range l.metrics {
		l.needs[i] = max(l.window+l.baseline, uint32(l.looks.Weeks[m.Name])*l.week, uint32(l.looks.MetricDays[m.Name])*l.day)
		for _, w := range m.Windows {
			l.needs[i] = max(l.needs[i], uint32(int64(w)/l.grain))
		}
		if t := l.tiers; t != nil && (i == int(t.orders) || i == int(t.spend)) {
			l.needs[i] = max(l.needs[i], t.window)
		}
		if model != nil && model.Alive != nil && model.Alive.Metric == m.Name {
			l.alive = i
		}
	}
}

// recall fills the past that a risk is made of; false for a user without activity in the days that the model asks for. end is one past
// the last active grain before h.
func (r *Rules) recall(p *risk.Past, u *User, end uint32, cells []Cell, h uint32) bool {
	if !u.seen || u.First >= h || end+r.active <= h {
		return false
	}
	r.forget(p)
	p.At, p.Tenure, p.Age = int64(h)*r.grain, int64(h-u.First)*r.grain, int64(h-end)*r.grain
	var counted dates
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		moved, recalled := r.moving>>(c.lane&63)&1, r.recalled>>(c.lane&63)&1
		if moved|recalled == 0 || c.Grain >= h {
			continue
		}
		day := r.perDay.quotient(h - 1 - c.Grain)
		if day >= risk.MaxDays {
			break
		}
		if p.Days[day/64] |= moved << (day % 64); recalled == 1 {
			r.remember(p, c, day, &counted)
		}
	}
	return true
}

// remember adds a cell, so many days old, to the histories it counts for.
func (r *Rules) remember(p *risk.Past, c *Cell, day uint32, counted *dates) {
	readsDays, week := r.risk.ReadsDays(), day/7
	for _, rd := range r.lanes[c.lane].recalls {
		m := &p.Metrics[rd.metric]
		if readsDays[rd.metric] {
			m.Days[day/64] |= 1 << (day % 64)
		}
		if week >= risk.MaxWeeks {
			continue
		}
		switch total := &m.Weeks[week]; rd.take {
		case sum:
			*total = addSaturated(*total, c.Sum)
		case days:
			*total += counted[rd.metric].pass(date{r.perDay.quotient(c.Grain) + 1, week})
		default:
			*total += int64(c.count)
		}
	}
}

// forget empties what recall fills of a past.
func (r *Rules) forget(p *risk.Past) {
	if p.Metrics == nil {
		p.Metrics = make([]risk.History, len(r.metrics))
	}
	for _, i := range r.remembered {
		p.Metrics[i] = risk.History{}
	}
	p.Days = [len(p.Days)]uint64{}
}

// reciprocal divides by a number below 2^11 those below 2^32 over it: a division takes longer than all else that is done with a cell.
type reciprocal uint64

func newReciprocal(n uint32) reciprocal { return reciprocal(1<<32/uint64(n) + 1) }

func (x reciprocal) quotient(n uint32) uint32 { return uint32(uint64(n) * uint64(x) >> 32) }

// date is a day, one above its number, in a week counted back from a border: a day that the week's edge cuts counts on either side.
type date struct{ day, week uint32 }

// dates are the last one counted for each metric.
type dates [MaxMetrics]date

// pass is 1 for a date other than the last.
func (d *date) pass(next date) int64 {
	if *d == next {
		return 0
	}
	*d = next
	return 1
}

// score says how likely a user is to leave. P(alive) is left out unless the model reads it, and the reasons until explain.
func (r *Rules) score(u *User, end uint32, s *Scratch, h uint32) {
	cells := s.trail.cells()
	s.score = Score{Risk: -1, Alive: -1}
	if r.risk != nil && r.recall(&s.past, u, end, cells, h) {
		if s.past.Alive = -1; r.readsAlive {
			s.past.Alive = r.aliveAt(u, cells, h)
		}
		s.score.Risk = r.risk.Score(&s.past, &s.risk)
	}
}

// explain adds the reasons to a score.
func (r *Rules) explain(s *Scratch) {
	if s.score.Risk >= 0 {
		s.score.Reasons = r.risk.Reasons(&s.risk, s.terms[:0])
	}
}

// Score says how likely a user is to leave, at a border none before which has yet to be judged for them.
func (r *Rules) Score(u *User, track []byte, h uint32, s *Scratch) Score {
	cells := r.recollect(u, track, s)
	r.score(u, r.lastActive(u, cells, h), s, h)
	r.explain(s)
	s.score.Alive = r.aliveAt(u, cells, h)
	return s.score
}

// Past is what the risk of a user is made of, and what P(alive) is: training reads both. It is valid until the next call; ok is false
// for a user whom the model does not score at this border. Rules without a model know no past.
func (r *Rules) Past(u *User, track []byte, h uint32, s *Scratch) (past *risk.Past, bought Bought, ok bool) {
	cells := r.recollect(u, track, s)
	bought = r.bought(u, cells, h)
	if r.risk == nil || !r.recall(&s.past, u, r.lastActive(u, cells, h), cells, h) {
		return nil, bought, false
	}
	s.past.Alive = r.aliveOf(bought, h)
	return &s.past, bought, true
}

// recollect reads all that assessments look at.
func (r *Rules) recollect(u *User, track []byte, s *Scratch) []Cell {
	s.trail.open(u, track, r.judged)
	r.read(&s.trail, 0)
	return s.trail.cells()
}

// lastActive is one past the last active grain before h, also where no border has seen it yet.
func (r *Rules) lastActive(u *User, cells []Cell, h uint32) uint32 {
	for i := len(cells) - 1; i >= 0; i-- {
		if c := &cells[i]; c.Grain < h && r.lanes[c.lane].activity {
			return max(u.end, c.Grain+1)
		}
	}
	return u.end
}
