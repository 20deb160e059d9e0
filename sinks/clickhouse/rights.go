package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/schemas"
)

// TryInserts makes the inserts that Insert makes, with the same statements, columns and settings and no rows, and names what stands in
// their way: a right that was not granted, a profile that may only read or forbids a setting, a column that does not take our values, a
// materialized view that cannot be pushed to. The error is for a server that does not answer. Nothing is written.
func (s *Sink) TryInserts(ctx context.Context) (problems []Problem, err error) {
	if readonly, err := s.readonly(ctx); readonly || err != nil {
		return []Problem{{What: "nothing can be written", Remedy: s.remedyReadonly(), Stops: true}}, err
	}
	have, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	for i := range s.tables {
		t := &s.tables[i]
		err := s.tryInsert(ctx, t)
		if err == nil {
			err = s.tryViews(ctx, have.pushes[t.name])
		}
		switch {
		case err == nil:
		case s.remedyFor(err) == "" && failedView(err) == "":
			return problems, fmt.Errorf("inserting nothing into %s: %w", t.name, s.explain(err))
		default:
			problems = append(problems, Problem{What: "inserting into " + t.name, Remedy: s.explainInsert(ctx, t, err).Error(), Stops: true})
		}
	}
	return problems, nil
}

// readonly asks for itself, because in such a profile every other refusal comes as one of a setting.
func (s *Sink) readonly(ctx context.Context) (bool, error) {
	var value string
	err := s.conn.QueryRow(ctx, "SELECT value FROM system.settings WHERE name = 'readonly'").Scan(&value)
	return err == nil && value != "0", s.explain(err)
}

func (s *Sink) tryInsert(ctx context.Context, t *table) error {
	return s.send(ctx, t, "winback tries whether it may insert", func(batch driver.Batch) error {
		if err := s.fill(t, batch, exemplary()); err != nil {
			return err
		}
		for _, column := range batch.Columns() {
			column.Reset()
		}
		return nil
	})
}

// tryViews finds a materialized view whose query names what is not there. An insert of no rows does not run it. Of one that this user may
// not look into nothing is said.
func (s *Sink) tryViews(ctx context.Context, views []string) error {
	for _, view := range views {
		var query string
		if err := s.conn.QueryRow(ctx, "SELECT as_select FROM system.tables WHERE database || '.' || name = ?", view).Scan(&query); err != nil {
			continue
		}
		err := s.conn.Exec(ctx, "DESCRIBE ("+query+")")
		if e := (*clickhouse.Exception)(nil); errors.As(err, &e) && isSchemaCode(e.Code) {
			return &viewError{view, err}
		}
	}
	return nil
}

// viewError is a materialized view that fails.
type viewError struct {
	view string
	err  error
}

func (v *viewError) Error() string { return v.err.Error() }
func (v *viewError) Unwrap() error { return v.err }

// exemplary has a row for every table, so that each column is given a value of the type it will get.
func exemplary() *schemas.Rows {
	return &schemas.Rows{Activity: make([]schemas.Activity, 1), Decisions: make([]schemas.Decision, 1), Triggers: make([]schemas.Trigger, 1), Profiles: []schemas.Profile{
		{Tags: []string{"tag"}, Reasons: make([]schemas.Term, 1)},
	}}
}

// rightsOfMigrate are what winback migrate needs of a database, and the service after it. It drops no table, but ClickHouse wants DROP TABLE for
// the temporary one by which it replaces a view.
func rightsOfMigrate() []string {
	return []string{"SELECT", "INSERT", "CREATE DATABASE", "CREATE TABLE", "CREATE VIEW", "DROP VIEW", "DROP TABLE", "ALTER TABLE"}
}

// Lacking names the rights that the user lacks to make the tables and fill them, with the GRANT that gives them. It is for a database that
// winback migrate has not brought up to date yet: later, TryInserts knows more exactly. Servers before 24.10 cannot be asked: there nothing
// is found.
func (s *Sink) Lacking(ctx context.Context) ([]Problem, error) {
	if readonly, err := s.readonly(ctx); readonly || err != nil {
		return []Problem{{What: "nothing can be written", Remedy: s.remedyReadonly(), Stops: true}}, err
	}
	var missing []string
	for _, right := range rightsOfMigrate() {
		var granted uint8
		err := s.conn.QueryRow(ctx, "CHECK GRANT "+right+" ON "+s.database+".*").Scan(&granted)
		if e := (*clickhouse.Exception)(nil); errors.As(err, &e) && e.Code == codeSyntax {
			return nil, nil
		}
		if err != nil {
			return nil, s.explain(err)
		}
		if granted == 0 {
			missing = append(missing, right)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	lacks := strings.Join(missing, ", ")
	return []Problem{{What: "the user " + s.user() + " lacks " + lacks, Remedy: s.grant(lacks, s.database+".*"), Stops: true}}, nil
}
