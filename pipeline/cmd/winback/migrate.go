package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/sinks/clickhouse"
)

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the ClickHouse tables up to date", Args: cobra.NoArgs, ValidArgsFunction: nothing,
		Long: `Makes the database if it is not there and applies the migrations it lacks, in order. Tables, views and columns of Winback's that
somebody has dropped are made again, empty; other differences are named, with the statement that mends them, and exit code 1. A
run that was interrupted can be repeated; a database that is up to date is left alone.`,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := a.load(config.ClickHouse)
			if err != nil {
				return err
			}
			return a.migrate(c.Context(), &loaded.Config)
		},
	}
}

func (a *app) migrate(ctx context.Context, c *config.Config) (err error) {
	sink, err := clickhouse.Open(ctx, c.ClickHouse, a.log(c.Log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	from, to, err := sink.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if from > to {
		return newerSchema(from, to)
	}
	applied, err := sink.Migrate(ctx)
	for _, name := range applied {
		if _, err := fmt.Fprintln(a.stdout, "applied", name); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if err := a.restore(ctx, sink); err != nil {
		return err
	}
	if len(applied) == 0 {
		_, err = fmt.Fprintf(a.stdout, "The schema is up to date: version %d\n", to)
	} else {
		_, err = fmt.Fprintf(a.stdout, "The schema went from version %d to %d\n", from, to)
	}
	return err
}

// restore makes again what somebody has dropped, and names what differs otherwise.
func (a *app) restore(ctx context.Context, sink *clickhouse.Sink) error {
	problems, err := sink.Compare(ctx)
	if err != nil || len(problems) == 0 {
		return err
	}
	made, err := sink.Restore(ctx, problems)
	for _, name := range made {
		if _, err := fmt.Fprintln(a.stdout, "made again", name); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if problems, err = sink.Compare(ctx); err != nil || len(problems) == 0 {
		return err
	}
	left := make([]error, len(problems))
	for i, p := range problems {
		left[i] = errors.New(p.String())
	}
	return fmt.Errorf("every migration is applied, and the database differs all the same: %w", errors.Join(left...))
}

func newerSchema(have, want int64) error {
	return fmt.Errorf("the ClickHouse schema is version %d, newer than the %d this winback knows: use a newer winback", have, want)
}
