package oracle

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// profile is what makes a new row worth telling.
type profile struct {
	tier string
	tags []string
	high bool
}

// assess returns the user's row at the border, nil if none goes out. The border's decisions are made already.
func (j *judge) assess(p *userState, border int64, decisions []schemas.Decision) *schemas.Profile {
	tells := j.hasNewOrder(p, border) && (p.profile.high || len(j.cfg.Tags) > 0 || j.tier(p, border) != p.profile.tier)
	asked := len(decisions) > 0 || tells || j.scheduled(p.name, border)
	p.lateOrder = false
	if !asked || p.lifecycle == "" {
		return nil
	}
	row := &schemas.Profile{User: p.name, At: border, Lifecycle: p.lifecycle, RFM: j.tier(p, border), Risk: -1, Alive: -1}
	known := p.events[:p.before(border)]
	for _, tag := range j.cfg.Tags {
		if tag.Holds(known, border) {
			row.Tags = append(row.Tags, tag.Name)
		}
	}
	if risk, ok := j.risk(p, border); ok {
		row.Risk, row.High = risk, risk >= j.cfg.RiskHigh
	}
	if j.model != nil && j.model.Alive != nil {
		if x, tx, t, ok := j.model.Alive.Inputs(*j.cfg, known, border); ok && x > 0 { // who came on one day only may be there or not
			row.Alive = j.model.Alive.Chance(x, tx, t)
		}
	}
	last := p.profile
	p.profile = profile{row.RFM, row.Tags, row.High}
	same := last.tier == row.RFM && slices.Equal(last.tags, row.Tags) && last.high == row.High
	entered := slices.ContainsFunc(decisions, func(d schemas.Decision) bool { return d.Kind == schemas.KindEntered })
	if same && !entered {
		return nil
	}
	return row
}

// scheduled reports whether the border is one of those, Assess apart, at which the user is assessed whatever happens.
func (j *judge) scheduled(user string, border int64) bool { return j.turn(user, border, j.cfg.Assess) }

// turn reports whether the border is one of those, so long apart, that are the user's own by the hash of their name: so the users' turns spread
// evenly over the borders.
func (j *judge) turn(user string, border, apart int64) bool {
	turns := apart / j.cfg.Grain
	turn := int64(xxhash.Sum64String(user) % uint64(turns))
	return (border/j.cfg.Grain-turn)%turns == 0
}

// hasNewOrder reports whether an order lies in the last grain, or came late since the last border judged.
func (j *judge) hasNewOrder(p *userState, border int64) bool {
	last := p.events[p.before(border-j.cfg.Grain):p.before(border)]
	return p.lateOrder || slices.ContainsFunc(last, func(e Event) bool { return j.cfg.isOrder(e.Type) })
}
