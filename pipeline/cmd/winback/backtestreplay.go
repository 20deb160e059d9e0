package main

import (
	"context"

	"winback/pipeline/backtest"
	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// lookedBack is a history, and the files that it comes from.
type lookedBack struct {
	history *backtest.History
	stats   replay.Stats
	files   int
	model   string // its name; empty for none
}

// lookBack replays the files as replay --direct does, and takes the rows of every cut-off out of the engine's state.
func (a *app) lookBack(ctx context.Context, c *config.Config, f *backtestFlags, files []string, refused *refusals) (*lookedBack, error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return nil, err
	}
	rules, err := scorer.Compile(c.Scorer, vocabulary, c.Model)
	if err != nil {
		return nil, err
	}
	c.State.MaxJump = 0 // a cut-off must know what time it is
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, Model: c.Model, State: c.PartitionState()}, vocabulary)
	if err != nil {
		return nil, err
	}
	rows, err := backtest.NewGather(f.Config, backtest.Replay{
		Activity: func(e *schemas.Event) bool { return rules.Activity(e.Type, e.Category) }, Added: engine.Added,
	})
	if err != nil {
		return nil, err
	}
	engine.Every(int64(f.Cut), func(at int64, p *state.Partition) error {
		rows.Take(at, p.Looks(at))
		return nil
	})
	sorted, err := a.readFiles(ctx, c, replay.Input{Files: files}, vocabulary, refused)
	if err != nil {
		return nil, err
	}
	defer sorted.Close()
	if err := checkRead(sorted.Stats(), 0); err != nil {
		return nil, err
	}
	result, err := a.simulate(ctx, "replaying", engine, sorted, rows.Watch, func(ds []schemas.Decision) error {
		rows.Decide(ds)
		return nil
	})
	if err != nil {
		return nil, err
	}
	looked := &lookedBack{history: rows.History(result.Watermark), stats: sorted.Stats(), files: len(files)}
	looked.history.Lookback = c.Scorer.Window + c.Scorer.Baseline
	if c.Model != nil {
		looked.model = c.Model.Name
		looked.history.Scored, looked.history.ModelHorizon = true, schemas.Duration(c.Model.HorizonDays)*schemas.Day
		looked.history.Chance = c.Model.Chance || c.Scorer.Risk.BaseRate > 0
	}
	return looked, nil
}
