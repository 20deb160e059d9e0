package tags

import (
	"slices"
	"strings"
)

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	text      string
	selectors []Selector
	program   program
}

// Parse reads a rule. Its error names the column, counted in characters from 1, what was expected there and the remedy.
func Parse(text string) (*Rule, error) {
	p := parser{tokens: split(text)}
	n, err := p.rule()
	if err != nil {
		return nil, err
	}
	r := &Rule{text: n.String()}
	accept := n.leaves()
	r.compile(&n, accept, accept+1)
	return r, nil
}

// Selectors returns what Eval wants the values of, distinct, in that order. The caller does not change it.
func (r *Rule) Selectors() []Selector { return r.selectors }

// Eval reports whether the rule holds, where values[i] is the value of Selectors()[i]. The value of Months may, but need not, stop at
// MaxMonths. It does not allocate.
func (r *Rule) Eval(values []int64) bool { return r.program.run(values) }

// String returns the rule in one form: what Parse makes of it is the same rule.
func (r *Rule) String() string { return r.text }

// String writes the node with no more parentheses than it needs.
func (n *node) String() string {
	switch n.join {
	case leaf:
		return n.test.String()
	case not:
		return "not " + n.parts[0].within(not)
	}
	parts := make([]string, len(n.parts))
	for i := range n.parts {
		parts[i] = n.parts[i].within(n.join)
	}
	return strings.Join(parts, map[join]string{and: " and ", or: " or "}[n.join])
}

// within writes the node as a part of another: only what binds less tightly wants parentheses.
func (n *node) within(outer join) string {
	if n.join > outer {
		return "(" + n.String() + ")"
	}
	return n.String()
}

func (n *node) leaves() int {
	if n.join == leaf {
		return 1
	}
	sum := 0
	for i := range n.parts {
		sum += n.parts[i].leaves()
	}
	return sum
}

// compile appends the node's tests, of which the last one goes on to yes or no.
func (r *Rule) compile(n *node, yes, no int) {
	switch n.join {
	case leaf:
		r.program = append(r.program, r.test(&n.test, yes, no))
	case not:
		r.compile(&n.parts[0], no, yes)
	default:
		last := len(n.parts) - 1
		for i := range n.parts[:last] {
			next := len(r.program) + n.parts[i].leaves()
			if n.join == and {
				r.compile(&n.parts[i], next, no)
			} else {
				r.compile(&n.parts[i], yes, next)
			}
		}
		r.compile(&n.parts[last], yes, no)
	}
}

func (r *Rule) test(c *comparison, yes, no int) test {
	t := test{outcomes: c.operator, yes: uint8(yes), no: uint8(no), want: c.want, value: place(&r.selectors, c.args)}
	switch c.function.ratio {
	case plain:
		return t
	case ofAll:
		t.by = place(&r.selectors, c.args.unfiltered())
		t.quotient = c.fraction
	case eachEvent:
		count := c.args
		count.Quantity = Count
		t.by = place(&r.selectors, count)
		t.quotient = float64(c.want)
	}
	t.divides = true
	return t
}

// place returns the selector's number among all, to which it is added if it is new.
func place(all *[]Selector, s Selector) uint16 {
	i := slices.IndexFunc(*all, s.Equal)
	if i < 0 {
		i = len(*all)
		*all = append(*all, s)
	}
	return uint16(i)
}

// program is a rule made flat: tests that lead to later tests. Beyond the last one, at its length, the rule holds; one further, it
// does not.
type program []test

// test compares one value, or the ratio of two, with a constant.
type test struct {
	want      int64
	quotient  float64 // instead of want if it divides
	value, by uint16  // numbers of selectors
	outcomes  operator
	yes, no   uint8 // the next test
	divides   bool
}

func (p program) run(values []int64) bool {
	at := 0
	for at < len(p) {
		if t := &p[at]; t.holds(values) {
			at = int(t.yes)
		} else {
			at = int(t.no)
		}
	}
	return at == len(p)
}

// holds compares a ratio in float64, as the manual says. The ratio of nothing is not compared.
func (t *test) holds(values []int64) bool {
	value := values[t.value]
	if !t.divides {
		return t.outcomes&outcome(value, t.want) != 0
	}
	by := values[t.by]
	return by != 0 && t.outcomes&outcome(float64(value)/float64(by), t.quotient) != 0
}

func outcome[T int64 | float64](a, b T) operator {
	switch {
	case a < b:
		return less
	case a > b:
		return greater
	}
	return equal
}
