package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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
	generic                bool
	target                 train.Target
}

// recipe is what rows are made of.
type recipe struct {
	features []string
	alive    string // the metric of P(alive); empty for none
}

// aliveAuto and aliveNone are what --alive can be beside a metric.
const (
	aliveAuto = "auto"
	aliveNone = "none"
)

func (a *app) trainCommand() *cobra.Command {
	f := trainFlags{Config: train.Defaults(), target: train.DefaultTarget()}
	c := &cobra.Command{
		Use: "train FILE... | --generic PRESET=FILE PRESET=FILE...", Short: "Fit the model of risk to files of events, and say what it is worth",
		Long: `Replays the files in simulated time, as replay --direct does. At weekly cut-offs every user who was active in the --active time before
is a row: features by the code that serves them, and whether there was no activity in the --horizon that follows. Cut-offs whose
horizon does not end in the data are left out; it ends with the day by which all but one event in a thousand had come, so that a few
that are much later make nobody lost.

An additive boosted model (a curve over each feature, and a surface over each of a few pairs) is fitted on the first of the cut-offs and
on four users in five, and measured on later cut-offs, on the other users, and on both, next to the time since the last activity
alone. No label of what is fitted on reaches into the time tested. The model that is written is then fitted on all rows; with
--users seen it is not fitted on the fifth of the users, so that "winback backtest --users unseen" can judge it. P(alive) is
fitted by BG/NBD to the days, by each user's own calendar, with the metric of --alive.

The files are then replayed once more with the model that was measured, to choose the threshold from which on a candidate is flagged: by
--recall or by --flags-per-week, on the users and times that it was not fitted on. What this and other thresholds would have been
worth there is printed, and stands in the model's file.

Set the model's file as scorer.risk.model, with the metrics as they are here.

With --generic, one model is fitted to several histories, each replayed by its preset: on activity alone, free of scale, each history of
the same weight and in each the lost of the same weight as the others. Its number is a score, not a chance, but it suits any metrics. Each
history is judged by a model of the others.`,
		Example: `  winback train --preset oulad --out model.json oulad_2013.csv.gz
  winback train --config my.yaml --alive orders 2025-*.csv.gz
  winback train --generic --out generic.json oulad=oulad_2013.csv.gz cdnow=cdnow.csv.gz`,
		Args: someFiles("to train on"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := settleTarget(c, &f); err != nil {
				return err
			}
			if f.generic {
				return a.trainGeneric(c, &f, args)
			}
			return a.train(c.Context(), &f, args)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "model.json", "write the model to `FILE`")
	flags.StringVar(&f.name, "name", "", "the model's `NAME` (default: the preset's, else the first file's)")
	flags.StringVar(&f.horizon, "horizon", f.Horizon.String(), "lost is a user without activity for this `DURATION`, whole days")
	flags.StringVar(&f.active, "active", f.Active.String(), "asked about are the users with activity in this `DURATION` before, whole days")
	flags.StringVar(&f.every, "every", f.Every.String(), "`DURATION` between cut-offs, whole days")
	flags.IntVar(&f.Pairs, "pairs", f.Pairs, "the most `PAIRS` of features to fit surfaces over; 0 for curves alone")
	flags.BoolVar(&f.Monotone, "monotone", f.Monotone, "hold the curves to what must be so: more silence is never less risk (default with --generic)")
	flags.StringVar(&f.Users, "users", f.Users, "the `USERS` that the model written is fitted on: all, or seen (four in five)")
	flags.StringSliceVar(&f.metrics, "metrics", nil, "the `METRICS` to make features of (default: all)")
	flags.BoolVar(&f.long, "long", false, "make features of half a year too, not of eight weeks alone: for customers who come less than weekly")
	flags.StringVar(&f.alive, "alive", aliveAuto, "the `METRIC` of P(alive); none, or auto: orders if there is such a metric, else the first of activity")
	flags.BoolVar(&f.generic, "generic", false, "fit one model to several histories, PRESET=FILE each, for any product")
	flags.StringVar(&f.deadLetters, "dead-letters", "", "write every refused line to `FILE`, one JSON object a line")
	targetFlags(c, &f.target)
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
	for _, fault := range append(schemas.FaultsOf(f.Validate()), schemas.FaultsOf(f.target.Validate())...) {
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
func (f *trainFlags) choose(c *scorer.Config) (r recipe, err error) {
	var names []string
	for _, m := range c.Metrics {
		names = append(names, m.Name)
	}
	for _, name := range f.metrics {
		if !slices.Contains(names, name) {
			return r, usageError{fmt.Errorf("--metrics: %q is no metric: use some of %s", name, strings.Join(names, ", "))}
		}
	}
	metrics := slices.Compact(slices.Sorted(slices.Values(f.metrics)))
	if len(metrics) == 0 {
		metrics = names
	}
	switch r.alive = f.alive; {
	case r.alive == aliveNone:
		r.alive = ""
	case r.alive == aliveAuto && slices.Contains(names, "orders"):
		r.alive = "orders"
	case r.alive == aliveAuto:
		r.alive = c.Activity[0]
	case !slices.Contains(names, r.alive):
		return r, usageError{fmt.Errorf("--alive: %q is no metric: use one of %s, or none", r.alive, strings.Join(names, ", "))}
	}
	r.features = risk.Features(metrics)
	if f.long {
		r.features = append(r.features, risk.LongFeatures(metrics, apart(c, metrics))...)
	}
	return r, nil
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
	recipe, err := f.choose(&loaded.Scorer)
	if err != nil {
		return err
	}
	gathered, err := a.gather(ctx, &loaded.Config, f.Config, recipe, files, refused)
	if err != nil {
		return err
	}
	defer gathered.sorted.Close()
	gathered.facts.Name = a.modelName(f, files)
	result, err := a.fitModel(ctx, gathered)
	if err != nil {
		return err
	}
	chosen, err := a.chooseThreshold(ctx, &loaded.Config, f, gathered, result)
	if err != nil {
		return err
	}
	return a.keepModel(f, result.Model, out, refused, func(to io.Writer) error { return writeTraining(to, gathered, result, chosen, f.out) })
}

func (a *app) fitModel(ctx context.Context, g *gathered) (*train.Result, error) {
	bar := a.newProgress("fitting, rounds", false)
	defer bar.end()
	return g.rows.Fit(ctx, &g.facts, bar.shared())
}

// keepModel writes the files and prints the report, to standard error if the model has standard output for itself.
func (a *app) keepModel(f *trainFlags, m *risk.Model, out *newFile, refused *refusals, report func(io.Writer) error) error {
	text, err := m.Encode()
	if err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return out.explain(err)
	}
	if err := errors.Join(out.commit(), refused.file.commit()); err != nil {
		return err
	}
	if f.out == "-" || f.deadLetters == "-" {
		return report(a.stderr)
	}
	return report(a.stdout)
}
