// Package clickhouse holds the tables and views Winback keeps in ClickHouse, as numbered migrations. The schema exists in these
// files only; sinks/clickhouse runs them. docs/clickhouse.md describes what they make.
package clickhouse

import "embed"

// Migrations holds the files NNN_name.sql in goose's form. Every statement can be run again, so that a run that was
// interrupted can be repeated. There is no way down: it would drop what was counted.
//
//go:embed *.sql
var Migrations embed.FS
