package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// trainFlags are the flags of train.
type trainFlags struct {
	train.Config
	horizon, active, every string
	out, deadLetters       string
	name                   string
	metrics                []string
	alive                  string
	long                   bool
}

// aliveAuto and aliveNone are what --alive can be beside a metric.
const (
	aliveAuto = "auto"
	aliveNone = "none"
)

func (a *app) trainCommand() *cobra.Command {
	f := trainFlags{Config: train.Defaults()}
	c := &cobra.Command{
		Use: "train FILE...", Short: "Fit the model of risk to files of events, and say what it is worth",
		Long: `Replays the files in simulated time, as replay --direct does. At weekly cut-offs every user who was active in the --active time before
is a row: features by the code that serves them, and whether there was no activity in the --horizon that follows. Cut-offs whose
horizon does not end in the data are left out; it ends with the day by which all but one event in a thousand had come, so that a few
that are much later make nobody lost.

An additive boosted model (a curve over each feature, and a surface over each of a few pairs) is fitted on the first of the cut-offs and
on four users in five, and measured on later cut-offs, on the other users, and on both, next to the time since the last activity
alone. No label of what is fitted on reaches into the time tested. The model that is written is then fitted on all rows; with
--users seen it is not fitted on the fifth of the users, so that "winback backtest --users unseen" can judge it. P(alive) is
fitted by BG/NBD to the days, by each user's own calendar, with the metric of --alive.

Set the model's file as scorer.risk.model, with the metrics as they are here.`,
		Example: `  winback train --preset oulad --out model.json oulad_2013.csv.gz
  winback train --config my.yaml --alive orders 2025-*.csv.gz`,
		Args: someFiles("to train on"),
		RunE: func(c *cobra.Command, args []string) error { return a.train(c.Context(), &f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "model.json", "write the model to `FILE`")
	flags.StringVar(&f.name, "name", "", "the model's `NAME` (default: the preset's, else the first file's)")
	flags.StringVar(&f.horizon, "horizon", f.Horizon.String(), "lost is a user without activity for this `DURATION`, whole days")
	flags.StringVar(&f.active, "active", f.Active.String(), "asked about are the users with activity in this `DURATION` before, whole days")
	flags.StringVar(&f.every, "every", f.Every.String(), "`DURATION` between cut-offs, whole days")
	flags.IntVar(&f.Pairs, "pairs", f.Pairs, "the most `PAIRS` of features to fit surfaces over; 0 for curves alone")
	flags.BoolVar(&f.Monotone, "monotone", f.Monotone, "hold the curves to what must be so: more silence is never less risk")
	flags.StringVar(&f.Users, "users", f.Users, "the `USERS` that the model written is fitted on: all, or seen (four in five)")
	flags.StringSliceVar(&f.metrics, "metrics", nil, "the `METRICS` to make features of (default: all)")
	flags.BoolVar(&f.long, "long", false, "make features of half a year too, not of eight weeks alone: for customers who come less than weekly")
	flags.StringVar(&f.alive, "alive", aliveAuto, "the `METRIC` of P(alive); none, or auto: orders if there is such a metric, else the first of activity")
	flags.StringVar(&f.deadLetters, "dead-letters", "", "write every refused line to `FILE`, one JSON object a line")
	return c
}

// check reads the durations and finds flags that make no sense, alone or together.
func (f *trainFlags) check() error {
	var wrong []string
	for _, d := range [...]struct {
		name, text string
		into       *schemas.Duration
	}{{"horizon", f.horizon, &f.Horizon}, {"active", f.active, &f.Active}, {"every", f.every, &f.Every}} {
		var err error
		if *d.into, err = schemas.ParseDuration(d.text); err != nil {
			return usageError{fmt.Errorf("--%s: %w", d.name, err)}
		}
	}
	for _, fault := range schemas.FaultsOf(f.Validate()) {
		wrong = append(wrong, "--"+fault.Error())
	}
	if f.out == "" {
		wrong = append(wrong, "--out is empty: name a file, or - for standard output")
	}
	if f.deadLetters != "" && filepath.Clean(f.out) == filepath.Clean(f.deadLetters) {
		wrong = append(wrong, "--out and --dead-letters name the same file")
	}
	if len(wrong) > 0 {
		return usageError{errors.New(strings.Join(wrong, "; "))}
	}
	return nil
}

// choose settles which metrics are made features of, and which one is that of P(alive).
func (f *trainFlags) choose(c *scorer.Config) (features []string, alive string, err error) {
	var names []string
	for _, m := range c.Metrics {
		names = append(names, m.Name)
	}
	for _, name := range f.metrics {
		if !slices.Contains(names, name) {
			return nil, "", usageError{fmt.Errorf("--metrics: %q is no metric: use some of %s", name, strings.Join(names, ", "))}
		}
	}
	metrics := slices.Compact(slices.Sorted(slices.Values(f.metrics)))
	if len(metrics) == 0 {
		metrics = names
	}
	switch alive = f.alive; {
	case alive == aliveNone:
		alive = ""
	case alive == aliveAuto && slices.Contains(names, "orders"):
		alive = "orders"
	case alive == aliveAuto:
		alive = c.Activity[0]
	case !slices.Contains(names, alive):
		return nil, "", usageError{fmt.Errorf("--alive: %q is no metric: use one of %s, or none", alive, strings.Join(names, ", "))}
	}
	features = risk.Features(metrics)
	if f.long {
		features = append(features, risk.LongFeatures(metrics, apart(c, metrics))...)
	}
	return features, alive, nil
}

// apart leaves out the metrics that count the events of one before them: their days are the same.
func apart(c *scorer.Config, metrics []string) (names []string) {
	seen := map[string]bool{}
	for _, m := range c.Metrics {
		types := strings.Join(slices.Sorted(slices.Values(m.Types)), "\n")
		if slices.Contains(metrics, m.Name) && !seen[types] {
			seen[types] = true
			names = append(names, m.Name)
		}
	}
	return names
}

// modelName is --name, else the preset's, else the first file's without what follows its first point.
func (a *app) modelName(f *trainFlags, files []string) string {
	if f.name != "" || a.preset != "" {
		return cmp.Or(f.name, a.preset)
	}
	name, _, _ := strings.Cut(filepath.Base(files[0]), ".")
	return cmp.Or(name, "model")
}

func (a *app) train(ctx context.Context, f *trainFlags, files []string) error {
	if err := errors.Join(f.check(), checkFiles(files, "--out and --dead-letters", f.out, f.deadLetters)); err != nil {
		return err
	}
	loaded, err := a.load(config.Files | config.Engine)
	if err != nil {
		return err
	}
	out, err := createFile(f.out, a.stdout)
	if err != nil {
		return err
	}
	defer out.discard()
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	gathered, err := a.gather(ctx, &loaded.Config, f, files, refused)
	if err != nil {
		return err
	}
	defer gathered.sorted.Close()
	gathered.facts.Name = a.modelName(f, files)
	result, err := a.fitModel(ctx, gathered)
	if err != nil {
		return err
	}
	if err := a.chooseThreshold(ctx, &loaded.Config, gathered, result); err != nil {
		return err
	}
	return a.keepModel(f, gathered, result, out, refused)
}

func (a *app) fitModel(ctx context.Context, g *gathered) (*train.Result, error) {
	bar := a.newProgress("fitting, rounds", false)
	defer bar.end()
	return g.rows.Fit(ctx, &g.facts, bar.shared())
}

// keepModel writes the files and prints the report, to standard error if the model has standard output for itself.
func (a *app) keepModel(f *trainFlags, g *gathered, r *train.Result, out *newFile, refused *refusals) error {
	text, err := r.Model.Encode()
	if err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return out.explain(err)
	}
	if err := errors.Join(out.commit(), refused.file.commit()); err != nil {
		return err
	}
	to := a.stdout
	if f.out == "-" || f.deadLetters == "-" {
		to = a.stderr
	}
	return writeTraining(to, g, r, f.out)
}
