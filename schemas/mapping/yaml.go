package mapping

import (
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
func (u *User) UnmarshalYAML(node *yaml.Node) error {
	type entry User
	return shorthand(node, (*entry)(u), &u.Field)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (t *Type) UnmarshalYAML(node *yaml.Node) error {
	type entry Type
	return shorthand(node, (*entry)(t), &t.Field)
}

// UnmarshalYAML refuses keys it does not know.
func (w *When) UnmarshalYAML(node *yaml.Node) error {
	type entry When
	return shorthand(node, (*entry)(w), nil)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (t *Time) UnmarshalYAML(node *yaml.Node) error {
	type entry Time
	return shorthand(node, (*entry)(t), &t.Field)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (a *Amount) UnmarshalYAML(node *yaml.Node) error {
	type entry Amount
	return shorthand(node, (*entry)(a), &a.Field)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	type entry Duration
	return shorthand(node, (*entry)(d), &d.Field)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (c *Category) UnmarshalYAML(node *yaml.Node) error {
	type entry Category
	return shorthand(node, (*entry)(c), &c.Field)
}

// UnmarshalYAML reads the paths alone or the whole entry.
func (o *Offset) UnmarshalYAML(node *yaml.Node) error {
	type entry Offset
	return shorthand(node, (*entry)(o), &o.Field)
}

// shorthand decodes a mapping node into the entry, anything else into the entry's paths.
func shorthand(node *yaml.Node, entry any, field *Paths) error {
	if node.Kind != yaml.MappingNode && field != nil {
		return field.UnmarshalYAML(node)
	}
	if err := refuseUnknown(node, reflect.TypeOf(entry).Elem()); err != nil {
		return err
	}
	return node.Decode(entry)
}

// refuseUnknown does what a decoder's KnownFields does, which node.Decode forgets.
func refuseUnknown(node *yaml.Node, entry reflect.Type) error {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	var known, unknown []string
	for field := range entry.Fields() {
		known = append(known, field.Tag.Get("yaml"))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if !slices.Contains(known, key.Value) {
			unknown = append(unknown, fmt.Sprintf("line %d: no option %q here; there are %s", key.Line, key.Value, strings.Join(known, ", ")))
		}
	}
	if unknown == nil {
		return nil
	}
	return &yaml.TypeError{Errors: unknown}
}
