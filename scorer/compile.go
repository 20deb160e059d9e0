package scorer

import (
	"fmt"
	"slices"

	"winback/schemas"
	"winback/scorer/alive"
	"winback/scorer/risk"
	"winback/scorer/tags"
	"winback/scorer/track"
)

// Compile makes Rules of a valid Config. The vocabulary is the Config's Vocabulary. Without a model no risk is scored.
func Compile(c Config, vocabulary *schemas.Vocabulary, model *risk.Model) (*Rules, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("scorer: %w", err)
	}
	in := func(d schemas.Duration) uint32 { return uint32((d + c.Grain - 1) / c.Grain) }
	window, baseline := c.Window/c.Grain, c.Baseline/c.Grain
	r := &Rules{
		grain: int64(c.Grain), window: in(c.Window), baseline: in(c.Baseline), week: in(week), day: in(day),
		perDay: newReciprocal(in(day)), uneven: c.Grain < hour && hour%c.Grain != 0, metrics: slices.Clone(c.Metrics), categories: vocabulary.Categories(),
		population: newBounds(c.Drop.Population),
		lifecycle:  newThresholds(c.Lifecycle, in),
		assess:     in(c.Assess), tiers: newTiers(&c, in), highRisk: c.Risk.High, activeIn: c.Activity[0],
	}
	r.near = max(r.window+r.baseline, r.lifecycle.active)
	r.entering = newLoss(lossRatio(c.Drop.Enter, window, baseline), r.population, evidence{c.Drop.MinBaseline, c.Drop.MinWeeks})
	r.leaving = newLoss(lossRatio(c.Drop.Exit, window, baseline), r.population, evidence{})
	if err := r.compileTags(c.Tags); err != nil {
		return nil, err
	}
	r.longDays = r.longDaysOf(c.Activity)
	if err := r.compileModel(&c, model); err != nil {
		return nil, err
	}
	if c.Grain <= hour || r.asksForDays() {
		r.shiftUnit = track.ShiftUnit(r.grain)
	}
	if err := r.compileLanes(&c, vocabulary, model); err != nil {
		return nil, err
	}
	identity, err := identify(c, vocabulary, model)
	r.identity = identity
	return r, err
}

// asksForDays reports whether anything depends on the users' own days. Where grains are longer than an hour, cells are not kept apart by them
// unless it does.
func (r *Rules) asksForDays() bool {
	return r.alive != nil || slices.ContainsFunc(r.metrics, func(m Metric) bool { return m.Adds == Days }) ||
		slices.ContainsFunc(r.selectors, func(s selector) bool { return s.Quantity == tags.Days })
}

// reachOf is how many grains back a model reads; P(alive) has no end.
func (r *Rules) reachOf(need risk.Need) uint32 {
	if need.Alive {
		return Never
	}
	reach := uint32(need.Days) * r.day
	if need.LongDays {
		reach = max(reach, r.longDays*r.day)
	}
	for _, days := range need.MetricDays {
		reach = max(reach, uint32(days)*r.day)
	}
	for _, weeks := range need.Weeks {
		reach = max(reach, uint32(weeks)*r.week)
	}
	return reach
}

func (r *Rules) compileTags(rules []tags.Tag) (err error) {
	if r.tags, err = tags.Compile(rules); err != nil {
		return fmt.Errorf("scorer: %w", err)
	}
	r.selectors, err = newSelectors(r.tags, r.grain, r.day)
	for i := range r.selectors {
		r.longestSelector = max(r.longestSelector, r.selectors[i].expiry)
	}
	return err
}

func (r *Rules) compileModel(c *Config, model *risk.Model) error {
	if model == nil {
		return nil
	}
	decides, err := c.decider(model)
	if err != nil {
		return fmt.Errorf("scorer: model %s: %w", model.Name, err)
	}
	r.decider, r.active = decides, uint32(model.ActiveDays)*r.day
	r.riskReach = r.reachOf(model.Needs())
	if a := model.Alive; a != nil {
		r.alive, r.aliveUnit = &alive.Params{R: a.R, Alpha: a.Alpha, A: a.A, B: a.B}, a.UnitDays
	}
	return nil
}
