package tags_test

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winback/scorer/tags"
)

// world answers what a user's events add up to: small numbers that often meet the constants of the rules.
type world struct{ number uint64 }

// sum is what one function without a ratio comes to. It depends on what is asked and on nothing else.
func (w world) sum(quantity, types, filters, window string) int64 {
	hash := fnv.New64a()
	hash.Write(fmt.Appendf(nil, "%d %s %s %s %s", w.number, quantity, types, filters, window))
	n := int64(hash.Sum64() >> 32 % 6)
	if quantity == "amount" {
		n -= 2
	}
	return n
}

// values answers what a compiled rule asks for. A run of months is cut where the selector says that it tells no more.
func (w world) values(selectors []tags.Selector) []int64 {
	values := make([]int64, len(selectors))
	for i, s := range selectors {
		quantity := [...]string{"count", "amount", "duration", "days", "months"}[s.Quantity]
		types := strings.Join(s.Types, "|")
		if s.Types == nil {
			types = "any"
		}
		values[i] = w.sum(quantity, types, filters{s.Category, s.Hours, s.Weekdays}.String(), fmt.Sprint(s.Window))
		if s.Quantity == tags.Months {
			values[i] = min(values[i], int64(s.MaxMonths))
		}
	}
	return values
}

type filters struct {
	category string
	hours    uint32
	weekdays uint8
}

func (f filters) String() string { return fmt.Sprintf("%q %x %x", f.category, f.hours, f.weekdays) }

var noFilters = filters{"", tags.AllHours, tags.AllWeekdays}

// tree is a rule as the test draws it: it can be written, and evaluated by walking it. It shares nothing with the package.
type tree struct {
	join  string // and, or, not; "" for a comparison
	parts []tree

	function, types, window, operator string
	filters                           filters
	written                           []string // the filters
	constant                          string
	want                              float64
}

func (n tree) eval(w world) bool {
	switch n.join {
	case "and":
		return !slices.ContainsFunc(n.parts, func(p tree) bool { return !p.eval(w) })
	case "or":
		return slices.ContainsFunc(n.parts, func(p tree) bool { return p.eval(w) })
	case "not":
		return !n.parts[0].eval(w)
	}
	sum := func(quantity string, f filters) float64 {
		return float64(w.sum(quantity, n.types, f.String(), n.window))
	}
	var value float64
	switch n.function {
	case "share":
		if sum("count", noFilters) == 0 {
			return false
		}
		value = sum("count", n.filters) / sum("count", noFilters)
	case "average":
		if sum("count", n.filters) == 0 {
			return false
		}
		value = sum("duration", n.filters) / sum("count", n.filters)
	default:
		value = sum(n.function, n.filters)
	}
	return map[string]bool{
		"<": value < n.want, "<=": value <= n.want, "=": value == n.want, ">=": value >= n.want, ">": value > n.want, "!=": value != n.want,
	}[n.operator]
}

// write returns the rule's text, with parentheses wherever a part could be misread and, by chance, elsewhere; and white space by chance.
func (n tree) write(t *rapid.T) string {
	space := func() string { return rapid.SampledFrom([]string{" ", " ", "  ", "\n\t"}).Draw(t, "space") }
	var text string
	switch n.join {
	case "":
		arguments := append([]string{n.types}, n.written...)
		if n.window != "0" {
			arguments = append(arguments, n.window+"ms")
		}
		text = n.function + "(" + strings.Join(arguments, ","+space()) + ")" + space() + n.operator + space() + n.constant
	case "not":
		text = "not" + space() + n.parts[0].part(t)
	default:
		parts := make([]string, len(n.parts))
		for i, p := range n.parts {
			parts[i] = p.part(t)
		}
		text = strings.Join(parts, space()+n.join+space())
	}
	if rapid.IntRange(0, 9).Draw(t, "parentheses") == 0 {
		text = "(" + text + ")"
	}
	return text
}

func (n tree) part(t *rapid.T) string {
	if n.join == "and" || n.join == "or" {
		return "(" + n.write(t) + ")"
	}
	return n.write(t)
}

func drawTree(t *rapid.T, depth int) tree {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return drawComparison(t)
	}
	n := tree{join: rapid.SampledFrom([]string{"and", "or", "not"}).Draw(t, "join")}
	count := 1
	if n.join != "not" {
		count = rapid.IntRange(2, 3).Draw(t, "parts")
	}
	for range count {
		n.parts = append(n.parts, drawTree(t, depth-1))
	}
	return n
}

func drawComparison(t *rapid.T) tree {
	n := tree{
		function: rapid.SampledFrom([]string{"count", "amount", "duration", "days", "months", "share", "average"}).Draw(t, "function"),
		types:    rapid.SampledFrom([]string{"any", "view", "order|view"}).Draw(t, "types"),
		window:   rapid.SampledFrom([]string{"1", "604800000"}).Draw(t, "window"),
		operator: rapid.SampledFrom([]string{"<", "<=", "=", ">=", ">", "!="}).Draw(t, "operator"),
		filters:  noFilters,
	}
	n.drawFilters(t)
	least := 0
	if n.function != "amount" && (n.operator == "<" || n.operator == ">=") {
		least = 1 // less is a fault: it always or never holds
	}
	n.want = float64(rapid.IntRange(least, 4).Draw(t, "constant"))
	switch n.function {
	case "months":
		n.window = "0"
	case "amount":
		n.want -= 2
	case "share":
		n.want /= 4
		if n.operator == ">" {
			n.want = min(n.want, 0.75)
		}
	}
	n.constant = fmt.Sprint(n.want)
	if n.function == "duration" || n.function == "average" {
		n.constant += "ms"
	}
	return n
}

func (n *tree) drawFilters(t *rapid.T) {
	which := rapid.IntRange(0, 7).Draw(t, "filters")
	if which == 0 && n.function == "share" {
		which = 1
	}
	if which&1 != 0 {
		n.written, n.filters.category = append(n.written, "category=shoes"), "shoes"
	}
	if which&2 != 0 {
		from, length := rapid.IntRange(0, 23).Draw(t, "from"), rapid.IntRange(1, 23).Draw(t, "length")
		n.written = append(n.written, fmt.Sprintf("hours=%d-%02d", from, (from+length)%24))
		n.filters.hours = 0
		for hour := range length {
			n.filters.hours |= 1 << ((from + hour) % 24)
		}
	}
	if which&4 != 0 {
		n.written, n.filters.weekdays = append(n.written, "weekdays=sun|mon"), 0b100_0001
	}
}

// TestAgainstTree holds the flat program, by itself and in a Set, to a walk of the tree it was written from.
func TestAgainstTree(t *testing.T) {
	held, checked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := world{rapid.Uint64().Draw(t, "world")}
		var trees []tree
		var configured []tags.Tag
		for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
			n := drawTree(t, rapid.IntRange(0, 3).Draw(t, "depth"))
			trees = append(trees, n)
			configured = append(configured, tags.Tag{Name: fmt.Sprint(i), When: n.write(t)})
		}
		set, err := tags.Compile(configured)
		if err != nil {
			t.Fatal(err)
		}
		var want uint32
		for i, n := range trees {
			rule, err := tags.Parse(configured[i].When)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := tags.Parse(rule.String()); err != nil || !reflect.DeepEqual(again, rule) {
				t.Fatalf("%s\nwritten as %v\nread as    %v, %v", configured[i].When, rule, again, err)
			}
			holds := n.eval(w)
			if got := rule.Eval(w.values(rule.Selectors())); got != holds {
				t.Fatalf("%s of %v: %v", rule, w.values(rule.Selectors()), got)
			}
			if checked++; holds {
				want |= 1 << i
				held++
			}
		}
		if got := set.Eval(w.values(set.Selectors())); got != want {
			t.Fatalf("%v: got %b, want %b", configured, got, want)
		}
	})
	if held < checked/10 || held > checked*9/10 {
		t.Errorf("%d of %d rules hold: the world tells little", held, checked)
	}
}
