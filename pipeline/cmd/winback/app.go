package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/schemas/mapping"
)

// app holds what main found (streams, environment, clock, terminal) and the flags that every command has.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	now            func() time.Time
	terminal       bool                       // standard output and error are a terminal
	size           func() (width, height int) // of the terminal now; 0 if unknown

	path     string
	preset   string
	settings []string

	started bool // the command line was understood
}

// run executes one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	return a.report(ctx, err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "winback",
		Short: "Notices that customers slip away, while it happens, and sets off the recall",
		Long: `Winback reads a clickstream from Kafka, keeps every user's sliding windows in memory, flags the users whose
activity drops against their own past the moment the drop becomes true, emits recall triggers to a Kafka
topic, and writes aggregates to ClickHouse.

Try it:            winback demo
On your own file:  winback replay --direct --config my.yaml events.csv.gz
As a service:      winback doctor && winback migrate && winback run

Settings come from a preset, a YAML file, environment variables (kafka.brokers is WINBACK_KAFKA_BROKERS) and
flags, each over the ones before; "winback config" shows what is in force and where it comes from.

Exit codes: 0 done; 1 it failed; 2 the command line or the configuration is wrong; 130, 143 interrupted
(run ends with 0 when told to stop).`,
		SilenceUsage: true, SilenceErrors: true,
	}
	flags := root.PersistentFlags()
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		a.started = true
		if flags.Changed("config") && a.path == "" {
			return usageError{errors.New("--config is empty: name a file, or leave the flag out")}
		}
		return nil
	}
	flags.StringVarP(&a.path, "config", "c", "", "the YAML `FILE` (default: $"+config.PathVariable+")")
	flags.StringVar(&a.preset, "preset", "", "begin with a configuration that is built in: "+strings.Join(config.Presets(), ", "))
	flags.StringArrayVar(&a.settings, "set", nil, "set one setting, `PATH=VALUE`, such as log.level=debug; may be repeated")
	root.AddCommand(a.demoCommand(), a.runCommand(), a.replayCommand(), a.repartitionCommand(), a.trainCommand(), a.backtestCommand(), a.calibrateCommand(), a.migrateCommand(), a.doctorCommand(), a.configCommand(), a.versionCommand())
	must(root.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(config.Presets(), cobra.ShellCompDirectiveNoFileComp)))
	must(root.RegisterFlagCompletionFunc("set", cobra.FixedCompletions(mappingPresets(), cobra.ShellCompDirectiveNoFileComp)))
	return root
}

// must is for what only a mistake in this package can break.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// load reads the configuration for a command that needs the parts.
func (a *app) load(parts config.Part) (*config.Loaded, error) {
	return config.Load(config.Sources{Preset: a.preset, Path: a.path, Environ: a.environ, Settings: a.settings}, parts)
}

// log makes the logger that the configuration asks for.
func (a *app) log(c config.Log) *slog.Logger {
	var level slog.Level
	must(level.UnmarshalText([]byte(c.Level))) // Validate let it pass
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}

// mappingPresets are the settings of --set that one would have to look up.
func mappingPresets() (settings []string) {
	for _, name := range mapping.Presets() {
		settings = append(settings, "mapping.preset="+name)
	}
	return settings
}

// nothing is a flagless completion: the command takes no arguments.
func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}
