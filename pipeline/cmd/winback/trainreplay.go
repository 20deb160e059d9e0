package main

import (
	"context"
	"iter"
	"path/filepath"
	"strings"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/pipeline/state"
	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer/risk"
)

// gathered are the rows to fit on, and where they come from. It must be closed.
type gathered struct {
	sorted     *replay.Sorted // to be replayed once more
	vocabulary *schemas.Vocabulary
	rows       *train.Gather
	facts      train.Facts
	stats      replay.Stats
	files      int
	cfg        train.Config
}

// gather replays the files and takes the rows of every cut-off out of the engine's state.
func (a *app) gather(ctx context.Context, c *config.Config, cfg train.Config, r recipe, files []string, refused *refusals) (*gathered, error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return nil, err
	}
	// The files are in order, so nothing needs to be waited for: each cut-off is taken before the first event after it.
	c.State.Lateness, c.State.MaxJump = 0, 0
	rows, err := train.NewGather(cfg, &c.Scorer, vocabulary, r.features, r.alive)
	if err != nil {
		return nil, err
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, State: c.PartitionState(), Model: train.Blank(cfg, r.features, r.alive)}, vocabulary)
	if err != nil {
		return nil, err
	}
	engine.Every(int64(cfg.Every), func(at int64, p *state.Partition) error { return rows.Take(at, scoredPasts(p, at)) })
	sorted, err := a.readFiles(ctx, c, replay.Input{Files: files}, vocabulary, refused)
	if err != nil {
		return nil, err
	}
	if err := checkRead(sorted.Stats(), 0); err != nil {
		sorted.Close()
		return nil, err
	}
	result, err := a.simulate(ctx, "replaying", engine, sorted, rows.Watch, func([]schemas.Decision) error { return nil })
	if err != nil {
		sorted.Close()
		return nil, err
	}
	g := &gathered{sorted: sorted, vocabulary: vocabulary, rows: rows, stats: sorted.Stats(), files: len(files), cfg: cfg}
	g.facts = train.Facts{First: g.stats.First, End: result.Watermark, Features: r.features, Alive: r.alive, Data: source(files, g.stats.Events)}
	return g, nil
}

// scoredPasts are those of the users asked about.
func scoredPasts(p *state.Partition, at int64) iter.Seq2[[]byte, *risk.Past] {
	return func(yield func([]byte, *risk.Past) bool) {
		for past := range p.Pasts(at) {
			if past.Past != nil && !yield(past.ID, past.Past) {
				return
			}
		}
	}
}

// source names the files as one: they were read as one.
func source(files []string, events int64) []risk.Source {
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	return []risk.Source{{Name: strings.Join(names, ", "), Events: events}}
}
