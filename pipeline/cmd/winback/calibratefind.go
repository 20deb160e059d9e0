package main

import (
	"context"
	"slices"

	"winback/pipeline/calibrate"
	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/pipeline/state"
	"winback/schemas"
)

// calibration is what was found, and where.
type calibration struct {
	files    []string
	stats    replay.Stats
	history  *calibrate.History
	returns  *calibrate.Returns
	settings []calibrate.Setting
}

// find reads the files and looks for every setting.
func (a *app) find(ctx context.Context, c *config.Config, f *calibrateFlags, files []string, refused *refusals) (*calibration, error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return nil, err
	}
	arrival := calibrate.NewArrival()
	sorted, err := a.readFiles(ctx, c, replay.Input{Files: files, OnEvent: arrival.Add}, vocabulary, refused)
	if err != nil {
		return nil, err
	}
	defer sorted.Close()
	if err := checkRead(sorted.Stats(), 0); err != nil {
		return nil, err
	}
	found := &calibration{files: files, stats: sorted.Stats(), history: calibrate.NewHistory(&c.Scorer, vocabulary)}
	if err := a.gatherHistory(ctx, found.history, sorted); err != nil {
		return nil, err
	}
	if found.returns, err = found.history.Returns(f.Config); err != nil {
		return nil, err
	}
	levels := found.returns.LevelSettings(&c.Scorer.Lifecycle)
	rules := *c // what was found of the lifecycle is in force while the pairs are tried
	levelsInForce(&rules, levels)
	if err := rules.Scorer.Validate(); err != nil {
		return nil, doesNotFit(err)
	}
	pairs, err := a.tryPairs(ctx, &rules, f.Config, found.history, sorted, vocabulary)
	if err != nil {
		return nil, err
	}
	found.settings = slices.Concat(pairs, []calibrate.Setting{found.newUnder(&rules, c.Scorer.Lifecycle.NewUnder)}, levels,
		[]calibrate.Setting{arrival.LatenessSetting(c.State.Lateness)})
	return found, nil
}

func (a *app) gatherHistory(ctx context.Context, history *calibrate.History, sorted *replay.Sorted) error {
	bar := a.newProgress("looking at silences", false)
	defer bar.end()
	for event := range plainEvents(sorted, func(done int64) { bar.show(done, sorted.Stats().Events) }) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		history.Add(event)
	}
	if err := sorted.Err(); err != nil {
		return err
	}
	return history.Finish()
}

// levelsInForce puts the thresholds found into force.
func levelsInForce(c *config.Config, levels []calibrate.Setting) {
	l := &c.Scorer.Lifecycle
	for i, into := range []*schemas.Duration{&l.SilentLight, &l.SilentModerate, &l.SilentHeavy, &l.Churned} {
		if length, err := schemas.ParseDuration(levels[i].Value); err == nil {
			*into = length
		}
	}
}

func (found *calibration) newUnder(c *config.Config, inForce schemas.Duration) calibrate.Setting {
	light := int(c.Scorer.Lifecycle.SilentLight / schemas.Day)
	is, err := found.history.NewUsers(light)
	if err != nil {
		return calibrate.Setting{Path: calibrate.NewUnderPath, Why: err.Error()}
	}
	return is.Setting(light, inForce)
}

// tryPairs runs the engine once with each pair. An error is one of the run: what the history does not tell is in the settings.
func (a *app) tryPairs(ctx context.Context, c *config.Config, cfg calibrate.Config, history *calibrate.History, sorted *replay.Sorted, vocabulary *schemas.Vocabulary) ([]calibrate.Setting, error) {
	untold := func(err error) ([]calibrate.Setting, error) {
		return []calibrate.Setting{{Path: calibrate.WindowPath, Why: err.Error()}, {Path: calibrate.BaselinePath, Why: "as for " + calibrate.WindowPath}}, nil
	}
	plan, err := history.Plan(cfg, &c.Scorer, int(c.Scorer.Lifecycle.Churned/schemas.Day))
	if err != nil {
		return untold(err)
	}
	var outcomes []calibrate.Outcome
	for _, pair := range plan.Pairs {
		outcome, err := a.tryPair(ctx, c, plan.Trial(history, pair), pair, sorted, vocabulary)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, outcome)
	}
	chosen, err := plan.Choose(outcomes)
	if err != nil {
		return untold(err)
	}
	return plan.Settings(outcomes, chosen), nil
}

func (a *app) tryPair(ctx context.Context, c *config.Config, trial *calibrate.Trial, pair calibrate.Pair, sorted *replay.Sorted, vocabulary *schemas.Vocabulary) (calibrate.Outcome, error) {
	// The events are in order, so nothing needs to be waited for: each cut-off is taken before the first event after it.
	c.State.Lateness, c.State.MaxJump = 0, 0
	engine, err := direct.New(direct.Config{Scorer: calibrate.BareRule(c.Scorer, pair), State: c.PartitionState()}, vocabulary)
	if err != nil {
		return calibrate.Outcome{}, err
	}
	engine.Every(int64(schemas.Week), func(at int64, _ *state.Partition) error {
		trial.Look(at)
		return nil
	})
	if _, err := a.simulate(ctx, "trying "+pair.String(), engine, sorted, unwatched, trial.Decided); err != nil {
		return calibrate.Outcome{}, err
	}
	return trial.Outcome(), nil
}
