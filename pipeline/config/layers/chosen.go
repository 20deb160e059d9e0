package layers

import (
	"bytes"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// PrintChosen writes, of the settings in force, those that some layer sets, as YAML that can be read back, secrets aside. Above a setting, or a
// group of them, stands what why says of its path.
func (l *Layers) PrintChosen(why map[string]string) ([]byte, error) {
	root, err := l.chosen("", l.target, why)
	if err != nil || root == nil {
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

// chosen is nil for what no layer sets.
func (l *Layers) chosen(path string, v reflect.Value, why map[string]string) (*yaml.Node, error) {
	if v.Kind() == reflect.Pointer && isStruct(v.Type().Elem()) && !v.IsNil() {
		v = v.Elem()
	}
	if !isStruct(v.Type()) || isYAML(v) {
		if IsSecret(path) || !l.sets(path) {
			return nil, nil
		}
		n, err := l.leaf(path, v)
		if err == nil {
			n.LineComment = ""
		}
		return n, err
	}
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		at := join(path, f.key)
		value, err := l.chosen(at, v.FieldByIndex(f.index), why)
		if err != nil {
			return nil, err
		}
		if value != nil {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: f.key, HeadComment: why[at]}, value)
		}
	}
	if len(n.Content) == 0 {
		return nil, nil
	}
	return n, nil
}
