package risk

import (
	"strconv"
	"strings"
)

// expression is a feature taken apart.
type expression struct {
	word     *word
	metric   string
	from, to int // days or weeks
	numbers  []float64
	parts    []*expression
}

// word is one name of the language.
type word struct {
	name    string
	op      operation
	parts   int  // expressions it is given first
	metric  bool // then a metric
	unit    byte // then a range in days ('d') or weeks ('w'), if not 0
	limit   int  // the longest range
	numbers int  // then numbers
	subject string
	usage   string
}

// words is the language; its subjects are what a reason names.
var words = [...]word{
	{name: "tenure", op: tenure, subject: "tenure", usage: "tenure"},
	{name: "recency", op: recency, subject: "recency", usage: "recency"},
	{name: "gap", op: gap, subject: "active_days", usage: "gap"},
	{name: "days", op: activeDays, unit: 'd', limit: MaxDays, subject: "active_days", usage: "days(0d, 28d)"},
	{name: "days", op: metricDays, metric: true, unit: 'd', limit: MaxDays, usage: "days(METRIC, 0d, 28d)"}, // if a metric comes first
	{name: "sum", op: sum, metric: true, unit: 'w', limit: MaxWeeks, usage: "sum(METRIC, 0w, 4w)"},
	{name: "alive", op: alive, subject: "alive", usage: "alive"},
	{name: "log", op: logarithm, parts: 1, usage: "log(X)"},
	{name: "between", op: between, parts: 1, numbers: 2, usage: "between(X, 30, 60)"},
	{name: "up_to", op: upTo, parts: 1, numbers: 1, usage: "up_to(X, 10)"},
	{name: "ratio", op: ratio, parts: 2, usage: "ratio(X, Y)"},
	{name: "times", op: product, parts: 2, usage: "times(X, Y)"},
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

// subject is what the feature is about: that of its first input, or its metric.
func (e *expression) subject() string {
	for len(e.parts) > 0 {
		e = e.parts[0]
	}
	if e.word.metric {
		return e.metric
	}
	return e.word.subject
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
		arguments = append(arguments, strconv.Itoa(e.from)+string(u), strconv.Itoa(e.to)+string(u))
	}
	for _, n := range e.numbers {
		arguments = append(arguments, strconv.FormatFloat(n, 'g', -1, 64))
	}
	if len(arguments) == 0 {
		return e.word.name
	}
	return e.word.name + "(" + strings.Join(arguments, ", ") + ")"
}

// need widens n by what the feature reads.
func (e *expression) need(n *Need) {
	switch e.word.op {
	case gap:
		n.Days = max(n.Days, gapDays)
	case activeDays:
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
