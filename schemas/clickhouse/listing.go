package clickhouse

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Listing is what the migrations make, as ClickHouse itself describes it (system.tables and system.columns).
type Listing struct {
	Tables []Table `json:"tables"`
	Views  []Table `json:"views"`
}

// Table is a table or a view.
type Table struct {
	Name    string   `json:"name"`
	Engine  string   `json:"engine"`
	Key     string   `json:"key,omitempty"` // ORDER BY
	Columns []Column `json:"columns"`
}

// Column is a column of a table or a view. Of a view's, the name and the type are listed.
type Column struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	DefaultKind string `json:"default_kind,omitempty"` // DEFAULT, or empty
	Default     string `json:"default,omitempty"`      // its expression
	Codec       string `json:"codec,omitempty"`
	Comment     string `json:"comment,omitempty"`
}

// Made returns the listing of what the migrations of this program make. A test of sinks/clickhouse holds it to the engine.
func Made() (Listing, error) {
	var made Listing
	if err := json.Unmarshal(listing, &made); err != nil {
		return made, fmt.Errorf("clickhouse: reading listing.json, which is part of the program: %w", err)
	}
	return made, nil
}

// Find returns the table or view of that name.
func Find(tables []Table, name string) (Table, bool) {
	for _, t := range tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// Column returns the column of that name.
func (t Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Definition is the column as CREATE TABLE and ALTER TABLE take it.
func (c Column) Definition() string {
	text := c.Name + " " + c.Type
	if c.DefaultKind != "" {
		text += " " + c.DefaultKind + " " + c.Default
	}
	if c.Comment != "" {
		text += " COMMENT " + quoted(c.Comment)
	}
	if c.Codec != "" {
		text += " " + c.Codec
	}
	return text
}

// quoted is a string literal of ClickHouse's.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
