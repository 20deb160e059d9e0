package risk

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// maxDepth bounds how deep a feature nests, and maxText how many bytes it is long, so that a message can show it.
const (
	maxDepth = 8
	maxText  = 1000
)

// parse reads one feature. Errors name the column, counted in characters from 1, and the remedy.
func parse(text string) (*expression, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%d bytes long: at most %d", len(text), maxText)
	}
	p := parser{text: []rune(text)}
	e, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.skip(); p.at < len(p.text) {
		return nil, p.fault("%q follows a finished feature: leave it out", string(p.text[p.at:]))
	}
	return e, nil
}

type parser struct {
	text []rune
	at   int
}

func (p *parser) fault(format string, args ...any) error {
	return fmt.Errorf("column %d: %s", p.at+1, fmt.Sprintf(format, args...))
}

func (p *parser) skip() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

func inName(r rune) bool {
	return r == '_' || r == '-' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// name reads a run of name characters, which numbers and durations are too.
func (p *parser) name() string {
	p.skip()
	from := p.at
	for p.at < len(p.text) && inName(p.text[p.at]) {
		p.at++
	}
	return string(p.text[from:p.at])
}

func (p *parser) expect(symbol rune, usage string) error {
	if p.skip(); p.at == len(p.text) || p.text[p.at] != symbol {
		return p.fault("%q is missing: write %s", string(symbol), usage)
	}
	p.at++
	return nil
}

func (p *parser) expression(depth int) (*expression, error) {
	p.skip()
	start := p.at
	name := p.name()
	w := wordNamed(name)
	if w == nil {
		p.at = start
		return nil, p.fault("%q is no feature: use one of %s", name, usages())
	}
	if depth == maxDepth {
		return nil, p.fault("nested too deep: at most %d", maxDepth)
	}
	e := &expression{word: w}
	if w.parts == 0 && w.unit == 0 {
		return e, nil
	}
	if err := p.expect('(', w.usage); err != nil {
		return nil, err
	}
	if w.op == activeDays && p.metricFollows() {
		e.word = wordOf(metricDays)
	}
	if err := p.arguments(e, depth); err != nil {
		return nil, err
	}
	return e, p.expect(')', e.word.usage)
}

// metricFollows tells a metric from a length of time, which begins with a digit.
func (p *parser) metricFollows() bool {
	if p.skip(); p.at == len(p.text) {
		return false
	}
	r := p.text[p.at]
	return r == '"' || inName(r) && (r < '0' || r > '9')
}

func usages() string {
	all := make([]string, len(words))
	for i := range words {
		all[i] = words[i].usage
	}
	return strings.Join(all, "; ")
}

func (p *parser) arguments(e *expression, depth int) error {
	separate := func(first bool) error {
		if first {
			return nil
		}
		return p.expect(',', e.word.usage)
	}
	for i := range e.word.parts {
		if err := separate(i == 0); err != nil {
			return err
		}
		part, err := p.expression(depth + 1)
		if err != nil {
			return err
		}
		e.parts = append(e.parts, part)
	}
	if e.word.unit != 0 {
		return p.span(e, separate)
	}
	for range e.word.numbers {
		if err := separate(false); err != nil {
			return err
		}
		n, err := p.number()
		if err != nil {
			return err
		}
		e.numbers = append(e.numbers, n)
	}
	return p.ordered(e)
}

// ordered refuses a between whose ends are in the wrong order, or so far apart that their difference is infinite.
func (p *parser) ordered(e *expression) error {
	if n := e.numbers; e.word.op == between && !(n[0] < n[1] && finite(n[1]-n[0])) {
		return p.fault("from %v to %v is no stretch: write the smaller number first, such as %s", n[0], n[1], e.word.usage)
	}
	return nil
}

func (p *parser) number() (float64, error) {
	p.skip()
	start := p.at
	text := p.name()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		p.at = start
		return 0, p.fault("%q is not a number", text)
	}
	return n + 0, nil // no negative zero
}

// span reads a metric, where there is one, and a range of days or weeks, or how far one reaches that begins at the border.
func (p *parser) span(e *expression, separate func(first bool) error) (err error) {
	if e.word.metric {
		if e.metric, err = p.metric(); err != nil {
			return err
		}
	}
	ends := []*int{&e.from, &e.to}
	if e.word.near {
		ends = ends[1:]
	}
	for i, to := range ends {
		if err := separate(i == 0 && !e.word.metric); err != nil {
			return err
		}
		if *to, err = p.back(e.word); err != nil {
			return err
		}
	}
	if e.word.near && e.to == 0 {
		return p.fault("0%c back is no time: write a length, such as %s", e.word.unit, e.word.usage)
	}
	if e.from >= e.to {
		return p.fault("from %d to %d back is no time: write the nearer end first, such as %s", e.from, e.to, e.word.usage)
	}
	return nil
}

func (p *parser) back(w *word) (int, error) {
	p.skip()
	start := p.at
	text := p.name()
	digits, found := strings.CutSuffix(text, string(w.unit))
	n, err := strconv.ParseUint(digits, 10, 31)
	if !found || err != nil || int(n) > w.limit {
		p.at = start
		return 0, p.fault("%q: write how far back in whole %c, 0%c to %d%c, as in %s", text, w.unit, w.unit, w.limit, w.unit, w.usage)
	}
	return int(n), nil
}

func (p *parser) metric() (string, error) {
	p.skip()
	if p.at < len(p.text) && p.text[p.at] == '"' {
		return p.quoted()
	}
	name := p.name()
	if name == "" {
		return "", p.fault("the name of a metric is missing")
	}
	return name, nil
}

func (p *parser) quoted() (string, error) {
	rest := string(p.text[p.at:])
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "", p.fault("a quote does not end")
	}
	name, err := strconv.Unquote(quoted)
	if err != nil || name == "" {
		return "", p.fault("%s is no name of a metric", quoted)
	}
	p.at += len([]rune(quoted))
	return name, nil
}
