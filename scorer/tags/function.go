package tags

// function is one the language knows. Its value is a selector's, or the ratio of two.
type function struct {
	name  string
	part  Quantity // of the events that pass the filters
	ratio ratio
	with  unit // what its value is compared with
}

// ratio says what a function divides by.
type ratio uint8

const (
	plain     ratio = iota // by nothing
	ofAll                  // by the count of the same events without filters
	eachEvent              // by their own count
)

// unit is what a value is counted in.
type unit uint8

const (
	whole     unit = iota // a whole number, never negative
	minorUnit             // a whole number of minor units
	span                  // a duration
	fraction              // a number from 0 to 1
)

// functions begins with the plain ones, in the order of the quantities.
var functions = [...]function{
	{name: "count", part: Count, with: whole},
	{name: "amount", part: Amount, with: minorUnit},
	{name: "duration", part: Duration, with: span},
	{name: "days", part: Days, with: whole},
	{name: "months", part: Months, with: whole},
	{name: "share", part: Count, ratio: ofAll, with: fraction},
	{name: "average", part: Duration, ratio: eachEvent, with: span},
}

// examples says what a function with that unit is compared with.
var examples = [...]string{
	whole:     "a whole number, such as 5",
	minorUnit: "whole minor units of the currency, such as 50000 for 500.00",
	span:      "a duration, such as 15s",
	fraction:  "a number from 0 to 1, such as 0.5",
}

// operator is a set of outcomes of a comparison.
type operator uint8

const (
	less operator = 1 << iota
	equal
	greater
)

var operators = map[string]operator{
	"<": less, "<=": less | equal, "=": equal, ">=": greater | equal, ">": greater, "!=": less | greater,
}

func (o operator) String() string {
	return [...]string{less: "<", less | equal: "<=", equal: "=", greater | equal: ">=", greater: ">", less | greater: "!="}[o]
}

// meant translates what other languages write.
var meant = map[string]string{"==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or"}

var (
	filters  = []string{"category", "hours", "weekdays"}
	weekdays = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)

// anyType stands for every event type.
const anyType = "any"
