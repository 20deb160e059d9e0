package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"

	migrations "winback/schemas/clickhouse"
)

// Migrate makes the database if it is not there and applies the migrations it lacks, in order. It returns the names of those
// applied. A run that was interrupted can be repeated.
func (s *Sink) Migrate(ctx context.Context) (applied []string, err error) {
	// Atomic is what a server makes anyway; the embedded engine's own default cannot replace views.
	if err := s.conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+s.database+" ENGINE = Atomic"); err != nil {
		return nil, s.explain(err)
	}
	options, err := s.cfg.options(s.database)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	db := clickhouse.OpenDB(options)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, migrations.Migrations,
		goose.WithDisableGlobalRegistry(true), goose.WithIsolateDDL(true)) // ClickHouse has no transactions
	if err != nil {
		return nil, fmt.Errorf("clickhouse: reading the migrations: %w", err)
	}
	return s.up(ctx, provider)
}

func (s *Sink) up(ctx context.Context, provider *goose.Provider) (applied []string, err error) {
	results, err := provider.Up(ctx)
	failed := ""
	if partial := (*goose.PartialError)(nil); errors.As(err, &partial) {
		results, err = partial.Applied, partial.Err
		failed = fmt.Sprintf(": %s failed after %s", path.Base(partial.Failed.Source.Path), counted(len(results)))
	}
	for _, r := range results {
		applied = append(applied, path.Base(r.Source.Path))
	}
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) && isSchemaCode(e.Code) {
		return applied, fmt.Errorf("migrating database %s%s: clickhouse: %w: somebody has changed or dropped what the migrations before it have made, "+
			"or keeps a table of their own under its name: undo that and migrate again, or name another database (clickhouse.database)", s.database, failed, err)
	}
	if err != nil {
		return applied, fmt.Errorf("migrating database %s%s: %w", s.database, failed, s.explain(err))
	}
	return applied, nil
}

func counted(migrations int) string {
	switch migrations {
	case 0:
		return "none was applied"
	case 1:
		return "1 was applied"
	}
	return fmt.Sprintf("%d were applied", migrations)
}

// SchemaVersion returns the number of the last migration that the database has, 0 if there is no database or no table, and
// that of the last migration this program knows. It changes nothing.
func (s *Sink) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	if want, err = latest(); err != nil {
		return 0, 0, err
	}
	err = s.conn.QueryRow(ctx, "SELECT max(version_id) FROM "+s.database+"."+goose.DefaultTablename).Scan(&have)
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) && (e.Code == codeUnknownTable || e.Code == codeUnknownDatabase) {
		return 0, want, nil
	}
	return have, want, s.explain(err)
}

func latest() (version int64, err error) {
	files, err := migrations.Migrations.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("clickhouse: reading the migrations: %w", err)
	}
	for _, f := range files {
		n, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, fmt.Errorf("clickhouse: migration %s: %w", f.Name(), err)
		}
		version = max(version, n)
	}
	return version, nil
}
