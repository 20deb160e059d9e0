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
	n, err := p.parseRule()
	if err != nil {
		return nil, err
	}
	r := &Rule{text: n.String()}
	accept := n.comparisons()
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
		return "not " + n.parts[0].parenthesized(not)
	}
	parts := make([]string, len(n.parts))
	for i := range n.parts {
		parts[i] = n.parts[i].parenthesized(n.join)
	}
	return strings.Join(parts, map[join]string{and: " and ", or: " or "}[n.join])
}

// parenthesized writes the node as a part of another one, in parentheses if it binds less tightly.
func (n *node) parenthesized(outer join) string {
	if n.join > outer {
		return "(" + n.String() + ")"
	}
	return n.String()
}

// comparisons is how many there are in the node and its parts.
func (n *node) comparisons() int {
	if n.join == leaf {
		return 1
	}
	sum := 0
	for i := range n.parts {
		sum += n.parts[i].comparisons()
	}
	return sum
}

// compile appends the node's tests. Where the node holds the evaluation goes on at yes, else at no.
func (r *Rule) compile(n *node, yes, no int) {
	switch n.join {
	case leaf:
		r.program = append(r.program, r.test(&n.test, yes, no))
	case not:
		r.compile(&n.parts[0], no, yes)
	default:
		last := len(n.parts) - 1
		for i := range n.parts[:last] {
			next := len(r.program) + n.parts[i].comparisons()
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
	t := test{outcomes: c.operator, yes: uint8(yes), no: uint8(no), constant: c.constant, value: addSelector(&r.selectors, c.args)}
	t.amounts = c.args.Quantity == Amount
	switch c.function.ratio {
	case noRatio:
		return t
	case ofUnfiltered:
		t.divisor = addSelector(&r.selectors, c.args.unfiltered())
		t.ratioConstant = c.fraction
	case perEvent:
		count := c.args
		count.Quantity = Count
		t.divisor = addSelector(&r.selectors, count)
		t.ratioConstant = float64(c.constant)
	}
	t.divides = true
	return t
}

// addSelector returns the selector's number among all, after adding it if it is not one of them.
func addSelector(all *[]Selector, s Selector) uint16 {
	i := slices.IndexFunc(*all, s.Equal)
	if i < 0 {
		i = len(*all)
		*all = append(*all, s)
	}
	return uint16(i)
}

// program is a rule as a list of tests, each of which says which later one is next. The evaluation ends at a number beyond the last test: the program's
// length says that the rule holds, one more says that it does not.
type program []test

// test compares one value, or the ratio of two, with a constant.
type test struct {
	constant       int64
	ratioConstant  float64  // instead of constant if it divides
	value, divisor uint16   // numbers of selectors; divisor only if it divides
	outcomes       operator // those for which it holds
	yes, no        uint8    // the next test if it holds, and if it does not
	divides        bool
	amounts        bool // the value is a sum of amounts, or the divisor is
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
		return t.outcomes&outcome(value, t.constant) != 0
	}
	by := values[t.divisor]
	return by != 0 && t.outcomes&outcome(float64(value)/float64(by), t.ratioConstant) != 0
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
