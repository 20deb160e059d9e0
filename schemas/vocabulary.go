package schemas

import (
	"fmt"
	"slices"
)

// Vocabulary numbers the event types and categories that metrics and tags name, so that the hot path compares bytes once and numbers
// afterwards. It is immutable and safe for concurrent use.
type Vocabulary struct {
	types, categories  words
	amounts, durations []bool // by TypeID: somebody adds them up
}

// words numbers names; names[0] stands for all that are not there.
type words struct {
	names []string
	ids   map[string]uint8
}

// MaxTypes is how many event types, or categories, a Vocabulary can name beside OtherType and OtherCategory.
const MaxTypes = 255

// NewVocabulary numbers the types, and the categories, in sorted order, duplicates once, from 1 on.
func NewVocabulary(types []string, categories ...string) (*Vocabulary, error) {
	if n := distinct(types); n > MaxTypes {
		return nil, fmt.Errorf("%d event types: at most %d can be named by metrics", n, MaxTypes)
	}
	if n := distinct(categories); n > MaxTypes {
		return nil, fmt.Errorf("%d categories: at most %d can be named by tags", n, MaxTypes)
	}
	return (&Vocabulary{types: newWords(types), categories: newWords(categories)}).WithSums(nil, nil), nil
}

// AnyType stands for every type, OtherType included, where types are listed.
const AnyType = "*"

// WithSums returns a copy that knows whose amounts and whose durations are added up. An event of these types is worth nothing if its
// amount, or duration, cannot be read; with others it does not matter.
func (v *Vocabulary) WithSums(amounts, durations []string) *Vocabulary {
	return &Vocabulary{v.types, v.categories, v.marks(amounts), v.marks(durations)}
}

func (v *Vocabulary) marks(types []string) []bool {
	marks := make([]bool, v.Len())
	for id := range marks {
		named := id > 0 && slices.Contains(types, v.types.names[id])
		marks[id] = named || slices.Contains(types, AnyType)
	}
	return marks
}

// SumsAmounts reports whether the amounts of a type's events are added up.
func (v *Vocabulary) SumsAmounts(id TypeID) bool { return v.amounts[id] }

// SumsDurations reports whether the durations of a type's events are added up.
func (v *Vocabulary) SumsDurations(id TypeID) bool { return v.durations[id] }

func distinct(names []string) int { return len(slices.Compact(slices.Sorted(slices.Values(names)))) }

func newWords(names []string) words {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	w := words{names: append([]string{"other"}, sorted...), ids: make(map[string]uint8, len(sorted))}
	for i, name := range sorted {
		w.ids[name] = uint8(i + 1)
	}
	return w
}

// Lookup returns the number of a type, OtherType if no metric names it. It does not allocate.
func (v *Vocabulary) Lookup(name []byte) TypeID { return TypeID(v.types.ids[string(name)]) }

// Name returns the type's name; OtherType is "other".
func (v *Vocabulary) Name(id TypeID) string { return v.types.names[id] }

// Len is the number of types, OtherType included: every TypeID is below it.
func (v *Vocabulary) Len() int { return len(v.types.names) }

// Category returns the number of a category, OtherCategory if no tag names it. It does not allocate.
func (v *Vocabulary) Category(name []byte) CategoryID {
	return CategoryID(v.categories.ids[string(name)])
}

// CategoryName returns the category's name; OtherCategory is "other".
func (v *Vocabulary) CategoryName(id CategoryID) string { return v.categories.names[id] }

// Categories is the number of categories, OtherCategory included: every CategoryID is below it.
func (v *Vocabulary) Categories() int { return len(v.categories.names) }
