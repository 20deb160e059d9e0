package clickhouse

import (
	"context"
	"slices"

	migrations "winback/schemas/clickhouse"
)

// found is what stands in the database: Winback's tables and views, and others' beside them.
type found struct {
	tables []migrations.Table  // views too
	pushes map[string][]string // materialized views by the table whose inserts they follow
}

// find asks the server what stands in the database. One that is not there has no tables.
func (s *Sink) find(ctx context.Context) (found, error) {
	f := found{pushes: make(map[string][]string)}
	if err := s.findTables(ctx, &f); err != nil {
		return f, s.explain(err)
	}
	return f, s.explain(s.findColumns(ctx, f.tables))
}

func (s *Sink) findTables(ctx context.Context, f *found) error {
	rows, err := s.conn.Query(ctx, "SELECT name, engine, sorting_key, arrayMap((d, t) -> d || '.' || t, dependencies_database, dependencies_table) "+
		"FROM system.tables WHERE database = ? ORDER BY name", s.database)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t migrations.Table
		var views []string
		if err := rows.Scan(&t.Name, &t.Engine, &t.Key, &views); err != nil {
			return err
		}
		f.tables = append(f.tables, t)
		if slices.Sort(views); len(views) > 0 {
			f.pushes[t.Name] = views
		}
	}
	return rows.Err()
}

func (s *Sink) findColumns(ctx context.Context, tables []migrations.Table) error {
	rows, err := s.conn.Query(ctx, "SELECT table, name, type, toString(default_kind), default_expression, compression_codec, comment "+
		"FROM system.columns WHERE database = ? ORDER BY table, position", s.database)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table string
		var c migrations.Column
		if err := rows.Scan(&table, &c.Name, &c.Type, &c.DefaultKind, &c.Default, &c.Codec, &c.Comment); err != nil {
			return err
		}
		if i := slices.IndexFunc(tables, func(t migrations.Table) bool { return t.Name == table }); i >= 0 {
			tables[i].Columns = append(tables[i].Columns, c)
		}
	}
	return rows.Err()
}

// PushedTo lists the materialized views that inserts into Winback's tables push rows to, as "database.view on table". All of them are other
// people's: when one fails, the insert fails with it.
func (s *Sink) PushedTo(ctx context.Context) (views []string, err error) {
	f, err := s.find(ctx)
	for _, t := range s.tables {
		for _, view := range f.pushes[t.name] {
			views = append(views, view+" on "+t.name)
		}
	}
	return views, err
}
