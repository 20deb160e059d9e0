package mapping

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// checkArrays reports what is wrong with the descriptions of arrays.
func (c *Config) checkArrays(faults *schemas.Faults) {
	if c.Format == FormatCSV {
		if c.Each != "" {
			faults.Add("each", "only JSON has arrays of events; in CSV every row is one")
		}
		if len(c.Params) > 0 {
			faults.Add("params", "only JSON has arrays of keys and values; in CSV every parameter is a column")
		}
		return
	}
	if _, err := splitPath(c.Each); c.Each != "" && err != nil {
		faults.Add("each", "%q: %v", c.Each, err)
	}
	for i := range c.Params {
		c.Params[i].check(faults, fmt.Sprintf("params[%d]", i))
		if problem := c.paramsMeetArray(i); problem != "" {
			faults.Add(fmt.Sprintf("params[%d].field", i), "%q: %s", c.Params[i].Field, problem)
		}
	}
}

func (p *Params) check(faults *schemas.Faults, field string) {
	inside := Config{Format: FormatJSON}
	inside.checkPaths(faults, field+".field", Paths{p.Field}, "")
	inside.checkPaths(faults, field+".key", Paths{p.Key}, "")
	inside.checkPaths(faults, field+".value", p.Value, "")
	if len(p.Value) == 0 {
		faults.Add(field+".value", "name the fields of an entry that may hold its value")
	}
}

// paramsMeetArray says why the field of Params cannot be where it is said to be.
func (c *Config) paramsMeetArray(i int) string {
	names, err := splitPath(c.Params[i].Field)
	if err != nil {
		return ""
	}
	for j := range c.Params {
		if j != i && below(names, c.Params[j].Field) >= 0 {
			return fmt.Sprintf("params[%d] describes this array, or one around it, already", j)
		}
	}
	outside := Config{Each: c.Each}
	return outside.meetsArray(names)
}

// meetsArray says what is wrong with a path by what the Config says of arrays; empty: nothing.
func (c *Config) meetsArray(path []string) string {
	if below(path, c.Each) >= 0 {
		return fmt.Sprintf("each says that %s holds the events: write the path as it is inside one of them", c.Each)
	}
	for i := range c.Params {
		switch field := c.Params[i].Field; below(path, field) {
		case -1, 1:
		case 0:
			return fmt.Sprintf("params says that it holds keys and values: write a key behind it, as %s.currency", field)
		default:
			return fmt.Sprintf("params says that %s holds keys and values: one name may follow, a key; write a dot inside of it as `\\.`", field)
		}
	}
	return ""
}

// below returns by how many names a path goes on behind the field, -1 if it does not lead there.
func below(path []string, field string) int {
	names, err := splitPath(field)
	if err != nil || len(path) < len(names) || !slices.Equal(path[:len(names)], names) {
		return -1
	}
	return len(path) - len(names)
}
