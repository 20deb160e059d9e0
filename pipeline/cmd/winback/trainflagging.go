package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer"
)

// chooseThreshold replays the files once more, with a model that was not fitted on all of them, and chooses the threshold by what its flags would have
// been worth.
func (a *app) chooseThreshold(ctx context.Context, c *config.Config, g *gathered, r *train.Result) error {
	rules, err := scorer.Compile(c.Scorer, g.vocabulary, r.HeldOut.Model)
	if err != nil {
		return err
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, State: c.PartitionState(), Model: r.HeldOut.Model}, g.vocabulary)
	if err != nil {
		return err
	}
	looks := train.NewFlaggingGather(g.cfg, &r.HeldOut, train.FlaggingEngine{
		Activity: func(e *schemas.Event) bool { return rules.Activity(e.Type, e.Category) }, Grain: rules.Grain(), Window: int64(c.Scorer.Window),
	})
	engine.Every(rules.Grain(), func(at int64, p *state.Partition) error {
		looks.Take(at, p.Standings(at))
		return nil
	})
	if _, err := a.simulate(ctx, "flagging", engine, g.sorted, looks.Watch, func([]schemas.Decision) error { return nil }); err != nil {
		return err
	}
	for _, f := range looks.Looks().Try() {
		text, _ := json.Marshal(f)
		fmt.Fprintln(os.Stderr, string(text))
	}
	return nil
}
