package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseTag reads a rule as docs/tags.md describes it, into Conditions over the events themselves. Of what is wrong with a rule it finds no more
// than keeps it from being read.
func ParseTag(name, when string) (Tag, error) {
	r := ruleReader{rest: ruleWords(when)}
	c := r.either()
	if r.err == nil && len(r.rest) > 0 {
		r.fail("the rule goes on behind its end with %s", r.rest[0])
	}
	if r.err != nil {
		return Tag{}, r.err
	}
	tag := c.Tag(name)
	tag.When = when
	return tag, nil
}

// ruleWords cuts a rule into names, numbers, texts in quotes, and signs.
func ruleWords(rule string) []string {
	return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[<>!]=|[^\s<>=!(),|"']+|\S`).FindAllString(rule, -1)
}

// ruleReader reads a rule from left to right. After the first fault what it returns means nothing.
type ruleReader struct {
	rest []string
	err  error
}

func (r *ruleReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// next takes a word, empty at the end.
func (r *ruleReader) next() (word string) {
	if len(r.rest) > 0 {
		word, r.rest = r.rest[0], r.rest[1:]
	}
	return word
}

// take takes the next word if it is this one.
func (r *ruleReader) take(word string) bool {
	if len(r.rest) == 0 || r.rest[0] != word {
		return false
	}
	r.next()
	return true
}

func (r *ruleReader) must(word string) {
	if !r.take(word) {
		r.fail("%s expected before %s", word, strings.Join(r.rest, " "))
	}
}

// either reads what or joins, the loosest tie.
func (r *ruleReader) either() Condition {
	c := r.both()
	for r.take("or") {
		c = Or(c, r.both())
	}
	return c
}

// both reads what and joins.
func (r *ruleReader) both() Condition {
	c := r.term()
	for r.take("and") {
		c = And(c, r.term())
	}
	return c
}

// term reads a comparison, what not denies, or what stands in parentheses.
func (r *ruleReader) term() Condition {
	switch {
	case r.take("not"):
		return Not(r.term())
	case r.take("("):
		c := r.either()
		r.must(")")
		return c
	}
	return r.comparison()
}

func (r *ruleReader) comparison() Condition {
	function := r.next()
	r.must("(")
	p := Pick{Types: r.types()}
	for r.take(",") {
		r.argument(&p)
	}
	r.must(")")
	operator := r.next()
	if !slices.Contains([]string{">", ">=", "<", "<=", "=", "!="}, operator) {
		r.fail("%s is no comparison", operator)
		return Condition{}
	}
	number := r.constant(function, r.next())
	if function == "months" {
		most := int(number)
		if slices.Contains([]string{">", "<=", "=", "!="}, operator) {
			most++
		}
		return p.Months(most).Is(operator, number)
	}
	value, known := map[string]func() Value{
		"count": p.Count, "amount": p.Amount, "duration": p.Duration, "days": p.Days, "average": p.Average, "share": p.Share,
	}[function]
	if !known {
		r.fail("%s is no function", function)
		return Condition{}
	}
	return value().Is(operator, number)
}

// constant reads what a function is compared with.
func (r *ruleReader) constant(function, text string) float64 {
	if function == "duration" || function == "average" {
		d, err := parseDuration(text)
		if err != nil {
			r.fail("%w", err)
		}
		return float64(d)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.fail("%s is not a number", text)
	}
	return n
}

// types reads event types with | between them, nil for any.
func (r *ruleReader) types() (types []string) {
	if r.take("any") {
		return nil
	}
	types = append(types, r.name())
	for r.take("|") {
		types = append(types, r.name())
	}
	return types
}

// argument reads a filter or a window.
func (r *ruleReader) argument(p *Pick) {
	switch word := r.next(); word {
	case "category":
		r.must("=")
		p.Category = r.name()
	case "hours":
		r.must("=")
		p.Hours = r.hours(r.next())
	case "weekdays":
		r.must("=")
		p.Weekdays = append(p.Weekdays, r.weekday())
		for r.take("|") {
			p.Weekdays = append(p.Weekdays, r.weekday())
		}
	default:
		var err error
		if p.Window, err = parseDuration(word); err != nil {
			r.fail("%w", err)
		}
	}
}

// name reads a name, in quotes or not. In quotes a backslash takes the next character as it is.
func (r *ruleReader) name() string {
	word := r.next()
	if !strings.HasPrefix(word, `"`) && !strings.HasPrefix(word, `'`) {
		return word
	}
	return regexp.MustCompile(`\\(.)`).ReplaceAllString(word[1:len(word)-1], "$1")
}

// hours reads a span such as 22-02, the second hour not included.
func (r *ruleReader) hours(text string) []int {
	var from, to int
	if n, err := fmt.Sscanf(text, "%d-%d", &from, &to); n != 2 || err != nil || from < 0 || from > 23 || to < 0 || to > 24 {
		r.fail("%s are no hours", text)
		return nil
	}
	return HoursFrom(from, to%24)
}

func (r *ruleReader) weekday() time.Weekday {
	word := r.next()
	day := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, word)
	if day < 0 {
		r.fail("%s is no day of the week", word)
	}
	return time.Weekday(day)
}
