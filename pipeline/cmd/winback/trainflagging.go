package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

const (
	recallFlag = "recall"
	flagsFlag  = "flags-per-week"
)

func targetFlags(c *cobra.Command, t *train.Target) {
	c.Flags().Float64Var(&t.Recall, recallFlag, t.Recall, "choose the threshold that flags this `SHARE` of the lost")
	c.Flags().Float64Var(&t.FlagsPerWeek, flagsFlag, 0, "choose the threshold that makes at most `N` new flags per 1,000 active users and week")
}

// settleTarget takes the default back where the other target was asked for.
func settleTarget(c *cobra.Command, f *trainFlags) error {
	recall, flags := c.Flags().Changed(recallFlag), c.Flags().Changed(flagsFlag)
	if f.generic && (recall || flags) {
		return usageError{errors.New("--" + recallFlag + " and --" + flagsFlag + " do not go with --generic: they choose a threshold for one history")}
	}
	if recall && flags {
		return usageError{errors.New("--" + recallFlag + " and --" + flagsFlag + " exclude each other: one of them chooses the threshold")}
	}
	if flags {
		if f.target.FlagsPerWeek == 0 {
			return usageError{errors.New("--" + flagsFlag + ": 0: use a number above 0: with no flags at all nobody is found")}
		}
		f.target.Recall = 0
	}
	return nil
}

// chooseThreshold writes into the model the threshold that its like would have been worth most with.
func (a *app) chooseThreshold(ctx context.Context, c *config.Config, f *trainFlags, g *gathered, r *train.Result) (*train.Chosen, error) {
	looks, err := a.lookDaily(ctx, c, g, &r.HeldOut)
	if err != nil {
		return nil, err
	}
	chosen, err := looks.Choose(f.target)
	if err != nil {
		return nil, err
	}
	r.Model.Threshold, r.Model.Table = &chosen.Threshold, chosen.Table
	return chosen, nil
}

// lookDaily replays a history once more, with a model that was not fitted on all of it.
func (a *app) lookDaily(ctx context.Context, c *config.Config, g *gathered, held *train.HeldOut) (*train.HeldOutLooks, error) {
	model := *held.Model
	model.Threshold = &risk.Threshold{Enter: 100, Why: "it is yet to be chosen"}
	rules, err := scorer.Compile(c.Scorer, g.vocabulary, &model)
	if err != nil {
		return nil, err
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, State: c.PartitionState(), Model: &model}, g.vocabulary)
	if err != nil {
		return nil, err
	}
	looks := train.NewFlaggingGather(g.cfg, held, train.FlaggingEngine{
		Activity: func(e *schemas.Event) bool { return rules.Activity(e.Type, e.Category) }, Grain: rules.Grain(),
		Window: int64(c.Scorer.Window), Baseline: int64(c.Scorer.Baseline), Churned: int64(c.Scorer.Lifecycle.Churned),
	})
	engine.Every(rules.Grain(), func(at int64, p *state.Partition) error {
		looks.Take(at, p.Standings(at))
		return nil
	})
	if _, err := a.simulate(ctx, "trying thresholds", engine, g.sorted, looks.Watch, func([]schemas.Decision) error { return nil }); err != nil {
		return nil, err
	}
	return looks.Looks(), nil
}

// writeFlagging prints what was chosen, and from what.
func writeFlagging(out *strings.Builder, c *train.Chosen) {
	fmt.Fprintf(out, "\nFlagged from a risk of %s on. Chosen for %s.\n", plainNumber(c.Threshold.Enter), c.Threshold.Why)
	rows := []table.Row{{"Threshold", "Flagged", "Precision", "Recall", "Lift", "New flags", "Days to last event", "to loss"}}
	for _, f := range c.Table {
		name := plainNumber(f.Threshold)
		if f.Threshold == c.Threshold.Enter {
			name += " *"
		}
		rows = append(rows, table.Row{
			name, percent(f.Flagged), fmt.Sprintf("%.3f", f.Precision), fmt.Sprintf("%.3f", f.Recall), fmt.Sprintf("%.2f", f.Lift), fmt.Sprintf("%.1f", f.NewFlags),
			fmt.Sprintf("%.1f", f.DaysToLast), fmt.Sprintf("%.1f", f.DaysToLoss),
		})
	}
	fmt.Fprintf(out, "%s\n%s\n", numberTable(rows), "Flagged: an episode is open at a weekly cut-off. Lift: the share lost of the flagged, against all. New flags: per 1,000 active users and week.\n"+
		"Days: the median from the flag to the last event before the loss, below 0 if the flag came after it, and to the date of loss.")
}

func plainNumber(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
