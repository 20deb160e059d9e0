package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	migrations "winback/schemas/clickhouse"
)

// Problem is one thing in the database that is not as Winback needs it.
type Problem struct {
	What   string // names the table or view
	Remedy string
	Stops  bool // rows cannot be inserted, or are lost; otherwise reading them suffers

	table string
	lacks restorable
}

func (p Problem) String() string { return p.What + ": " + p.Remedy }

// restorable is what Restore can make again, because nothing is lost by it.
type restorable struct {
	table  string
	after  string             // the column before it
	column *migrations.Column // nil: all of the table or view
}

// Compare names every difference between the database and what the migrations of this program make. Tables, views and columns beside
// Winback's are no difference: inserts name their columns. It changes nothing.
func (s *Sink) Compare(ctx context.Context) ([]Problem, error) {
	made, err := migrations.Made()
	if err != nil {
		return nil, err
	}
	have, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	c := comparison{database: s.database, have: have.tables, inserted: make(map[string][]string)}
	for _, t := range s.tables {
		c.inserted[t.name] = t.columns
	}
	for _, t := range made.Tables {
		c.table(t)
	}
	for _, v := range made.Views {
		c.view(v)
	}
	return c.problems, nil
}

type comparison struct {
	database string
	have     []migrations.Table
	inserted map[string][]string // the columns that inserts name, by table
	problems []Problem
}

func (c *comparison) add(table string, stops bool, remedy, what string, args ...any) {
	c.problems = append(c.problems, Problem{What: fmt.Sprintf(what, args...), Remedy: remedy, Stops: stops, table: table})
}

// lacks notes what winback migrate makes again.
func (c *comparison) lacks(missing restorable, remedy, what string, args ...any) {
	_, isTable := c.inserted[missing.table]
	c.add(missing.table, isTable, remedy, what, args...)
	c.problems[len(c.problems)-1].lacks = missing
}

const remedyMigrate = "run `winback migrate`"

func (c *comparison) table(want migrations.Table) {
	have, is := migrations.Find(c.have, want.Name)
	if !is {
		c.lacks(restorable{table: want.Name}, remedyMigrate+", which makes it anew, empty", "the table %s is missing", want.Name)
		return
	}
	if have.Engine == "Distributed" { // over tables on other servers, which have engine and key
		have.Engine, have.Key = want.Engine, want.Key
	}
	anew := fmt.Sprintf("RENAME TABLE %s.%s TO %s.%s_old, run `winback migrate`, which makes it anew, and copy its rows by INSERT INTO ... SELECT",
		c.database, want.Name, c.database, want.Name)
	switch {
	case !strings.HasSuffix(have.Engine, want.Engine): // Replicated and Shared ones are as good
		c.add(want.Name, true, anew, "the table %s has the engine %s instead of %s", want.Name, have.Engine, want.Engine)
	case have.Key != want.Key:
		c.add(want.Name, true, anew, "the table %s is ordered by (%s) instead of (%s)", want.Name, have.Key, want.Key)
	}
	for i, column := range want.Columns {
		c.column(have, want, i, column)
	}
}

func (c *comparison) column(have, want migrations.Table, i int, column migrations.Column) {
	named := slices.Contains(c.inserted[want.Name], column.Name)
	alter := fmt.Sprintf("ALTER TABLE %s.%s ", c.database, want.Name)
	is, found := have.Column(column.Name)
	switch {
	case !found:
		missing := restorable{table: want.Name, column: &column}
		if i > 0 {
			missing.after = want.Columns[i-1].Name
		}
		c.lacks(missing, remedyMigrate+", which adds it; rows stored before have its default", "the table %s has no column %s", want.Name, column.Name)
	case is.Type != column.Type:
		// Whether such a column takes what is inserted, TryInserts finds out.
		c.add(want.Name, false, alter+"MODIFY COLUMN "+column.Name+" "+column.Type, "the column %s of the table %s is %s instead of %s", column.Name, want.Name, is.Type, column.Type)
	case named && is.DefaultKind != "" && is.DefaultKind != "DEFAULT":
		c.add(want.Name, true, alter+"MODIFY COLUMN "+column.Name+" "+column.Type+" DEFAULT "+is.Default,
			"the column %s of the table %s is %s, and cannot be inserted", column.Name, want.Name, is.DefaultKind)
	case !named && is.DefaultKind == "" && column.DefaultKind != "":
		c.add(want.Name, false, alter+"MODIFY COLUMN "+column.Definition(), "the column %s of the table %s has lost its default, %s", column.Name, want.Name, column.Default)
	}
}

// view compares the names of a view's columns. The types that follow from its query differ between versions of ClickHouse.
func (c *comparison) view(want migrations.Table) {
	have, is := migrations.Find(c.have, want.Name)
	if !is {
		c.lacks(restorable{table: want.Name}, remedyMigrate, "the view %s is missing", want.Name)
		return
	}
	if have.Engine != want.Engine {
		c.add(want.Name, false, fmt.Sprintf("RENAME TABLE %s.%s TO another name and run `winback migrate`", c.database, want.Name), "%s is a %s where a view of Winback's belongs", want.Name, have.Engine)
		return
	}
	for _, column := range want.Columns {
		if _, found := have.Column(column.Name); !found {
			c.lacks(restorable{table: want.Name}, remedyMigrate+", which replaces it", "the view %s has no column %s", want.Name, column.Name)
		}
	}
}
