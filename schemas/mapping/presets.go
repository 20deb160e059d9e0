package mapping

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// Presets lists the names of the built-in mappings, sorted.
func Presets() []string {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil // cannot be: the directory is part of the binary
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names
}

// loadPreset returns the named preset's Config; an empty name is winback's.
func loadPreset(name string) (Config, error) {
	if name == "" {
		name = "winback"
	}
	text, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return Config{}, &schemas.Fault{Field: "preset", Problem: fmt.Sprintf("no preset %q; there are %s", name, strings.Join(Presets(), ", "))}
	}
	var cfg Config
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&cfg); err != nil {
		return Config{}, fmt.Errorf("preset %s: %w", name, err)
	}
	cfg.Preset = name
	return cfg, nil
}

// resolve lays the Config over its preset. An unknown one is reported, and the rest looked at as if it were winback's.
func (c Config) resolve() (Config, error) {
	base, unknown := loadPreset(c.Preset)
	if unknown != nil {
		base, _ = loadPreset("")
		if len(c.Columns) > 0 {
			base.Format = FormatCSV // so that the columns are not reported too
		}
	}
	c.Preset = base.Preset
	c.Format = cmp.Or(c.Format, base.Format)
	c.Key = cmp.Or(c.Key, base.Key)
	c.User = c.User.over(base.User)
	c.Type = c.Type.over(base.Type)
	c.Time = c.Time.over(base.Time)
	c.Amount = c.Amount.over(base.Amount)
	c.Duration = c.Duration.over(base.Duration)
	c.Category = c.Category.over(base.Category)
	c.Offset = c.Offset.over(base.Offset)
	types := maps.Clone(base.Types)
	if types == nil {
		types = map[string]string{}
	}
	maps.Copy(types, c.Types)
	c.Types = types
	c.Delimiter = cmp.Or(c.Delimiter, base.Delimiter, ",")
	c.Columns = orPaths(c.Columns, base.Columns)
	c.MaxBytes = cmp.Or(c.MaxBytes, DefaultMaxBytes)
	return c, unknown
}

func (u User) over(base User) User {
	if len(u.Field) > 0 {
		return u
	}
	return base
}

func (t Type) over(base Type) Type {
	if len(t.Field) > 0 || t.Const != "" {
		return t
	}
	if len(t.When) > 0 {
		base.When = t.When
	}
	return base
}

func (t Time) over(base Time) Time {
	if len(t.Field) > 0 {
		return t
	}
	base.Format = orPaths(t.Format, base.Format)
	base.Zone = cmp.Or(t.Zone, base.Zone)
	return base
}

func (a Amount) over(base Amount) Amount {
	if len(a.Field) > 0 {
		return a
	}
	base.Times = orPaths(a.Times, base.Times)
	base.Unit = cmp.Or(a.Unit, base.Unit)
	base.Point = cmp.Or(a.Point, base.Point)
	base.Optional = base.Optional || a.Optional
	if a.Decimals != nil {
		base.Decimals = a.Decimals
	}
	return base
}

func (d Duration) over(base Duration) Duration {
	if len(d.Field) > 0 {
		return d
	}
	base.Unit = cmp.Or(d.Unit, base.Unit)
	base.Point = cmp.Or(d.Point, base.Point)
	base.Optional = base.Optional || d.Optional
	return base
}

func (c Category) over(base Category) Category {
	if len(c.Field) > 0 {
		return c
	}
	base.Optional = base.Optional || c.Optional
	return base
}

func (o Offset) over(base Offset) Offset {
	if len(o.Field) > 0 {
		return o
	}
	base.Format = cmp.Or(o.Format, base.Format)
	base.Default = cmp.Or(o.Default, base.Default)
	base.Optional = base.Optional || o.Optional
	return base
}

func orPaths(value, otherwise Paths) Paths {
	if len(value) > 0 {
		return value
	}
	return slices.Clone(otherwise)
}
