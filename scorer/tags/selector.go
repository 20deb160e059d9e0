package tags

import (
	"fmt"
	"slices"
	"strings"

	"winback/schemas"
)

// Quantity is what a Selector adds up.
type Quantity uint8

// The quantities.
const (
	Count    Quantity = iota // events
	Amount                   // the events' amounts, minor units
	Duration                 // the events' durations, milliseconds
	Days                     // distinct days, by the user's own calendar, with such an event
	Months                   // consecutive UTC calendar months with such an event, up to this or the last one
)

// Filters that let every event pass.
const (
	AllHours    uint32 = 1<<24 - 1
	AllWeekdays uint8  = 1<<7 - 1
)

// Selector says which of a user's events are added up at a border, and what of them. It is immutable.
type Selector struct {
	Quantity    Quantity
	Types       []string // sorted, distinct; nil for every type
	Category    string   // of the event, unless AnyCategory
	AnyCategory bool     // no category filter
	Hours       uint32   // bit h: the local hour of day h, 0 to 23; AllHours is no filter
	Weekdays    uint8    // bit d: the local day of the week, Monday 0; AllWeekdays is no filter
	Window      int64    // milliseconds before the border, at most MaxWindow; 0 for Months
	MaxMonths   int      // Months only, 1 to MostMonths+1: a longer run tells no more than this one
}

// Equal reports whether both add up the same.
func (s Selector) Equal(o Selector) bool {
	return s.Quantity == o.Quantity && slices.Equal(s.Types, o.Types) &&
		s.Category == o.Category && s.AnyCategory == o.AnyCategory && s.Hours == o.Hours && s.Weekdays == o.Weekdays &&
		s.Window == o.Window && s.MaxMonths == o.MaxMonths
}

// String returns the function as a rule writes it: "count(view, category=shoes, 30d)". MaxMonths is not in it.
func (s Selector) String() string { return s.call(functions[s.Quantity].name) }

// call writes the selector as the arguments of a function.
func (s Selector) call(name string) string {
	text := append([]byte(name), '(')
	for i, t := range s.Types {
		if i > 0 {
			text = append(text, '|')
		}
		text = appendName(text, t)
	}
	if s.Types == nil {
		text = append(text, anyType...)
	}
	if !s.AnyCategory {
		text = appendName(append(text, ", category="...), s.Category)
	}
	if s.Hours != AllHours {
		from, to := hoursOf(s.Hours)
		text = fmt.Appendf(text, ", hours=%02d-%02d", from, to)
	}
	if s.Weekdays != AllWeekdays {
		text = appendWeekdays(append(text, ", weekdays="...), s.Weekdays)
	}
	if s.Quantity != Months {
		text = fmt.Appendf(text, ", %v", schemas.Duration(s.Window))
	}
	return string(append(text, ')'))
}

// unfiltered is the whole that a share is a share of.
func (s Selector) unfiltered() Selector {
	s.Category, s.AnyCategory, s.Hours, s.Weekdays = "", true, AllHours, AllWeekdays
	return s
}

// hoursOf returns the range that a mask of consecutive hours stands for: 20 and 24 rather than 20 and 0, 22 and 2 over midnight.
func hoursOf(mask uint32) (from, to int) {
	for from < 23 && (mask>>from&1 == 0 || mask>>((from+23)%24)&1 == 1) {
		from++
	}
	for to = from; to < from+24 && mask>>(to%24)&1 == 1; to++ {
	}
	if to > 24 {
		to -= 24
	}
	return from, to
}

func appendWeekdays(text []byte, mask uint8) []byte {
	next := ""
	for day, name := range weekdays {
		if mask>>day&1 == 1 {
			text = append(append(text, next...), name...)
			next = "|"
		}
	}
	return text
}

// appendName writes a type or a category, in quotes where it could be taken for something else.
func appendName(text []byte, name string) []byte {
	for i, r := range name {
		if !inWord(r) || i == 0 && !beginsWord(r) {
			return append(append(append(text, '"'), escapes.Replace(name)...), '"')
		}
	}
	if name == anyType {
		return append(text, `"any"`...)
	}
	return append(text, name...)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
