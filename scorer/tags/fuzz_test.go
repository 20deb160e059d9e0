package tags_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"winback/scorer/tags"
)

// FuzzParse holds that nothing panics, that a rule reads as it is written, and that what it asks for is within bounds.
func FuzzParse(f *testing.F) {
	for _, c := range constructs {
		f.Add(c.text, int64(5))
	}
	for _, c := range faults {
		f.Add(c.text, int64(0))
	}
	f.Fuzz(func(t *testing.T, text string, value int64) {
		rule, err := tags.Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "column ") || rule != nil {
				t.Fatalf("%v, %v", rule, err)
			}
			return
		}
		again, err := tags.Parse(rule.String())
		if err != nil || !reflect.DeepEqual(again, rule) {
			t.Fatalf("%s\nread as %v, %v", rule, again, err)
		}
		selectors := rule.Selectors()
		if n := len(selectors); n == 0 || n > tags.MaxSelectors {
			t.Fatalf("%d selectors", n)
		}
		for _, s := range selectors {
			checkSelector(t, s)
		}
		values := make([]int64, len(selectors))
		for _, first := range []int64{0, 1, value, math.MinInt64, math.MaxInt64} {
			for i := range values {
				values[i] = first + int64(i)*value
			}
			if rule.Eval(values) != again.Eval(values) {
				t.Fatalf("%s of %v", rule, values)
			}
		}
	})
}

func checkSelector(t *testing.T, s tags.Selector) {
	t.Helper()
	months := s.Quantity == tags.Months
	switch {
	case s.Quantity > tags.Months,
		s.AnyCategory != (s.Category == ""),
		s.Hours == 0 || s.Hours > tags.AllHours,
		s.Weekdays == 0 || s.Weekdays > tags.AllWeekdays,
		months != (s.Window == 0) || s.Window < 0 || s.Window > tags.MaxWindow.Milliseconds(),
		months != (s.MaxMonths > 0) || s.MaxMonths < 0 || s.MaxMonths > tags.MostMonths+1:
		t.Fatalf("%#v", s)
	}
	for i, name := range s.Types {
		if name == "" || i > 0 && s.Types[i-1] >= name {
			t.Fatalf("%q", s.Types)
		}
	}
}
