package layers

import (
	"strconv"
	"strings"
)

// Fault is one thing wrong: where it stands ("winback.yaml:12", "WINBACK_LOG_LEVEL", "--set log.level", "default"), the path of
// the setting, and what to do about it.
type Fault struct {
	Place   string
	Field   string
	Problem string
}

func (f Fault) String() string {
	text := f.Place + ": "
	if f.Field != "" {
		text += f.Field + ": "
	}
	return text + f.Problem
}

// Faults is everything wrong with a configuration, in the order of the layers.
type Faults []Fault

// Error returns one line a fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// cover reports whether one of the faults is about the field, something in it, or something it is in.
func (fs Faults) cover(field string) bool {
	for _, f := range fs {
		if f.Field != "" && (within(f.Field, field) || within(field, f.Field)) {
			return true
		}
	}
	return false
}

// within reports whether the field is the path or lies below it.
func within(field, path string) bool {
	return strings.HasPrefix(field, path) && (len(field) == len(path) || field[len(path)] == '.' || field[len(path)] == '[')
}

// splitPath takes "metrics[2].adds" apart: "metrics", "2", "adds".
func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
