package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winback/pipeline/backtest"
	"winback/pipeline/backtest/chart"
	"winback/pipeline/config"
	"winback/schemas"
)

// backtestFlags are the flags of backtest.
type backtestFlags struct {
	backtest.Config
	horizon, active, cut string
	from, to, users      string
	charts, deadLetters  string
	output               string
}

func (a *app) backtestCommand() *cobra.Command {
	f := backtestFlags{Config: backtest.Defaults()}
	c := &cobra.Command{
		Use: "backtest FILE...", Short: "Say of a history who would have been flagged when, and how many of them left",
		Long: `Replays the files in simulated time, as replay --direct does with the same configuration. At weekly cut-offs every user who was active in the
--active time before is a row: flagged, if an episode is open, and lost, if there was no activity in the --horizon that follows. Cut-offs
whose horizon does not end in the data are left out.

Printed are precision, recall, lift, new flags and lead times of what the configuration flags, beside the bare rule of the drop and a list
of as many users by last activity; the same by lifecycle, by value tier and by week; and what the risk is worth where there is a model.
docs/backtest.md defines every figure, so that anyone can compute it anew from the decisions of replay --direct.

A model is too good on what it was fitted to: --from and --to keep to other times, --users to other users.`,
		Example: `  winback backtest --preset online_retail online_retail.csv.gz
  winback backtest --config my.yaml --set scorer.risk.model=model.json --from 2025-07-01 --charts charts 2025-*.csv.gz`,
		Args: someFiles("to look back on"),
		RunE: func(c *cobra.Command, args []string) error { return a.backtest(c.Context(), &f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.horizon, "horizon", f.Horizon.String(), "lost is a user without activity for this `DURATION`, whole days")
	flags.StringVar(&f.active, "active", f.Active.String(), "asked about are the users with activity in this `DURATION` before, whole days")
	flags.StringVar(&f.cut, "cut", f.Cut.String(), "`DURATION` between cut-offs, whole days; cut-offs are its multiples since 1970")
	flags.StringVar(&f.from, "from", "", "leave out cut-offs before this `TIME`")
	flags.StringVar(&f.to, "to", "", "leave out cut-offs from this `TIME` on")
	flags.StringVar(&f.users, "users", string(f.Users), "report on all users, on those seen by a fit as train divides them, or on those unseen")
	flags.StringVar(&f.charts, "charts", "", "draw charts as SVG into `DIR`")
	flags.StringVar(&f.deadLetters, "dead-letters", "", "write every refused line to `FILE`, one JSON object a line")
	outputFlag(c, &f.output, outputText, outputJSON)
	must(c.RegisterFlagCompletionFunc("users", cobra.FixedCompletions([]string{string(backtest.AllUsers), string(backtest.SeenUsers), string(backtest.UnseenUsers)}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// check reads the durations and times, and finds flags that make no sense, alone or together.
func (f *backtestFlags) check() error {
	var wrong []string
	for _, d := range [...]struct {
		name, text string
		into       *schemas.Duration
	}{{"horizon", f.horizon, &f.Horizon}, {"active", f.active, &f.Active}, {"cut", f.cut, &f.Cut}} {
		var err error
		if *d.into, err = schemas.ParseDuration(d.text); err != nil {
			return usageError{fmt.Errorf("--%s: %w", d.name, err)}
		}
	}
	for _, d := range [...]struct {
		name, text string
		into       *int64
	}{{"from", f.from, &f.From}, {"to", f.to, &f.To}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.into, err = parseMoment(d.text); err != nil {
			return usageError{fmt.Errorf("--%s: %w", d.name, err)}
		}
	}
	f.Users = backtest.Users(f.users)
	for _, fault := range schemas.FaultsOf(f.Validate()) {
		wrong = append(wrong, "--"+fault.Error())
	}
	if f.output == outputJSON && f.deadLetters == "-" {
		wrong = append(wrong, "--output json has standard output for itself: name a file instead of -")
	}
	if len(wrong) > 0 {
		return usageError{errors.New(strings.Join(wrong, "; "))}
	}
	return nil
}

// chartFiles are the files that --charts can write.
func (f *backtestFlags) chartFiles() (paths []string) {
	if f.charts == "" {
		return nil
	}
	for _, name := range chart.Names() {
		paths = append(paths, filepath.Join(f.charts, name))
	}
	return paths
}

func (a *app) backtest(ctx context.Context, f *backtestFlags, files []string) error {
	if err := f.check(); err != nil {
		return err
	}
	if err := checkFiles(files, "--charts and --dead-letters", append(f.chartFiles(), f.deadLetters)...); err != nil {
		return err
	}
	loaded, err := a.load(config.Files | config.Engine)
	if err != nil {
		return err
	}
	if f.charts != "" {
		if err := os.MkdirAll(f.charts, 0o777); err != nil {
			return fmt.Errorf("--charts: %w: name a directory that can be written to", err)
		}
	}
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	looked, err := a.lookBack(ctx, &loaded.Config, f, files, refused)
	if err != nil {
		return err
	}
	report, err := backtest.New(f.Config, looked.history)
	if err != nil {
		return err
	}
	if err := errors.Join(refused.file.commit(), f.draw(report)); err != nil {
		return err
	}
	return a.showBacktest(f, looked, report)
}

// draw writes the charts, if they were asked for.
func (f *backtestFlags) draw(r *backtest.Report) error {
	if f.charts == "" {
		return nil
	}
	for _, drawn := range chart.Of(r) {
		file, err := createFile(filepath.Join(f.charts, drawn.Name), nil)
		if err != nil {
			return err
		}
		if _, err := file.Write(drawn.SVG); err != nil {
			file.discard()
			return file.explain(err)
		}
		if err := file.commit(); err != nil {
			return err
		}
	}
	return nil
}
