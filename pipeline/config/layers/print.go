package layers

import (
	"bytes"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
)

// Print writes the settings in force as YAML that can be read back, secrets aside. What is not a default says in a comment where it comes from.
func (l *Layers) Print() ([]byte, error) {
	root, err := l.node("", l.target)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	in := yaml.NewEncoder(&out)
	in.SetIndent(2)
	if err := in.Encode(root); err != nil {
		return nil, err
	}
	return out.Bytes(), in.Close()
}

func (l *Layers) node(path string, v reflect.Value) (*yaml.Node, error) {
	if !isStruct(v.Type()) || isYAML(v) {
		return l.leaf(path, v)
	}
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		value, err := l.node(join(path, f.key), v.FieldByIndex(f.index))
		if err != nil {
			return nil, err
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: f.key}
		if value.Kind != yaml.ScalarNode {
			key.LineComment, value.LineComment = value.LineComment, ""
		}
		n.Content = append(n.Content, key, value)
	}
	return n, nil
}

func (l *Layers) leaf(path string, v reflect.Value) (*yaml.Node, error) {
	n := new(yaml.Node)
	shown := v.Interface()
	if length, is := shown.(time.Duration); is {
		shown = schemas.Duration(length.Milliseconds())
	}
	if IsSecret(path) && !v.IsZero() {
		n.SetString("(not shown)")
	} else if err := n.Encode(shown); err != nil {
		return nil, err
	}
	if place := l.Place(path); place != "default" && l.sets(path) {
		n.LineComment = place
	}
	return n, nil
}

// sets reports whether some layer sets the very path.
func (l *Layers) sets(path string) bool {
	for _, s := range l.settings {
		if within(path, s.path) || within(s.path, path) {
			return true
		}
	}
	tokens := splitPath(path)
	for _, f := range l.files {
		if _, depth := walk(f.root, tokens); depth == len(tokens) {
			return true
		}
	}
	return false
}
