package tags_test

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/tags"
)

// nine is the example set of docs/tags.md.
func nine(t testing.TB) *tags.Set {
	t.Helper()
	for _, m := range manual(t) {
		if s, err := tags.Compile(m); err == nil && len(m) == 9 {
			return s
		}
	}
	t.Fatal("docs/tags.md has no set of nine tags")
	return nil
}

func TestSet(t *testing.T) {
	s, err := tags.Compile([]tags.Tag{
		{"night_owl", "count(any, 30d) >= 10 and share(any, hours=22-02, 30d) >= 0.5"},
		{"Fan-2", "count(view, category=shoes, 30d) > 5 or count(view|search, category=hats, 30d) > 5"},
		{"early", "not share(any, hours=22-02, 30d) > 0 and count(order, category=shoes, 7d) = 0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, selector := range s.Selectors() {
		asked = append(asked, selector.String())
	}
	want := []string{"count(any, 30d)", "count(any, hours=22-02, 30d)", "count(view, category=shoes, 30d)", "count(search|view, category=hats, 30d)",
		"count(order, category=shoes, 7d)"}
	if !slices.Equal(asked, want) {
		t.Errorf("selectors %v", asked)
	}
	if got := s.Types(); !slices.Equal(got, []string{"order", "search", "view"}) {
		t.Errorf("types %v", got)
	}
	if got := s.Categories(); !slices.Equal(got, []string{"hats", "shoes"}) {
		t.Errorf("categories %v", got)
	}
	for _, c := range []struct {
		values []int64
		want   string
	}{
		{[]int64{10, 5, 0, 0, 0}, "night_owl"},
		{[]int64{9, 0, 6, 0, 0}, "Fan-2 early"},
		{[]int64{10, 10, 0, 6, 1}, "night_owl Fan-2"},
		{[]int64{0, 0, 0, 0, 1}, ""},
	} {
		if got := strings.Join(s.Names(s.Eval(c.values), nil), " "); got != c.want {
			t.Errorf("%v: got %s, want %s", c.values, got, c.want)
		}
	}
}

func TestEmptySet(t *testing.T) {
	s, err := tags.Compile(nil)
	if err != nil || s.Eval(nil) != 0 || len(s.Selectors())+len(s.Types())+len(s.Categories())+len(s.Names(^uint32(0), nil)) != 0 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestFullSet(t *testing.T) {
	var all []tags.Tag
	for i := range tags.MaxTags {
		all = append(all, tags.Tag{Name: fmt.Sprint("t", i), When: fmt.Sprintf("count(view, 1d) = %d or count(order, 1d) > 0", i)})
	}
	s, err := tags.Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	if mask := s.Eval([]int64{31, 0}); bits.OnesCount32(mask) != 1 || s.Names(mask, nil)[0] != "t31" {
		t.Errorf("%b", mask)
	}
	if names := s.Names(s.Eval([]int64{0, 1}), []string{"before"}); len(names) != 33 || names[0] != "before" || names[32] != "t31" {
		t.Errorf("%v", names)
	}
	if _, err = tags.Compile(append(all, tags.Tag{Name: "more", When: "count(view, 1d) = 1"})); err == nil || err.Error() != "tags: 33 tags: use at most 32" {
		t.Errorf("%v", err)
	}
}

func TestSetFaults(t *testing.T) {
	_, err := tags.Compile([]tags.Tag{
		{"", "count(view, 1d) > 1"},
		{"night owl", "count(view, 1d) > 1"},
		{"fan", "count(view, 1d) > 1"},
		{"fan", "cuont(view, 1d) > 1"},
		{"", ""},
		{"früh", "count(view) > 1"},
	})
	want := `tags[0].name: give every tag a name
tags[1].name: "night owl": use letters (a to z), digits, _ and -
tags[3].name: "fan": give every tag a name of its own
tags[3].when: column 1: "cuont" is no function: did you mean count?
tags[4].name: give every tag a name
tags[4].when: column 1: the end of the rule: expected a comparison, such as count(view, 30d) > 5
tags[5].name: "früh": use letters (a to z), digits, _ and -
tags[5].when: column 11: count() needs a window, such as count(view, 30d)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if found := schemas.FaultsOf(err); len(found) != 8 || found[3].Field != "tags[3].when" {
		t.Errorf("%v", found)
	}
}

func TestNoAllocation(t *testing.T) {
	s := nine(t)
	rule := parse(t, "count(any, 30d) >= 10 and share(any, hours=22-02, 30d) >= 0.5 or average(view, 30d) < 15s")
	values, names, mask := make([]int64, len(s.Selectors())), make([]string, 0, tags.MaxTags), uint32(0)
	allocs := testing.AllocsPerRun(100, func() {
		for i := range values {
			values[i] = (values[i] + int64(i)) % 31
		}
		if rule.Eval(values) {
			mask++
		}
		mask |= s.Eval(values)
		names = s.Names(mask, names[:0])
	})
	if allocs != 0 || len(names) == 0 {
		t.Errorf("%v allocations, tags %v", allocs, names)
	}
}

// BenchmarkNineTags evaluates the nine tags of the manual for users of whom some bear each.
func BenchmarkNineTags(b *testing.B) {
	s := nine(b)
	const users = 1024
	n := len(s.Selectors())
	values := make([]int64, users*n)
	for i := range values {
		if mixed := uint32(i*2654435761) >> 8; mixed%4 == 0 { // most users do little of most things
			values[i] = int64(mixed>>2) % 40
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	var held int
	for i := range b.N {
		user := i % users * n
		held += bits.OnesCount32(s.Eval(values[user : user+n]))
	}
	b.ReportMetric(float64(held)/float64(b.N), "tags/user")
}
