package tags

// function is one of the language. Its value is that of a selector, or the ratio of two.
type function struct {
	name     string
	quantity Quantity // what is added up of the events that pass the filters
	ratio    ratio    // what that is divided by
	unit     unit     // of the constant that its value is compared with
}

// ratio says by what a function divides.
type ratio uint8

const (
	noRatio      ratio = iota // by nothing
	ofUnfiltered              // by the count of the same events without filters
	perEvent                  // by their own count
)

// unit is what a value is counted in.
type unit uint8

const (
	wholeNumber  unit = iota // a whole number, never negative
	minorUnit                // a whole number of minor units
	durationUnit             // a duration
	fraction                 // a number from 0 to 1
)

// functions begins with those that divide by nothing, in the order of the quantities.
var functions = [...]function{
	{name: "count", quantity: Count, unit: wholeNumber},
	{name: "amount", quantity: Amount, unit: minorUnit},
	{name: "duration", quantity: Duration, unit: durationUnit},
	{name: "days", quantity: Days, unit: wholeNumber},
	{name: "months", quantity: Months, unit: wholeNumber},
	{name: "share", quantity: Count, ratio: ofUnfiltered, unit: fraction},
	{name: "average", quantity: Duration, ratio: perEvent, unit: durationUnit},
}

// constantExamples says what a function of that unit is compared with.
var constantExamples = [...]string{
	wholeNumber:  "a whole number, such as 5",
	minorUnit:    "whole minor units of the currency, such as 50000 for 500.00",
	durationUnit: "a duration, such as 15s",
	fraction:     "a number from 0 to 1, such as 0.5",
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

// foreignWords translates what other languages write.
var foreignWords = map[string]string{"==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or"}

var (
	filters  = []string{"category", "hours", "weekdays"}
	weekdays = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)

// anyType stands for every event type.
const anyType = "any"
