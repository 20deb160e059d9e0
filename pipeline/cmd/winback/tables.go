package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"winback/sinks/clickhouse"
)

// readyTables refuses to start on tables that cannot take the rows: those of another version, changed ones, and those that this user may
// not insert into. With migrate it makes what is missing. What only spoils the reading is logged.
func readyTables(ctx context.Context, sink *clickhouse.Sink, migrate bool, log *slog.Logger) error {
	if err := rightVersion(ctx, sink, migrate, log); err != nil {
		return err
	}
	problems, err := compareTables(ctx, sink, migrate, log)
	if err != nil {
		return err
	}
	if err := stopping(problems); err != nil {
		return err
	}
	refused, err := sink.TryInserts(ctx)
	if err != nil {
		return err
	}
	if err := stopping(refused); err != nil {
		return err
	}
	for _, p := range problems {
		log.Warn("ClickHouse differs from what winback migrate makes", "difference", p.What, "remedy", p.Remedy)
	}
	return nil
}

// compareTables returns what differs, after what is missing has been made again, if it may.
func compareTables(ctx context.Context, sink *clickhouse.Sink, migrate bool, log *slog.Logger) ([]clickhouse.Problem, error) {
	problems, err := sink.Compare(ctx)
	if err != nil || !migrate || len(problems) == 0 {
		return problems, err
	}
	made, err := sink.Restore(ctx, problems)
	if len(made) > 0 {
		log.Info("made again in ClickHouse what was missing", "made", strings.Join(made, ", "))
	}
	if err != nil {
		return nil, err
	}
	return sink.Compare(ctx)
}

// rightVersion brings the schema to this program's version, if it may.
func rightVersion(ctx context.Context, sink *clickhouse.Sink, migrate bool, log *slog.Logger) error {
	have, want, err := sink.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return newerSchema(have, want)
	case have == want:
		return nil
	case !migrate:
		return fmt.Errorf("the ClickHouse schema is version %d and %d is needed: run `winback migrate`, or start with --migrate", have, want)
	}
	applied, err := sink.Migrate(ctx)
	if err != nil {
		if len(applied) > 0 {
			log.Warn("migrated the ClickHouse schema in part", "from", have, "to", want, "applied", strings.Join(applied, ", "))
		}
		return err
	}
	log.Info("migrated the ClickHouse schema", "from", have, "to", want, "applied", len(applied))
	return nil
}

// stopping returns the problems that keep rows out.
func stopping(problems []clickhouse.Problem) error {
	var stops []error
	for _, p := range problems {
		if p.Stops {
			stops = append(stops, errors.New(p.String()))
		}
	}
	if len(stops) == 0 {
		return nil
	}
	return fmt.Errorf("ClickHouse cannot take the rows: %w", errors.Join(stops...))
}
