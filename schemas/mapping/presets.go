package mapping

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"maps"
	"reflect"
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
	c.User = overlay(c.User, base.User, len(c.User.Field) > 0)
	c.Type = overlay(c.Type, base.Type, len(c.Type.Field) > 0 || c.Type.Const != "")
	c.Time = overlay(c.Time, base.Time, len(c.Time.Field) > 0)
	c.Amount = overlay(c.Amount, base.Amount, len(c.Amount.Field) > 0)
	c.Duration = overlay(c.Duration, base.Duration, len(c.Duration.Field) > 0)
	c.Category = overlay(c.Category, base.Category, len(c.Category.Field) > 0)
	c.Offset = overlay(c.Offset, base.Offset, len(c.Offset.Field) > 0)
	types := maps.Clone(base.Types)
	if types == nil {
		types = map[string]string{}
	}
	maps.Copy(types, c.Types)
	c.Types = types
	c = overlay(c, base, false)
	c.Delimiter = cmp.Or(c.Delimiter, ",")
	c.MaxBytes = cmp.Or(c.MaxBytes, DefaultMaxBytes)
	return c, unknown
}

// overlay lays the options that are set over those of base. An entry that says where its value comes from counts alone.
func overlay[E any](entry, base E, alone bool) E {
	if alone {
		return entry
	}
	from, to := reflect.ValueOf(&entry).Elem(), reflect.ValueOf(&base).Elem()
	for i := range from.NumField() {
		option := from.Field(i)
		if empty := option.IsZero() || option.Kind() == reflect.Slice && option.Len() == 0; !empty {
			to.Field(i).Set(option)
		}
	}
	return base
}
