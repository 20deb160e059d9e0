package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // named zones also where the system has none

	"winback/schemas"
)

// Validate reports every fault of the Config, its preset resolved, as schemas.Faults.
func (c Config) Validate() error {
	_, err := Compile(c, nil)
	return err
}

// check reports the faults of a resolved Config, except for columns that do not exist.
func (c *Config) check(faults *schemas.Faults) {
	oneOf(faults, "format", c.Format, FormatJSON, FormatCSV)
	oneOf(faults, "key", c.Key, KeyUser, KeyIgnore)
	if len(c.Delimiter) != 1 && c.Delimiter != "tab" || strings.ContainsAny(c.Delimiter, "\"\r\n") {
		faults.Add("delimiter", "%q is not one byte or \"tab\"", c.Delimiter)
	}
	if c.Format == FormatJSON && len(c.Columns) > 0 {
		faults.Add("columns", "JSON has no columns; set format: csv")
	}
	if c.MaxBytes < 0 || c.MaxBytes > 1<<30 {
		faults.Add("max_bytes", "%d is not from 1 to 1 GiB", c.MaxBytes)
	}
	if n := len(c.allPaths()); n > maxPaths {
		faults.Add("", "%d fields are read; at most %d can be", n, maxPaths)
	}
	c.checkPaths(faults, "user", c.User.Field, pathKey)
	if len(c.User.Field) == 0 {
		faults.Add("user", "name the field that holds the user id, or %s", pathKey)
	}
	c.checkType(faults)
	c.checkTime(faults)
	c.checkQuantities(faults)
	c.checkPaths(faults, "category", c.Category.Field, "")
	c.checkOffset(faults)
	c.checkPaths(faults, "id", c.ID.Field, "")
	c.checkPaths(faults, "id.within", c.ID.Within, "")
	if len(c.ID.Field) == 0 && len(c.ID.Within) > 0 {
		faults.Add("id.within", "name the field that holds the id in id.field")
	}
	oneOf(faults, "quotes", c.Quotes, QuotesRFC4180, QuotesNone, "")
	c.checkArrays(faults)
}

func (c *Config) checkType(faults *schemas.Faults) {
	t := &c.Type
	c.checkPaths(faults, "type", t.Field, "")
	if len(t.Field) == 0 && t.Const == "" {
		faults.Add("type", "name the field that holds the event's name, or say what it always is: type: {const: order}")
	}
	if len(t.Field) > 0 && t.Const != "" {
		faults.Add("type.const", "choose one, field or const")
	}
	for i := range t.When {
		w, field := &t.When[i], whenField(i)
		c.checkPaths(faults, field+".field", w.Field, "")
		if len(w.Field) == 0 {
			faults.Add(field+".field", "name the field the rule looks at")
		}
		if (w.Equals == "") == (w.Prefix == "") {
			faults.Add(field, "give one, equals or prefix")
		}
		if len(w.Equals) > maxNameBytes || len(w.Prefix) > maxNameBytes {
			faults.Add(field, "longer than %d bytes", maxNameBytes)
		}
		if w.Type == "" {
			faults.Add(field+".type", "name the type the rule gives")
		}
	}
	for foreign, ours := range c.Types {
		if foreign == "" || ours == "" || len(foreign) > maxNameBytes {
			faults.Add("types", "%q: %q: both names must be there, of at most %d bytes", foreign, ours, maxNameBytes)
		}
	}
}

func (c *Config) checkTime(faults *schemas.Faults) {
	t := &c.Time
	c.checkPaths(faults, "time", t.Field, pathTime)
	if len(t.Field) == 0 {
		faults.Add("time", "name the field that holds the event time, or %s", pathTime)
	}
	for _, name := range t.Format {
		if _, named := namedFormat(name); !named && !holdsDate(name) {
			faults.Add("time.format", "%q is none of %s, nor a Go layout with a whole date, as 02.01.2006 15:04", name, formatNames)
		}
	}
	if _, err := loadZone(t.Zone); err != nil {
		faults.Add("time.zone", "%q is not a known zone (%v); write one as Europe/Berlin or +02:00", t.Zone, err)
	}
}

func (c *Config) checkQuantities(faults *schemas.Faults) {
	a, d := &c.Amount, &c.Duration
	c.checkPaths(faults, "amount", a.Field, "")
	c.checkPaths(faults, "amount.times", a.Times, "")
	c.checkPaths(faults, "duration", d.Field, "")
	if len(a.Field) == 0 && len(a.Times) > 0 {
		faults.Add("amount.times", "name the first factor in amount.field")
	}
	oneOf(faults, "amount.unit", a.Unit, "minor", "major", "")
	oneOf(faults, "amount.point", a.Point, ".", ",", "")
	oneOf(faults, "duration.unit", d.Unit, "ms", "s", "")
	oneOf(faults, "duration.point", d.Point, ".", ",", "")
	if a.Decimals != nil && (*a.Decimals < 0 || *a.Decimals > 6) {
		faults.Add("amount.decimals", "%d is not from 0 to 6", *a.Decimals)
	}
	if a.Decimals != nil && a.Unit != "major" {
		faults.Add("amount.decimals", "only a major unit has decimals; set unit: major")
	}
}

func (c *Config) checkOffset(faults *schemas.Faults) {
	o := &c.Offset
	c.checkPaths(faults, "offset", o.Field, "")
	oneOf(faults, "offset.format", o.Format, "auto", "minutes", "minutes_behind", "hours", "seconds", "")
	if _, err := parseDefaultZone(o.Default); err != nil {
		faults.Add("offset.default", "%q is not a known zone (%v); write one as Europe/Berlin or +02:00", o.Default, err)
	}
}

// checkPaths reports paths that cannot be read. pseudo is the one pseudo path that the entry may use.
func (c *Config) checkPaths(faults *schemas.Faults, field string, paths Paths, pseudo string) {
	for _, path := range paths {
		switch {
		case path == pseudo && pseudo != "":
		case strings.HasPrefix(path, "$"):
			faults.Add(field, "%q: no such pseudo path here; %s is for the user, %s for the time, and a name that begins with $ is written `\\$`",
				path, pathKey, pathTime)
		case path == "":
			faults.Add(field, "an empty path")
		case c.Format != FormatCSV:
			if names, err := splitPath(path); err != nil {
				faults.Add(field, "%q: %v", path, err)
			} else if problem := c.meetsArray(names); problem != "" {
				faults.Add(field, "%q: %s", path, problem)
			}
		}
	}
}

// allPaths lists every path that is no pseudo path.
func (c *Config) allPaths() []string {
	lists := []Paths{c.User.Field, c.Type.Field, c.Time.Field, c.Amount.Field, c.Amount.Times, c.Duration.Field, c.Category.Field, c.Offset.Field, c.ID.Field, c.ID.Within}
	for i := range c.Type.When {
		lists = append(lists, c.Type.When[i].Field)
	}
	if c.Each != "" {
		lists = append(lists, Paths{c.Each})
	}
	return slices.DeleteFunc(slices.Concat(lists...), func(path string) bool { return path == pathKey || path == pathTime })
}

// holdsDate reports whether a Go layout gives back the day that it wrote.
func holdsDate(layout string) bool {
	day := time.Date(2031, 10, 27, 0, 0, 0, 0, time.UTC)
	read, err := time.Parse(layout, day.Format(layout))
	return err == nil && read.Equal(day)
}

// loadZone reads an IANA name, in any case, or an offset as +02:00; empty is UTC.
func loadZone(name string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", name); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(name, offset), nil
	}
	if name == "Local" {
		return nil, fmt.Errorf("it depends on the machine")
	}
	return time.LoadLocation(zoneSpelling(name))
}

func oneOf(faults *schemas.Faults, field, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	allowed = slices.DeleteFunc(allowed, func(s string) bool { return s == "" })
	faults.Add(field, "%q is not one of %s", value, strings.Join(allowed, ", "))
}

func whenField(i int) string { return fmt.Sprintf("type.when[%d]", i) }

func quoteAll(paths Paths) string {
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = fmt.Sprintf("%q", path)
	}
	return strings.Join(quoted, " or ")
}

func orAll(names Paths) string { return strings.Join(names, " or ") }
