package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winback/pipeline/calibrate"
	"winback/pipeline/config"
	"winback/schemas"
)

// calibrateFlags are the flags of calibrate.
type calibrateFlags struct {
	calibrate.Config
	horizon     string
	out         string
	charts      string
	deadLetters string
}

func (a *app) calibrateCommand() *cobra.Command {
	f := calibrateFlags{Config: calibrate.Defaults()}
	c := &cobra.Command{
		Use: "calibrate FILE...", Short: "Find from files of events which settings fit them, and write these with the reasons",
		Long: `Reads files of events, as replay --direct does, and finds from them:

  - the days of silence after which fewer than half, a quarter and a tenth of the users return, and after which fewer than
    --return-below do: the thresholds of light, moderate and heavy silence, and of churn;
  - the window and the baseline, of a few, whose drops tell best and earliest who has no activity in the --horizon after a
    weekly cut-off, by running the engine over the files with each;
  - how long users are new;
  - how late events come, if the files hold them in the order in which they arrived.

What is written is YAML for --config: the settings you gave with --preset, --config, the environment and --set, but for secrets, and what
was found over them, each with its reason in a comment. What the files do not tell is left as it is, and a comment says how much data
would be needed. The method is in docs/calibrate.md.`,
		Example: `  winback calibrate --preset online_retail --out my.yaml online_retail.csv.gz
  winback calibrate --set mapping.preset=csv --charts charts 2025-*.csv.gz > my.yaml`,
		Args: someFiles("to learn from"),
		RunE: func(c *cobra.Command, args []string) error { return a.calibrate(c.Context(), &f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "-", "write the settings to `FILE`; - is standard output")
	flags.Float64Var(&f.ReturnBelow, "return-below", f.ReturnBelow, "churned is a silence after which a smaller `SHARE` than this returns")
	flags.StringVar(&f.horizon, "horizon", f.Horizon.String(), "lost is a user without activity for this `DURATION`, whole days")
	flags.StringVar(&f.charts, "charts", "", "write the curve of returns to `DIR`/returns.svg; the directory is made if it is not there")
	flags.StringVar(&f.deadLetters, "dead-letters", "", "write every refused line to `FILE`, one JSON object a line")
	must(c.MarkFlagDirname("charts"))
	return c
}

// check reads the durations and finds flags that make no sense, alone or together.
func (f *calibrateFlags) check(files []string, path string) error {
	var err error
	if f.Horizon, err = schemas.ParseDuration(f.horizon); err != nil {
		return usageError{fmt.Errorf("--horizon: %w", err)}
	}
	var wrong []string
	for _, fault := range schemas.FaultsOf(f.Validate()) {
		wrong = append(wrong, "--"+fault.Error())
	}
	if f.out == "" {
		wrong = append(wrong, "--out is empty: name a file, or - for standard output")
	}
	if f.deadLetters != "" && filepath.Clean(f.out) == filepath.Clean(f.deadLetters) {
		wrong = append(wrong, "--out and --dead-letters name the same file")
	}
	if path != "" && (sameFile(path, f.out) || sameFile(path, f.deadLetters)) {
		wrong = append(wrong, path+" is the configuration in force and would be written over: name another file")
	}
	if len(wrong) > 0 {
		return usageError{errors.New(strings.Join(wrong, "; "))}
	}
	return checkFiles(files, "--out and --dead-letters", f.out, f.deadLetters)
}

func (a *app) calibrate(ctx context.Context, f *calibrateFlags, files []string) error {
	sources := config.Sources{Preset: a.preset, Path: a.path, Environ: a.environ, Settings: a.settings}
	if err := f.check(files, sources.File()); err != nil {
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
	chart, err := createChart(f.charts, "returns.svg")
	if err != nil {
		return err
	}
	defer chart.discard()
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	found, err := a.find(ctx, &loaded.Config, f, files, refused)
	if err != nil {
		return errors.Join(err, refused.file.commit())
	}
	text, err := found.yaml(loaded, f.out)
	if err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return out.explain(err)
	}
	if chart != nil {
		if _, err := chart.WriteString(found.returns.SVG()); err != nil {
			return chart.explain(err)
		}
	}
	for _, file := range []*newFile{out, chart, refused.file} {
		if err := file.commit(); err != nil {
			return err
		}
	}
	return a.showCalibration(f, found, chart)
}
