package clickhouse_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"winback/pipeline/embedded/embeddedtest"
	migrations "winback/schemas/clickhouse"
)

var update = flag.Bool("update", false, "write schemas/clickhouse/listing.json anew")

// A database is compared with the listing, so the listing must be what the migrations make on the engine.
func TestTheListingIsWhatTheMigrationsMake(t *testing.T) {
	const path = "../../schemas/clickhouse/listing.json"
	_, cfg, _ := migrated(t)
	text, err := json.MarshalIndent(listed(t, cfg.Database), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, text) {
		t.Errorf("%s differs from what the migrations make: write it anew with go test ./sinks/clickhouse -run Listing -update", path)
	}
	made, err := migrations.Made()
	if err != nil || len(made.Tables) < 5 || len(made.Views) < 13 {
		t.Errorf("the program has a listing of %d tables and %d views (%v)", len(made.Tables), len(made.Views), err)
	}
}

// listed describes a database as the engine does, without goose's table.
func listed(t *testing.T, database string) (made migrations.Listing) {
	t.Helper()
	options := embeddedtest.ClickHouse(t)
	conn := embeddedtest.Connect(t, options)
	rows, err := conn.Query(t.Context(), "SELECT table, t.engine, t.sorting_key, c.name, type, toString(default_kind), default_expression, compression_codec, c.comment "+
		"FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table "+
		"WHERE c.database = ? AND table != 'goose_db_version' ORDER BY table, position", database)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table migrations.Table
		var c migrations.Column
		if err := rows.Scan(&table.Name, &table.Engine, &table.Key, &c.Name, &c.Type, &c.DefaultKind, &c.Default, &c.Codec, &c.Comment); err != nil {
			t.Fatal(err)
		}
		into := &made.Tables
		if table.Engine == "View" {
			into = &made.Views
		}
		i := slices.IndexFunc(*into, func(have migrations.Table) bool { return have.Name == table.Name })
		if i < 0 {
			i = len(*into)
			*into = append(*into, table)
		}
		(*into)[i].Columns = append((*into)[i].Columns, c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return made
}
