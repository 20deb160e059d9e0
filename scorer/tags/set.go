package tags

import (
	"fmt"
	"slices"
	"strings"

	"winback/schemas"
)

// MaxTags is how many tags a Set can hold.
const MaxTags = 32

// Tag is a name and the rule by which a user bears it.
type Tag struct {
	Name string `yaml:"name"` // letters of ASCII, digits, _ and -
	When string `yaml:"when"` // the rule by which users bear it
}

// Set holds the rules of all tags. It is immutable and safe for concurrent use.
type Set struct {
	names     []string
	programs  []program
	selectors []Selector
}

// Compile parses all rules. Its error is schemas.Faults: every fault of every tag, in fields such as "tags[2].when".
func Compile(tags []Tag) (*Set, error) {
	var faults schemas.Faults
	if len(tags) > MaxTags {
		faults.Add("tags", "%d tags: use at most %d", len(tags), MaxTags)
	}
	s := &Set{}
	for i, tag := range tags {
		at := fmt.Sprintf("tags[%d]", i)
		switch {
		case tag.Name == "":
			faults.Add(at+".name", "give every tag a name")
		case strings.ContainsFunc(tag.Name, func(r rune) bool { return !inName(r) }):
			faults.Add(at+".name", "%q: use letters (a to z), digits, _ and -", tag.Name)
		case slices.Contains(s.names, tag.Name):
			faults.Add(at+".name", "%q: give every tag a name of its own", tag.Name)
		}
		s.names = append(s.names, tag.Name)
		rule, err := Parse(tag.When)
		if err != nil {
			faults.Under(at+".when", err)
			continue
		}
		s.add(rule)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func inName(r rune) bool {
	return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// add takes over a rule's program, its values those of the Set's selectors.
func (s *Set) add(r *Rule) {
	p := slices.Clone(r.program)
	for i := range p {
		p[i].value = addSelector(&s.selectors, r.selectors[p[i].value])
		if p[i].divides {
			p[i].divisor = addSelector(&s.selectors, r.selectors[p[i].divisor])
		}
	}
	s.programs = append(s.programs, p)
}

// Selectors returns what Eval wants the values of, distinct over all rules, in that order. The caller does not change it.
func (s *Set) Selectors() []Selector { return s.selectors }

// Eval returns the tags whose rules hold, bit i for the i-th, where values[i] is the value of Selectors()[i]. It does not allocate.
func (s *Set) Eval(values []int64) (mask uint32) {
	for i, p := range s.programs {
		if p.run(values) {
			mask |= 1 << i
		}
	}
	return mask
}

// Names appends the names of the tags in the mask to dst, in the order of the configuration.
func (s *Set) Names(mask uint32, dst []string) []string {
	for i, name := range s.names {
		if mask>>i&1 == 1 {
			dst = append(dst, name)
		}
	}
	return dst
}

// Types lists the event types that the rules name, sorted.
func (s *Set) Types() []string {
	var types []string
	for _, selector := range s.selectors {
		types = append(types, selector.Types...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// Categories lists the categories that the rules name, sorted.
func (s *Set) Categories() []string {
	var categories []string
	for _, selector := range s.selectors {
		if !selector.AnyCategory {
			categories = append(categories, selector.Category)
		}
	}
	slices.Sort(categories)
	return slices.Compact(categories)
}
