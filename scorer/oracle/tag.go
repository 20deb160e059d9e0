package oracle

import "cmp"

// Tag is a name and the habit that earns it.
type Tag struct {
	Name  string
	When  string // the rule as text; empty for one that was built of Conditions by hand
	Holds func(events []Event, border int64) bool
	Looks []Look
}

// Look is what a tag reads of the past.
type Look struct {
	Types []string // nil for every type
	Back  int64    // how long before a border
}

// Value is a number that a rule compares: n, exactly, or if it is a ratio n/d in float64, undefined where d is 0.
type Value struct {
	of    func(events []Event, border int64) (n, d int64)
	ratio bool
	look  Look
}

// Condition is a rule, or a part of one.
type Condition struct {
	holds func(events []Event, border int64) bool
	looks []Look
}

// Is compares the value with a number. What is undefined compares as false, whatever it is compared with.
func (v Value) Is(operator string, number float64) Condition {
	holds := map[string]func(sign int) bool{
		">":  func(sign int) bool { return sign > 0 },
		">=": func(sign int) bool { return sign >= 0 },
		"<":  func(sign int) bool { return sign < 0 },
		"<=": func(sign int) bool { return sign <= 0 },
		"=":  func(sign int) bool { return sign == 0 },
		"!=": func(sign int) bool { return sign != 0 },
	}[operator]
	return Condition{
		holds: func(events []Event, border int64) bool {
			n, d := v.of(events, border)
			if v.ratio {
				return d != 0 && holds(cmp.Compare(float64(n)/float64(d), number))
			}
			return holds(cmp.Compare(n, int64(number)))
		},
		looks: []Look{v.look},
	}
}

// Not holds where the condition does not.
func Not(c Condition) Condition {
	return Condition{func(events []Event, border int64) bool { return !c.holds(events, border) }, c.looks}
}

// And holds where both do.
func And(a, b Condition) Condition {
	return Condition{
		func(events []Event, border int64) bool { return a.holds(events, border) && b.holds(events, border) },
		append(append([]Look{}, a.looks...), b.looks...),
	}
}

// Or holds where one or both do.
func Or(a, b Condition) Condition { return Not(And(Not(a), Not(b))) }

// Tag gives the condition a name.
func (c Condition) Tag(name string) Tag { return Tag{Name: name, Holds: c.holds, Looks: c.looks} }
