package layers

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
)

// maxNodes bounds what one layer may hold once its aliases are followed: a short file can name a very large value.
const maxNodes = 100_000

// decoder walks a node tree and a Go value side by side. yaml's own decoder stops at the first text it cannot unmarshal and knows
// no suggestions.
type decoder struct {
	place  func(*yaml.Node) string
	budget int
	faults Faults
}

func (d *decoder) fault(path string, n *yaml.Node, format string, args ...any) {
	d.faults = append(d.faults, Fault{Place: d.place(n), Field: path, Problem: fmt.Sprintf(format, args...)})
}

func (d *decoder) value(path string, v reflect.Value, n *yaml.Node) {
	if d.budget--; d.budget <= 0 {
		if d.budget == 0 {
			d.fault(path, n, "the file holds more than %d values: aliases multiply them", maxNodes)
		}
		return
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(path, v.Elem(), n)
	case isYAML(v):
		d.foreign(path, n, n.Decode(v.Addr().Interface()))
	case isText(v):
		d.text(path, v, n)
	default:
		d.shaped(path, v, n)
	}
}

// foreign takes apart what a type's own UnmarshalYAML found; yaml gathers "line 3: ..." of several faults in one error.
func (d *decoder) foreign(path string, n *yaml.Node, err error) {
	var several *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, text := range several.Errors {
			at := *n
			if rest, found := strings.CutPrefix(text, "line "); found {
				number, after, _ := strings.Cut(rest, ": ")
				if line, err := strconv.Atoi(number); err == nil {
					at.Line, text = line, after
				}
			}
			d.fault(path, &at, "%s", text)
		}
	default:
		d.fault(path, n, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
}

func (d *decoder) shaped(path string, v reflect.Value, n *yaml.Node) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(path, v, n)
	case reflect.Map:
		d.table(path, v, n)
	case reflect.Slice:
		d.list(path, v, n)
	default:
		d.scalar(path, v, n)
	}
}

func (d *decoder) structure(path string, v reflect.Value, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, n, "write settings below it, one key a line, not %s", describe(path, n))
		return
	}
	fields := fieldsOf(v.Type())
	d.pairs(path, n, func(key string, keyNode, valueNode *yaml.Node) {
		field, known := fields.find(key)
		if !known {
			if n.Style&yaml.FlowStyle != 0 && valueNode.Tag == "!!null" && valueNode.Value == "" {
				d.fault(join(path, key), keyNode, "a comma inside {} begins another key: put the value before it in quotes")
				return
			}
			d.fault(join(path, key), keyNode, "unknown key%s", fields.suggest(key))
			return
		}
		d.value(join(path, key), v.FieldByIndex(field.index), valueNode)
	})
}

func (d *decoder) table(path string, v reflect.Value, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, n, "write names and values below it, one a line, not %s", describe(path, n))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.pairs(path, n, func(key string, _, valueNode *yaml.Node) {
		entry := reflect.New(v.Type().Elem()).Elem()
		d.value(join(path, key), entry, valueNode)
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), entry)
	})
}

// pairs walks a mapping's keys, each of which may stand once.
func (d *decoder) pairs(path string, n *yaml.Node, do func(key string, keyNode, valueNode *yaml.Node)) {
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode := n.Content[i]
		key := keyNode.Value
		switch first, twice := lines[key]; {
		case keyNode.Kind != yaml.ScalarNode || keyNode.Tag == "!!merge":
			d.fault(path, keyNode, "merge keys and keys that are no plain words are not read: write the settings out")
			continue
		case twice:
			d.fault(join(path, key), keyNode, "set before, on line %d: keep one", first)
			continue
		}
		lines[key] = keyNode.Line
		do(key, keyNode, n.Content[i+1])
	}
}

// list replaces what was there. One plain value stands for a list of one.
func (d *decoder) list(path string, v reflect.Value, n *yaml.Node) {
	items := n.Content
	switch {
	case n.Kind == yaml.ScalarNode && isPlain(v.Type().Elem()):
		items = []*yaml.Node{n}
	case n.Kind != yaml.SequenceNode:
		d.fault(path, n, "write a list, one \"- item\" a line or [a, b], not %s", describe(path, n))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, one := range items {
		at := item(path, i)
		if n == one {
			at = path
		}
		d.value(at, list.Index(i), one)
	}
	v.Set(list)
}

func (d *decoder) text(path string, v reflect.Value, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		d.fault(path, n, "write one value, not %s", describe(path, n))
		return
	}
	switch into := v.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		if err := into.UnmarshalText([]byte(n.Value)); err != nil {
			d.fault(path, n, "%v", err)
		}
	case *time.Duration:
		length, err := schemas.ParseDuration(n.Value)
		if err != nil {
			d.fault(path, n, "%v", err)
		}
		*into = length.Std()
	default:
		v.SetString(n.Value)
	}
}

func (d *decoder) scalar(path string, v reflect.Value, n *yaml.Node) {
	// A number outside a file arrives as YAML too, so that 0x10 and 1_000 mean the same everywhere.
	if n.Kind == yaml.ScalarNode && n.Decode(v.Addr().Interface()) == nil {
		return
	}
	want := "a value of type " + v.Kind().String()
	switch v.Kind() {
	case reflect.Bool:
		want = "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		want = fmt.Sprintf("a whole number of at most %d bits", v.Type().Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		want = fmt.Sprintf("a whole number, not negative, of at most %d bits", v.Type().Bits())
	case reflect.Float32, reflect.Float64:
		want = "a number"
	}
	d.fault(path, n, "write %s, not %s", want, describe(path, n))
}

// describe names what stands there; a secret's value is not repeated.
func describe(path string, n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case IsSecret(path):
		return "what stands there"
	case len(n.Value) > 60:
		return fmt.Sprintf("%q...", n.Value[:60])
	}
	return fmt.Sprintf("%q", n.Value)
}

func isYAML(v reflect.Value) bool {
	_, is := reflect.New(v.Type()).Interface().(yaml.Unmarshaler)
	return is
}

// isText reports whether the value is written as text: a string, or a type that reads itself from text.
func isText(v reflect.Value) bool {
	switch reflect.New(v.Type()).Interface().(type) {
	case encoding.TextUnmarshaler, *time.Duration:
		return true
	}
	return v.Kind() == reflect.String
}

func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Pointer:
		return isText(reflect.New(t).Elem())
	}
	return true
}
