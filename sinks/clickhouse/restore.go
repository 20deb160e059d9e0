package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	migrations "winback/schemas/clickhouse"
)

// Restore makes what Compare finds missing in a database that has every migration: columns, tables and views that somebody has dropped.
// It returns what it has made, and changes nothing else.
func (s *Sink) Restore(ctx context.Context, problems []Problem) (made []string, err error) {
	var whole []string
	for _, p := range problems {
		switch missing := p.lacks; {
		case missing.column != nil:
			if err := s.addColumn(ctx, missing); err != nil {
				return made, err
			}
			made = append(made, "column "+missing.table+"."+missing.column.Name)
		case missing.table != "" && !slices.Contains(whole, missing.table):
			whole = append(whole, missing.table)
		}
	}
	if len(whole) == 0 {
		return made, nil
	}
	if err := s.runAgain(ctx); err != nil {
		return made, fmt.Errorf("making %v anew: %w", whole, s.explain(err))
	}
	return append(made, whole...), nil
}

func (s *Sink) addColumn(ctx context.Context, missing restorable) error {
	place := " FIRST"
	if missing.after != "" {
		place = " AFTER " + missing.after
	}
	statement := fmt.Sprintf("ALTER TABLE %s.%s ADD COLUMN IF NOT EXISTS %s%s", s.database, missing.table, missing.column.Definition(), place)
	if err := s.conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("adding the column %s of %s: %w", missing.column.Name, missing.table, s.explain(err))
	}
	return nil
}

// runAgain runs every migration, whatever the database says it has: each of their statements can be repeated.
func (s *Sink) runAgain(ctx context.Context) (err error) {
	options, err := s.cfg.options(s.database)
	if err != nil {
		return err
	}
	db := clickhouse.OpenDB(options)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectCustom, db, migrations.Migrations,
		goose.WithDisableGlobalRegistry(true), goose.WithIsolateDDL(true), goose.WithStore(&forgetful{}))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// forgetful tells goose that nothing has been applied before this run.
type forgetful struct{ applied []int64 }

// Tablename is asked for, though there is no table.
func (f *forgetful) Tablename() string { return goose.DefaultTablename }

// CreateVersionTable makes none.
func (f *forgetful) CreateVersionTable(context.Context, database.DBTxConn) error { return nil }

// TableExists says so, lest goose asks the server.
func (f *forgetful) TableExists(context.Context, database.DBTxConn) (bool, error) { return true, nil }

// Insert notes what this run has applied.
func (f *forgetful) Insert(_ context.Context, _ database.DBTxConn, r database.InsertRequest) error {
	f.applied = append(f.applied, r.Version)
	return nil
}

// Delete is for the way down, which there is none.
func (f *forgetful) Delete(context.Context, database.DBTxConn, int64) error {
	return database.ErrNotImplemented
}

// GetMigration returns one that this run has applied.
func (f *forgetful) GetMigration(_ context.Context, _ database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	if !slices.Contains(f.applied, version) {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{IsApplied: true}, nil
}

// GetLatestVersion returns the last that this run has applied.
func (f *forgetful) GetLatestVersion(context.Context, database.DBTxConn) (int64, error) {
	if len(f.applied) == 0 {
		return 0, database.ErrVersionNotFound
	}
	return f.applied[len(f.applied)-1], nil
}

// ListMigrations begins with version 0, which stands for an empty database.
func (f *forgetful) ListMigrations(context.Context, database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	list := []*database.ListMigrationsResult{{Version: 0, IsApplied: true}}
	for _, version := range f.applied {
		list = append(list, &database.ListMigrationsResult{Version: version, IsApplied: true})
	}
	slices.Reverse(list)
	return list, nil
}
