package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// UnmarshalYAML reads one path or a list of them.
func (p *Paths) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Tag != "!!null" {
		*p = Paths{node.Value}
		return nil
	}
	return node.Decode((*[]string)(p))
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (u *User) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, u, &u.Field) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (t *Type) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, t, &t.Field) }

// UnmarshalYAML reads one or a list of them.
func (p *ParamLists) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		*p = make(ParamLists, 1)
		return node.Decode(&(*p)[0])
	}
	return node.Decode((*[]Params)(p))
}

// UnmarshalYAML reads the whole description.
func (p *Params) UnmarshalYAML(node *yaml.Node) error { return decodeOptions(node, p) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (i *ID) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, i, &i.Field) }

// UnmarshalYAML reads the whole rule.
func (w *When) UnmarshalYAML(node *yaml.Node) error { return decodeOptions(node, w) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (t *Time) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, t, &t.Field) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (a *Amount) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, a, &a.Field) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, d, &d.Field) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (c *Category) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, c, &c.Field) }

// UnmarshalYAML reads the paths alone or the whole entry.
func (o *Offset) UnmarshalYAML(node *yaml.Node) error { return decodeEntry(node, o, &o.Field) }

// decodeEntry decodes keys and values into the entry, a pointer to a struct, and anything else into its field's paths.
func decodeEntry(node *yaml.Node, entry any, field *Paths) error {
	if node.Kind != yaml.MappingNode {
		return field.UnmarshalYAML(node)
	}
	return decodeOptions(node, entry)
}

// decodeOptions decodes keys and values into the struct that entry points to, option by option: a type that has an UnmarshalYAML
// cannot ask yaml to decode it whole. It reports every key that is unknown or stands twice, and every value that does not fit.
func decodeOptions(node *yaml.Node, entry any) error {
	if node.Kind != yaml.MappingNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: write options here, one key a line", node.Line)}}
	}
	var problems []string
	options, lines := reflect.ValueOf(entry).Elem(), map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		option := optionIndex(options.Type(), key.Value)
		switch first, twice := lines[key.Value]; {
		case option < 0:
			problems = append(problems, fmt.Sprintf("line %d: no option %q here; there are %s", key.Line, key.Value, strings.Join(optionNames(options.Type()), ", ")))
			continue
		case twice:
			problems = append(problems, fmt.Sprintf("line %d: option %q is already set on line %d", key.Line, key.Value, first))
			continue
		}
		lines[key.Value] = key.Line
		problems = append(problems, problemsOf(node.Content[i+1].Decode(options.Field(option).Addr().Interface()))...)
	}
	if problems == nil {
		return nil
	}
	return &yaml.TypeError{Errors: problems}
}

// optionNames lists the keys of an entry's type.
func optionNames(entry reflect.Type) (names []string) {
	for field := range entry.Fields() {
		names = append(names, field.Tag.Get("yaml"))
	}
	return names
}

// optionIndex returns the number of the field with the key, -1 if there is none.
func optionIndex(entry reflect.Type, key string) int { return slices.Index(optionNames(entry), key) }

// problemsOf takes apart what decoding one option found.
func problemsOf(err error) []string {
	var several *yaml.TypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		return several.Errors
	}
	return []string{err.Error()}
}
