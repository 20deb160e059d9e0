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
		Long: `Makes the database if it is not there and applies the migrations it lacks, in order. A run that was interrupted can be
repeated; a database that is up to date is left alone.`,
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
	if len(applied) == 0 {
		_, err = fmt.Fprintf(a.stdout, "The schema is up to date: version %d\n", to)
	} else {
		_, err = fmt.Fprintf(a.stdout, "The schema went from version %d to %d\n", from, to)
	}
	return err
}

func newerSchema(have, want int64) error {
	return fmt.Errorf("the ClickHouse schema is version %d, newer than the %d this winback knows: use a newer winback", have, want)
}
