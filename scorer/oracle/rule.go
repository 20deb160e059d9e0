package oracle

import (
	"time"

	"winback/scorer/tags"
)

// ParseTag reads a rule as a configuration writes it. Only what the words mean is taken from the scorer's parser; every value is found
// here, in the events themselves.
func ParseTag(name, when string) (Tag, error) {
	rule, err := tags.Parse(when)
	if err != nil {
		return Tag{}, err
	}
	var values []Value
	var looks []Look
	for _, s := range rule.Selectors() {
		value := valueOf(s)
		values = append(values, value)
		looks = append(looks, value.look)
	}
	holds := func(events []Event, border int64) bool {
		found := make([]int64, len(values))
		for i, value := range values {
			found[i], _ = value.of(events, border)
		}
		return rule.Eval(found)
	}
	return Tag{Name: name, When: when, Holds: holds, Looks: looks}, nil
}

func valueOf(s tags.Selector) Value {
	p := Pick{Types: s.Types, Window: s.Window}
	if !s.AnyCategory {
		p.Category = s.Category
	}
	if s.Hours != tags.AllHours {
		for hour := range 24 {
			if s.Hours>>hour&1 == 1 {
				p.Hours = append(p.Hours, hour)
			}
		}
	}
	if s.Weekdays != tags.AllWeekdays {
		for day := range 7 { // there Monday is 0, here Sunday is
			if s.Weekdays>>day&1 == 1 {
				p.Weekdays = append(p.Weekdays, time.Weekday((day+1)%7))
			}
		}
	}
	switch s.Quantity {
	case tags.Amount:
		return p.Amount()
	case tags.Duration:
		return p.Duration()
	case tags.Days:
		return p.Days()
	case tags.Months:
		return p.Months(s.MaxMonths)
	}
	return p.Count()
}
