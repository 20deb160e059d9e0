package schemas

import (
	"fmt"
	"slices"
)

// Vocabulary numbers the event types that the metrics name, so that the hot path compares bytes once and numbers afterwards.
// It is immutable and safe for concurrent use.
type Vocabulary struct {
	names []string // names[0] is "other"
	ids   map[string]TypeID
}

// MaxTypes is how many event types a Vocabulary can name beside OtherType.
const MaxTypes = 255

// NewVocabulary numbers the names in sorted order, duplicates once, from 1 on.
func NewVocabulary(names []string) (*Vocabulary, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(sorted) > MaxTypes {
		return nil, fmt.Errorf("%d event types: at most %d can be named by metrics", len(sorted), MaxTypes)
	}
	v := &Vocabulary{names: append([]string{"other"}, sorted...), ids: make(map[string]TypeID, len(sorted))}
	for i, name := range sorted {
		v.ids[name] = TypeID(i + 1)
	}
	return v, nil
}

// Lookup returns the number of a type, OtherType if no metric names it. It does not allocate.
func (v *Vocabulary) Lookup(name []byte) TypeID { return v.ids[string(name)] }

// Name returns the type's name; OtherType is "other".
func (v *Vocabulary) Name(id TypeID) string { return v.names[id] }

// Len is the number of names, OtherType included: every TypeID is below it.
func (v *Vocabulary) Len() int { return len(v.names) }
