package tags_test

import (
	"fmt"
	"strings"
	"testing"

	"winback/scorer/tags"
)

// constructs is every construct of the language, with the one form in which it is written.
var constructs = []struct{ text, canonical string }{
	{"count(view, 30d) > 5", ""},
	{"amount(order, 90d) >= 50000", ""},
	{"amount(order|refund, 90d) < -500", ""},
	{"amount(order, 90d) >= 0", ""}, // refunds may outweigh orders
	{"duration(session_end, 1h30m) < 15s", ""},
	{"days(any, 1d) = 1", ""},
	{"months(order) != 3", ""},
	{"share(any, hours=22-02, 30d) >= 0.5", ""},
	{"average(view, category=shoes, 30d) <= 1m30s", ""},
	{"average(view, 30d) >= 0s", ""}, // undefined without views
	{"share(any, hours=22-02, 30d) <= 1", ""},

	{"count( search |view|search ,30d )>007", "count(search|view, 30d) > 7"},
	{"\tcount\n(view,\r\n 4w)>5 ", "count(view, 28d) > 5"},
	{`count("view", "30d") > "5"`, "count(view, 30d) > 5"},
	{`count('Product Viewed'|view, 30d) > 5`, `count("Product Viewed"|view, 30d) > 5`},
	{`count("any", 30d) > 5`, `count("any", 30d) > 5`},
	{`count("2fa"|a-b.c:d/é1_, 30d) > 5`, ""},
	{`count(and|hours|not|or, category=count, 30d) > 5`, ""},
	{`count(view, category='\'"\\', 30d) > 5`, `count(view, category="'\"\\", 30d) > 5`},
	{`count(view, category=2026, 30d) > 5`, `count(view, category="2026", 30d) > 5`},
	{`count(view, category="any", 30d) > 5`, ""},
	{`count(view, category="home & garden", 30d) > 5`, ""},
	{"count(view, 30d, weekdays=sun|sat|sun, hours=8-20, category=shoes) > 5", "count(view, category=shoes, hours=08-20, weekdays=sat|sun, 30d) > 5"},
	{"count(view, hours=20-0, 30d) > 5", "count(view, hours=20-24, 30d) > 5"},
	{"count(view, hours=20-24, 30d) > 5", ""},
	{"count(view, hours=0-1, 30d) > 5", "count(view, hours=00-01, 30d) > 5"},
	{"count(view, hours=23-22, 30d) > 5", ""},
	{"count(view, weekdays=mon|tue|wed|thu|fri, 30d) > 5", ""},
	{"months(order, category=coffee, weekdays=mon) >= 24", ""},
	{"average(view, 30d) < 1500ms", "average(view, 30d) < 1s500ms"},
	{"share(any, hours=22-02, 30d) >= 00.250", "share(any, hours=22-02, 30d) >= 0.25"},

	{"(count(view, 1d) > 5)", "count(view, 1d) > 5"},
	{"not count(view, 1d) > 5", ""},
	{"not not count(view, 1d) > 5", ""},
	{"not (count(view, 1d) > 5)", "not count(view, 1d) > 5"},
	{"not count(a, 1d) > 1 and count(b, 1d) > 1", ""},
	{"not (count(a, 1d) > 1 and count(b, 1d) > 1)", ""},
	{"count(a, 1d) > 1 or count(b, 1d) > 1 and count(c, 1d) > 1", ""},
	{"count(a, 1d) > 1 or (count(b, 1d) > 1 and count(c, 1d) > 1)", "count(a, 1d) > 1 or count(b, 1d) > 1 and count(c, 1d) > 1"},
	{"(count(a, 1d) > 1 or count(b, 1d) > 1) and count(c, 1d) > 1", ""},
	{"count(a, 1d) > 1 and (count(b, 1d) > 1 and count(c, 1d) > 1)", "count(a, 1d) > 1 and count(b, 1d) > 1 and count(c, 1d) > 1"},
	{strings.Repeat("not ", tags.MaxNesting) + "count(view, 1d) > 5", ""},
	{strings.Repeat("(", tags.MaxNesting) + "count(view, 1d) > 5" + strings.Repeat(")", tags.MaxNesting), "count(view, 1d) > 5"},
	{many(tags.MaxComparisons), ""},
	{"((" + strings.ReplaceAll(many(tags.MaxComparisons), " and ", ")) and ((") + "))", many(tags.MaxComparisons)}, // side by side is not deep
}

func many(comparisons int) string {
	return "count(view, 1d) > 5" + strings.Repeat(" and count(view, 1d) > 5", comparisons-1)
}

func TestOneForm(t *testing.T) {
	for _, c := range constructs {
		want := c.canonical
		if want == "" {
			want = c.text
		}
		r, err := tags.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := r.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, want)
		}
	}
}

func TestSelectors(t *testing.T) {
	everything := tags.Selector{Types: []string{"view"}, AnyCategory: true, Hours: tags.AllHours, Weekdays: tags.AllWeekdays, Window: 30 * 86_400_000}
	with := func(change func(*tags.Selector)) tags.Selector {
		s := everything
		change(&s)
		return s
	}
	months := func(most int) tags.Selector {
		return with(func(s *tags.Selector) { s.Quantity, s.Window, s.MaxMonths = tags.Months, 0, most })
	}
	duration := with(func(s *tags.Selector) { s.Quantity = tags.Duration })
	shoes := with(func(s *tags.Selector) { s.Category, s.AnyCategory = "shoes", false })
	for _, c := range []struct {
		text string
		want []tags.Selector
	}{
		{"count(view, 30d) > 5", []tags.Selector{everything}},
		{"count(any, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Types = nil })}},
		{"count(b|a|b, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Types = []string{"a", "b"} })}},
		{"amount(view, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Quantity = tags.Amount })}},
		{"duration(view, 30d) > 5s", []tags.Selector{duration}},
		{"days(view, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Quantity = tags.Days })}},
		{"count(view, category=shoes, 30d) > 5", []tags.Selector{shoes}},
		{"count(view, hours=22-02, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Hours = 0xc0_0003 })}},
		{"count(view, weekdays=sat|mon, 30d) > 5", []tags.Selector{with(func(s *tags.Selector) { s.Weekdays = 0x21 })}},
		{"average(view, 30d) > 5s", []tags.Selector{duration, everything}},
		{"share(view, category=shoes, 30d) > 0", []tags.Selector{shoes, everything}},
		{"share(view, category=shoes, hours=1-2, weekdays=sun, 30d) > 0.1", []tags.Selector{
			with(func(s *tags.Selector) { s.Category, s.AnyCategory, s.Hours, s.Weekdays = "shoes", false, 2, 0x40 }), everything}},
		{"average(view, category=shoes, 30d) > 5s", []tags.Selector{
			with(func(s *tags.Selector) { s.Quantity, s.Category, s.AnyCategory = tags.Duration, "shoes", false }), shoes}},
		{"months(view) > 3", []tags.Selector{months(4)}},
		{"months(view) >= 3", []tags.Selector{months(3)}},
		{"months(view) = 3", []tags.Selector{months(4)}},
		{"months(view) != 3", []tags.Selector{months(4)}},
		{"months(view) <= 3", []tags.Selector{months(4)}},
		{"months(view) < 3", []tags.Selector{months(3)}},
		{"months(view) = 0", []tags.Selector{months(1)}},
		{"months(view) > 24", []tags.Selector{months(25)}},
		{"months(view) >= 3 and months(view) < 6", []tags.Selector{months(3), months(6)}},
		{"count(view, 30d) > 5 and (average(view, 30d) < 5s or not share(view, category=shoes, 30d) > 0.5) and count(view, 30d) < 9",
			[]tags.Selector{everything, duration, shoes}},
	} {
		got := parse(t, c.text).Selectors()
		if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", c.want) {
			t.Errorf("%s\n got %v\nwant %v", c.text, got, c.want)
		}
		for i, a := range got {
			for j, b := range got {
				if a.Equal(b) != (i == j) {
					t.Errorf("%s: %v and %v", c.text, a, b)
				}
			}
		}
	}
}

func TestSelectorText(t *testing.T) {
	for _, text := range []string{
		"count(view, 30d)", "amount(any, 1h)", "duration(a|b, category=c, hours=22-02, weekdays=mon|sun, 400d)", "days(any, 7d)", "months(order, category=coffee)",
	} {
		constant := " > 1"
		if strings.HasPrefix(text, "duration") {
			constant += "s"
		}
		if got := parse(t, text+constant).Selectors()[0].String(); got != text {
			t.Errorf("%s: got %s", text, got)
		}
	}
	if got := (tags.Selector{Hours: ^uint32(0)}).String(); got == "" { // not what Parse makes, but it must come to an end
		t.Error("no text")
	}
}

func TestComparisons(t *testing.T) {
	const most = 1<<63 - 1
	for _, c := range []struct {
		text   string
		values []int64
		want   bool
	}{
		{"count(view, 1d) > 5", []int64{5}, false}, {"count(view, 1d) > 5", []int64{6}, true},
		{"count(view, 1d) >= 5", []int64{4}, false}, {"count(view, 1d) >= 5", []int64{5}, true},
		{"count(view, 1d) < 5", []int64{5}, false}, {"count(view, 1d) < 5", []int64{4}, true},
		{"count(view, 1d) <= 5", []int64{6}, false}, {"count(view, 1d) <= 5", []int64{5}, true},
		{"count(view, 1d) = 5", []int64{4}, false}, {"count(view, 1d) = 5", []int64{5}, true},
		{"count(view, 1d) != 5", []int64{5}, false}, {"count(view, 1d) != 5", []int64{6}, true},
		{"amount(order, 1d) > -3", []int64{-3}, false}, {"amount(order, 1d) > -3", []int64{-2}, true},
		{"amount(order, 1d) = 9223372036854775807", []int64{most}, true}, {"amount(order, 1d) = 9223372036854775807", []int64{most - 1}, false},
		{"duration(view, 1d) > 1m", []int64{60_000}, false}, {"duration(view, 1d) > 1m", []int64{60_001}, true},
		{"average(view, 1d) = 15s", []int64{45_000, 3}, true}, {"average(view, 1d) < 15s", []int64{44_999, 3}, true},
		{"average(view, 1d) < 15s", []int64{45_000, 3}, false}, {"average(view, 1d) != 15s", []int64{0, 1}, true},
		{"average(view, 1d) < 15s", []int64{0, 0}, false}, {"average(view, 1d) != 15s", []int64{0, 0}, false},
		{"average(view, 1d) >= 0s", []int64{0, 0}, false}, {"not average(view, 1d) < 15s", []int64{0, 0}, true},
		{"share(any, weekdays=sat, 1d) = 0.6", []int64{3, 5}, true}, {"share(any, weekdays=sat, 1d) >= 0.6", []int64{2, 5}, false},
		{"share(any, weekdays=sat, 1d) = 0", []int64{0, 5}, true}, {"share(any, weekdays=sat, 1d) = 0", []int64{0, 0}, false},
		{"share(any, weekdays=sat, 1d) = 1", []int64{5, 5}, true},
	} {
		if got := parse(t, c.text).Eval(c.values); got != c.want {
			t.Errorf("%s of %d: %v", c.text, c.values, got)
		}
	}
}

// TestPrecedence tries all values of three comparisons.
func TestPrecedence(t *testing.T) {
	for text, want := range map[string]func(a, b, c bool) bool{
		"A and B or C":        func(a, b, c bool) bool { return a && b || c },
		"A or B and C":        func(a, b, c bool) bool { return a || b && c },
		"(A or B) and C":      func(a, b, c bool) bool { return (a || b) && c },
		"not A and B or C":    func(a, b, c bool) bool { return !a && b || c },
		"not (A and B) or C":  func(a, b, c bool) bool { return !(a && b) || c },
		"A and not (B or C)":  func(a, b, c bool) bool { return a && !(b || c) },
		"not not A or B or C": func(a, b, c bool) bool { return a || b || c },
		"A and (B or not C)":  func(a, b, c bool) bool { return a && (b || !c) },
	} {
		rule := parse(t, strings.NewReplacer("A", "count(a, 1d) > 0", "B", "count(b, 1d) > 0", "C", "count(c, 1d) > 0").Replace(text))
		for bits := range int64(8) {
			a, b, c := bits&1, bits>>1&1, bits>>2&1
			if got := rule.Eval([]int64{a, b, c}); got != want(a == 1, b == 1, c == 1) {
				t.Errorf("%s of %d, %d, %d: %v", text, a, b, c, got)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	var text []string
	for i := range tags.MaxComparisons {
		text = append(text, fmt.Sprintf("average(type%d, 1d) < 15s", i))
	}
	rule := parse(t, strings.Join(text, " or "))
	values := make([]int64, tags.MaxSelectors)
	if n := len(rule.Selectors()); n != tags.MaxSelectors || rule.Eval(values) {
		t.Errorf("%d selectors, holds without values: %v", n, rule.Eval(values))
	}
	values[tags.MaxSelectors-1] = 1
	if !rule.Eval(values) {
		t.Error("the last comparison tells nothing")
	}
}

func parse(t testing.TB, text string) *tags.Rule {
	t.Helper()
	r, err := tags.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}
