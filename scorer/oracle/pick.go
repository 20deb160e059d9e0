package oracle

import (
	"slices"
	"time"
)

// Pick says which events a tag's function is about. A filter that is left empty lets every event pass.
type Pick struct {
	Types    []string
	Category string
	Hours    []int // of the user's local day, 0 to 23
	Weekdays []time.Weekday
	Window   int64
}

// HoursFrom lists the hours of the day from one on and before another, over midnight if need be.
func HoursFrom(from, to int) (hours []int) {
	for hour := from; hour != to; hour = (hour + 1) % 24 {
		hours = append(hours, hour)
	}
	return hours
}

func (p Pick) passes(e Event) bool {
	return (p.Types == nil || slices.Contains(p.Types, e.Type)) &&
		(p.Category == "" || e.Category == p.Category) &&
		(p.Hours == nil || slices.Contains(p.Hours, e.local().Hour())) &&
		(p.Weekdays == nil || slices.Contains(p.Weekdays, e.local().Weekday()))
}

// sum adds up what the events in the window before the border make.
func (p Pick) sum(events []Event, border int64, of func(Event) int64) (sum int64) {
	for _, e := range events {
		if p.passes(e) && e.Time >= border-p.Window && e.Time < border {
			sum += of(e)
		}
	}
	return sum
}

func (p Pick) plain(of func(Event) int64) Value {
	return Value{
		of:   func(events []Event, border int64) (n, d int64) { return p.sum(events, border, of), 1 },
		look: Look{p.Types, p.Window},
	}
}

func one(Event) int64           { return 1 }
func amountOf(e Event) int64    { return e.Amount }
func durationOf(e Event) int64  { return e.Duration }
func (p Pick) unfiltered() Pick { return Pick{Types: p.Types, Window: p.Window} }
func (p Pick) ratio(a, b Value) Value {
	return Value{
		of: func(events []Event, border int64) (n, d int64) {
			n, _ = a.of(events, border)
			d, _ = b.of(events, border)
			return n, d
		},
		ratio: true,
		look:  Look{p.Types, p.Window},
	}
}

// Count is how many events there are.
func (p Pick) Count() Value { return p.plain(one) }

// Amount is what they are worth, in minor units.
func (p Pick) Amount() Value { return p.plain(amountOf) }

// Duration is how long they took, in milliseconds.
func (p Pick) Duration() Value { return p.plain(durationOf) }

// Average is how long one took, in milliseconds.
func (p Pick) Average() Value { return p.ratio(p.Duration(), p.Count()) }

// Share is the part of the types' events that passes the filters.
func (p Pick) Share() Value { return p.ratio(p.Count(), p.unfiltered().Count()) }

// Days is the number of days, by the user's own calendar, with such an event.
func (p Pick) Days() Value {
	return Value{
		of: func(events []Event, border int64) (n, d int64) {
			seen := map[int64]bool{}
			p.sum(events, border, func(e Event) int64 { seen[e.ownDay()] = true; return 0 })
			return int64(len(seen)), 1
		},
		look: Look{p.Types, p.Window},
	}
}

// Months is the number of UTC calendar months on end with such an event, the last of them the border's own or, if that has none, the
// one before. Nobody asks whether it is more than most. The Pick's window does not matter.
func (p Pick) Months(most int) Value {
	return Value{
		of:   func(events []Event, border int64) (n, d int64) { return p.months(events, border), 1 },
		look: Look{p.Types, int64(most+1) * 31 * day},
	}
}

func (p Pick) months(events []Event, border int64) (run int64) {
	seen := map[int]bool{}
	for _, e := range events {
		if p.passes(e) && e.Time < border {
			seen[monthOf(e.Time)] = true
		}
	}
	month := monthOf(border - 1)
	if !seen[month] {
		month--
	}
	for ; seen[month]; month-- {
		run++
	}
	return run
}

// monthOf numbers the UTC calendar months.
func monthOf(t int64) int {
	at := time.UnixMilli(t).UTC()
	return at.Year()*12 + int(at.Month())
}
