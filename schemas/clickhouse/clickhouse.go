// Package clickhouse holds the tables and views Winback keeps in ClickHouse, as numbered migrations. The schema is written in these
// files only; sinks/clickhouse runs them. listing.json is what the engine says they make, written by a test of sinks/clickhouse
// (go test ./sinks/clickhouse -run Listing -update): a database is compared with it. docs/clickhouse.md describes it for people.
package clickhouse

import "embed"

// Migrations holds the files NNN_name.sql in goose's form. Every statement can be run again, so that a run that was
// interrupted can be repeated. There is no way down: it would drop what was counted.
//
// A file that makes or alters tables never changes once it has been applied anywhere. The views hold no data, so all of them stand in one
// file that replaces them whole; a change to a view gives that file the next free number. The numbers it had before stay unused.
//
//go:embed *.sql
var Migrations embed.FS

//go:embed listing.json
var listing []byte
