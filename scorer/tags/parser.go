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

// exampleRule is the rule that errors show.
const exampleRule = "count(view, 30d) > 5"

// node is a rule as it was written, or a part of one: a comparison, or parts that are joined.
type node struct {
	join  join
	parts []node     // none of a leaf
	test  comparison // of a leaf
}

// join says what a node makes of its parts.
type join uint8

const (
	leaf join = iota // it has none, and is a comparison
	not              // it holds where its one part does not
	and              // it holds where all parts do
	or               // it holds where one part does
)

// parser reads a rule from left to right, by recursive descent.
type parser struct {
	tokens      []token
	at          int // the next token's place
	depth       int // parentheses and nots around it
	comparisons int // read so far
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

// parseRule reads all tokens.
func (p *parser) parseRule() (node, error) {
	n, err := p.parseOr()
	if err != nil {
		return n, err
	}
	switch t := p.peek(); {
	case t.kind == endOfRule:
		return n, nil
	case t.is(")"):
		return n, t.fault("this ) closes nothing: drop it")
	default:
		return n, unexpected(t, "the end of the rule")
	}
}

// unexpected is the error at what follows a complete comparison and neither joins another to it nor ends the rule, or what end says.
func unexpected(t token, end string) error {
	if t.kind == symbol && operators[t.text] != 0 {
		return t.fault("%s: a comparison has one operator; join two by and", t.display())
	}
	if right := foreignWords[t.text]; t.kind == symbol && right != "" {
		return t.fault("%s joins nothing: write %s", t.display(), right)
	}
	return t.fault("%s: expected and, or, or %s%s", t.display(), end, suggest(t, "and", "or"))
}

// parseOr reads what is joined by or, which binds least tightly.
func (p *parser) parseOr() (node, error) { return p.parseJoined(or, "or", p.parseAnd) }

// parseAnd reads what is joined by and.
func (p *parser) parseAnd() (node, error) { return p.parseJoined(and, "and", p.parseTerm) }

// parseJoined reads parts with a word between them. A part in parentheses that is joined by the same word is taken apart, since the order in which
// such parts are evaluated does not matter.
func (p *parser) parseJoined(by join, name string, part func() (node, error)) (node, error) {
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

// parseTerm reads a comparison, a not with its term, or what stands in parentheses.
func (p *parser) parseTerm() (node, error) {
	t := p.peek()
	if !t.is("(") && !t.named("not") {
		test, err := p.parseComparison()
		return node{test: test}, err
	}
	if p.depth == MaxNesting {
		return node{}, t.fault("nested more than %d deep: split the rule into several tags", MaxNesting)
	}
	p.depth++
	defer func() { p.depth-- }()
	p.next()
	if t.named("not") {
		n, err := p.parseTerm()
		return node{join: not, parts: []node{n}}, err
	}
	n, err := p.parseOr()
	if err != nil {
		return n, err
	}
	switch end := p.next(); {
	case end.is(")"):
		return n, nil
	case end.kind == endOfRule:
		return n, t.fault("this ( is not closed")
	default:
		return n, unexpected(end, ")")
	}
}

// parseComparison reads FUNCTION(ARGUMENTS) OPERATOR CONSTANT.
func (p *parser) parseComparison() (comparison, error) {
	var c comparison
	t := p.next()
	if p.comparisons++; p.comparisons > MaxComparisons {
		return c, t.fault("more than %d comparisons: split the rule into several tags", MaxComparisons)
	}
	var err error
	if c.function, err = functionOf(t); err != nil {
		return c, err
	}
	if c.args, err = p.parseArguments(t, c.function); err != nil {
		return c, err
	}
	if c.operator, err = p.parseOperator(); err != nil {
		return c, err
	}
	return c, c.readConstant(p.next())
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
	right := foreignWords[t.text]
	switch {
	case t.kind == number:
		return nil, t.fault("%s: a comparison begins with a function and ends with the number, such as %s", t.display(), exampleRule)
	case t.kind == symbol && right != "":
		return nil, t.fault("%s has no meaning here: write %s", t.display(), right)
	case t.kind != word:
		return nil, t.fault("%s: expected a comparison, such as %s", t.display(), exampleRule)
	}
	if near := suggest(t, names...); near != "" {
		return nil, t.fault("%s is no function%s", t.display(), near)
	}
	return nil, t.fault("%s is no function: use %s", t.display(), strings.Join(names, ", "))
}

func (p *parser) parseOperator() (operator, error) {
	t := p.next()
	if t.kind == symbol {
		if o := operators[t.text]; o != 0 {
			return o, nil
		}
		if right := foreignWords[t.text]; operators[right] != 0 {
			return 0, t.fault("%s is no comparison: write %s", t.display(), right)
		}
	}
	return 0, t.fault("%s: expected a comparison: >, >=, <, <=, = or !=", t.display())
}
