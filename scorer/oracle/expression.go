package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// expression is a feature as scorer/risk/doc.go describes it: a word, and what stands in its parentheses.
type expression struct {
	word     string
	metric   string
	from, to int64 // of a range: milliseconds back
	numbers  []float64
	parts    []*expression
}

// parseExpression reads one. Of what is wrong with one it finds no more than keeps it from being read.
func parseExpression(text string) (*expression, error) {
	words := regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[^\s(),]+|[(),]`).FindAllString(text, -1)
	r := ruleReader{rest: words}
	e := r.expression()
	if r.err == nil && len(r.rest) > 0 {
		r.fail("it goes on behind its end with %s", r.rest[0])
	}
	if r.err != nil {
		return nil, fmt.Errorf("feature %q: %w", text, r.err)
	}
	return e, nil
}

func (r *ruleReader) expression() *expression {
	e := &expression{word: r.next()}
	if !slices.Contains(words(), e.word) {
		r.fail("%s is no word", e.word)
		return e
	}
	if !r.take("(") {
		return e
	}
	for first := true; r.err == nil && (first || r.take(",")); first = false {
		r.operand(e)
	}
	r.must(")")
	return e
}

func words() []string {
	return []string{
		"tenure", "recency", "gap", "longest", "returns", "long_gap", "long_returns", "days", "weeks", "sum", "alive", "log", "between", "up_to", "ratio", "times", "plus", "min",
	}
}

// operand reads a range's end, a number, a metric or a part.
func (r *ruleReader) operand(e *expression) {
	word := ""
	if len(r.rest) > 0 {
		word = r.rest[0]
	}
	ranged := e.word == "returns" || e.word == "days" || e.word == "weeks" || e.word == "sum"
	number, err := strconv.ParseFloat(word, 64)
	switch {
	case ranged && regexp.MustCompile(`^\d+[dw]$`).MatchString(word):
		e.from = e.to
		e.to, r.err = parseDuration(r.next())
	case ranged:
		e.metric = r.next()
		if unquoted, err := strconv.Unquote(e.metric); err == nil {
			e.metric = unquoted
		}
	case err == nil:
		r.next()
		e.numbers = append(e.numbers, number)
	default:
		e.parts = append(e.parts, r.expression())
	}
}

// habit is how far back the usual gap and the longest silence look.
const habit = 56 * day

// reads is how far back it looks at a metric.
func (e *expression) reads(c *Config, metric string, activity bool) (back int64) {
	switch {
	case e.word == "gap" || e.word == "longest":
		if activity {
			back = habit
		}
	case e.word == "long_gap" || e.word == "long_returns":
		if activity {
			back = c.longDays()
		}
	case e.metric == metric || e.metric == "" && activity:
		back = e.to
	}
	for _, p := range e.parts {
		back = max(back, p.reads(c, metric, activity))
	}
	return back
}
