package tags

import (
	"slices"
	"strings"
)

// The bounds of one rule.
const (
	MaxComparisons = 32
	MaxSelectors   = 2 * MaxComparisons // share and average have two
	MaxNesting     = 32                 // of parentheses and nots
)

// sample is a rule that errors show.
const sample = "count(view, 30d) > 5"

// node is a rule as it was said: a comparison, or others joined.
type node struct {
	join  join
	parts []node
	test  comparison // of a leaf
}

type join uint8

const (
	leaf join = iota
	not       // of one part
	and       // all parts hold
	or        // one part holds
)

// parser reads a rule from left to right, by recursive descent.
type parser struct {
	tokens      []token
	at          int
	depth       int
	comparisons int
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next takes a token; the end is never passed.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

// rule reads all there is.
func (p *parser) rule() (node, error) {
	n, err := p.either()
	if err != nil {
		return n, err
	}
	switch t := p.peek(); {
	case t.kind == finish:
		return n, nil
	case t.is(")"):
		return n, t.fault("this ) closes nothing: drop it")
	default:
		return n, goesOn(t, "the end of the rule")
	}
}

// goesOn is the error at what follows a complete comparison and neither joins another to it nor ends it.
func goesOn(t token, end string) error {
	if t.kind == symbol && operators[t.text] != 0 {
		return t.fault("%s: a comparison has one operator; join two by and", t.show())
	}
	if right := meant[t.text]; t.kind == symbol && right != "" {
		return t.fault("%s joins nothing: write %s", t.show(), right)
	}
	return t.fault("%s: expected and, or, or %s%s", t.show(), end, suggest(t, "and", "or"))
}

func (p *parser) either() (node, error) { return p.joined(or, "or", p.both) }

func (p *parser) both() (node, error) { return p.joined(and, "and", p.term) }

// joined reads parts with a word between them. Parts that are joined by the same word themselves are taken apart: it does not matter
// which of them are read first.
func (p *parser) joined(by join, name string, part func() (node, error)) (node, error) {
	n, err := part()
	if err != nil || !p.peek().named(name) {
		return n, err
	}
	all := node{join: by}
	all.add(n)
	for p.peek().named(name) {
		p.next()
		if n, err = part(); err != nil {
			return n, err
		}
		all.add(n)
	}
	return all, nil
}

func (n *node) add(part node) {
	if part.join == n.join {
		n.parts = append(n.parts, part.parts...)
		return
	}
	n.parts = append(n.parts, part)
}

// term reads a comparison, a not with its term, or what stands in parentheses.
func (p *parser) term() (node, error) {
	t := p.peek()
	if !t.is("(") && !t.named("not") {
		test, err := p.comparison()
		return node{test: test}, err
	}
	if p.depth == MaxNesting {
		return node{}, t.fault("nested more than %d deep: split the rule into several tags", MaxNesting)
	}
	p.depth++
	defer func() { p.depth-- }()
	p.next()
	if t.named("not") {
		n, err := p.term()
		return node{join: not, parts: []node{n}}, err
	}
	n, err := p.either()
	if err != nil {
		return n, err
	}
	switch end := p.next(); {
	case end.is(")"):
		return n, nil
	case end.kind == finish:
		return n, t.fault("this ( is not closed")
	default:
		return n, goesOn(end, ")")
	}
}

// comparison reads FUNCTION(ARGUMENTS) OPERATOR CONSTANT.
func (p *parser) comparison() (comparison, error) {
	var c comparison
	t := p.next()
	if p.comparisons++; p.comparisons > MaxComparisons {
		return c, t.fault("more than %d comparisons: split the rule into several tags", MaxComparisons)
	}
	var err error
	if c.function, err = functionOf(t); err != nil {
		return c, err
	}
	if c.args, err = p.arguments(t, c.function); err != nil {
		return c, err
	}
	if c.operator, err = p.operator(); err != nil {
		return c, err
	}
	return c, c.against(p.next())
}

func functionOf(t token) (*function, error) {
	names := make([]string, len(functions))
	for i := range functions {
		if t.named(functions[i].name) {
			return &functions[i], nil
		}
		names[i] = functions[i].name
	}
	slices.Sort(names)
	right := meant[t.text]
	switch {
	case t.kind == number:
		return nil, t.fault("%s: a comparison begins with a function and ends with the number, such as %s", t.show(), sample)
	case t.kind == symbol && right != "":
		return nil, t.fault("%s has no meaning here: write %s", t.show(), right)
	case t.kind != word:
		return nil, t.fault("%s: expected a comparison, such as %s", t.show(), sample)
	}
	if near := suggest(t, names...); near != "" {
		return nil, t.fault("%s is no function%s", t.show(), near)
	}
	return nil, t.fault("%s is no function: use %s", t.show(), strings.Join(names, ", "))
}

func (p *parser) operator() (operator, error) {
	t := p.next()
	if t.kind == symbol {
		if o := operators[t.text]; o != 0 {
			return o, nil
		}
		if right := meant[t.text]; operators[right] != 0 {
			return 0, t.fault("%s is no comparison: write %s", t.show(), right)
		}
	}
	return 0, t.fault("%s: expected a comparison: >, >=, <, <=, = or !=", t.show())
}
