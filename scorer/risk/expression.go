package risk

import (
	"strconv"
	"strings"
)

// expression is a feature, or a part of one, as a tree.
type expression struct {
	word     *word
	metric   string        // if the word takes one
	from, to int           // days or weeks back, if the word takes a range
	numbers  []float64     // as many as the word takes
	parts    []*expression // likewise
}

// word is one name of the language. Its arguments are expressions, a metric, a range and numbers, in that order, as far as it takes them.
type word struct {
	name    string
	op      operation
	parts   int    // how many expressions
	metric  bool   // whether a metric
	unit    byte   // of the range: days ('d') or weeks ('w'); 0 for no range
	near    bool   // the range begins at the border, and only its end is written
	long    bool   // the range is all that is kept of the activity
	limit   int    // how far back a range may go
	numbers int    // how many numbers
	subject string // what a reason calls a feature that begins with it; empty for the metric's name, or that of the first expression
	usage   string // an example, for errors
}

// words are all names of the language.
var words = [...]word{
	{name: "tenure", op: tenure, subject: "tenure", usage: "tenure"},
	{name: "recency", op: recency, subject: "recency", usage: "recency"},
	{name: "gap", op: gap, subject: "active_days", usage: "gap"},
	{name: "days", op: activeDays, unit: 'd', limit: MaxDays, subject: "active_days", usage: "days(0d, 28d)"},
	{name: "weeks", op: activeWeeks, unit: 'w', limit: MaxActiveWeeks, subject: "active_days", usage: "weeks(0w, 8w)"},
	{name: "longest", op: longest, subject: "active_days", usage: "longest"},
	{name: "returns", op: returns, unit: 'd', limit: MaxDays, near: true, subject: "recency", usage: "returns(56d)"},
	{name: "long_gap", op: longGap, long: true, subject: "recency", usage: "long_gap"},
	{name: "long_returns", op: longReturns, long: true, subject: "recency", usage: "long_returns"},
	{name: "days", op: metricDays, metric: true, unit: 'd', limit: MaxDays, usage: "days(METRIC, 0d, 28d)"}, // if a metric comes first
	{name: "sum", op: sum, metric: true, unit: 'w', limit: MaxWeeks, usage: "sum(METRIC, 0w, 4w)"},
	{name: "alive", op: alive, subject: "alive", usage: "alive"},
	{name: "log", op: logarithm, parts: 1, usage: "log(X)"},
	{name: "between", op: between, parts: 1, numbers: 2, usage: "between(X, 30, 60)"},
	{name: "up_to", op: upTo, parts: 1, numbers: 1, usage: "up_to(X, 10)"},
	{name: "ratio", op: ratio, parts: 2, usage: "ratio(X, Y)"},
	{name: "times", op: product, parts: 2, usage: "times(X, Y)"},
	{name: "plus", op: plus, parts: 2, usage: "plus(X, Y)"},
	{name: "min", op: smaller, parts: 2, usage: "min(X, Y)"},
}

func wordNamed(name string) *word {
	for i := range words {
		if words[i].name == name {
			return &words[i]
		}
	}
	return nil
}

func wordOf(op operation) *word {
	for i := range words {
		if words[i].op == op {
			return &words[i]
		}
	}
	return nil
}

// subject is what a reason calls the feature: what its first input is about.
func (e *expression) subject() string {
	for len(e.parts) > 0 {
		e = e.parts[0]
	}
	if e.word.metric {
		return e.metric
	}
	return e.word.subject
}

// whole reports whether the value is a whole number always.
func (e *expression) whole() bool {
	switch e.word.op {
	case activeDays, activeWeeks, metricDays, sum:
		return true
	}
	return false
}

// text is the feature's one spelling.
func (e *expression) text() string {
	var arguments []string
	for _, p := range e.parts {
		arguments = append(arguments, p.text())
	}
	if e.word.metric {
		arguments = append(arguments, quoteIfNeeded(e.metric))
	}
	if u := e.word.unit; u != 0 {
		if !e.word.near {
			arguments = append(arguments, strconv.Itoa(e.from)+string(u))
		}
		arguments = append(arguments, strconv.Itoa(e.to)+string(u))
	}
	for _, n := range e.numbers {
		arguments = append(arguments, strconv.FormatFloat(n, 'g', -1, 64))
	}
	if len(arguments) == 0 {
		return e.word.name
	}
	return e.word.name + "(" + strings.Join(arguments, ", ") + ")"
}

// need adds to n what the feature reads.
func (e *expression) need(n *Need) {
	if e.word.long {
		n.Days, n.LongDays = max(n.Days, gapDays), true
	}
	switch e.word.op {
	case gap, longest:
		n.Days = max(n.Days, gapDays)
	case activeWeeks:
		n.Days = max(n.Days, 7*e.to)
	case activeDays, returns:
		n.Days = max(n.Days, e.to)
	case metricDays:
		n.metric(e.metric, 0)
		n.MetricDays[e.metric] = max(n.MetricDays[e.metric], e.to)
	case sum:
		n.metric(e.metric, e.to)
	case alive:
		n.Alive = true
	}
	for _, p := range e.parts {
		p.need(n)
	}
}

// quoteIfNeeded puts a name in quotes that would not be read as one, or as a length of time.
func quoteIfNeeded(metric string) string {
	if metric != "" && (metric[0] < '0' || metric[0] > '9') && strings.IndexFunc(metric, func(r rune) bool { return !inName(r) }) < 0 {
		return metric
	}
	return strconv.Quote(metric)
}
