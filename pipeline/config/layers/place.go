package layers

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Place says where a setting comes from: the last variable or flag that set it or what it lies in; else the file that says most
// about it, the later one if two say as much, with the line of the key or of the nearest key above it; else "default".
func (l *Layers) Place(path string) string {
	for i := len(l.settings) - 1; i >= 0; i-- {
		if s := l.settings[i]; within(path, s.path) || within(s.path, path) {
			return s.origin
		}
	}
	place, deepest := "default", 0
	tokens := splitPath(path)
	for i := len(l.files) - 1; i >= 0; i-- {
		if node, depth := walk(l.files[i].root, tokens); depth > deepest {
			place, deepest = lineOf(l.files[i].name, node), depth
		}
	}
	return place
}

// walk follows the tokens as far as the tree goes and returns the key or list item it ended at.
func walk(n *yaml.Node, tokens []string) (end *yaml.Node, depth int) {
	end = n
	for _, token := range tokens {
		key, value := child(n, token)
		if key == nil {
			break
		}
		end, n = key, value
		depth++
	}
	return end, depth
}

func child(n *yaml.Node, token string) (key, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == token {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

// IsSecret reports whether the setting at the path must not be shown, by the last word of its name.
func IsSecret(path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	name = name[strings.LastIndexByte(name, '_')+1:]
	switch name {
	case "password", "secret", "token", "dsn":
		return true
	}
	return false
}
