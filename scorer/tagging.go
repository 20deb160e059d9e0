package scorer

import (
	"time"

	"winback/scorer/tags"
	"winback/scorer/track"
)

// tagSums is what adding up the tags' selectors takes.
type tagSums struct {
	values []int64  // by selector
	from   []uint32 // by selector: the oldest grain in its window
	days   []DaySet // by selector: the own days that were counted
	last   []uint32 // by selector: the last month that was counted, one above its number
	ended  []bool   // months: the run has ended
	day    uint32   // the day that month is of
	month  uint32
}

func (r *Rules) newTagSums() tagSums {
	n := len(r.selectors)
	return tagSums{values: make([]int64, n), from: make([]uint32, n), days: make([]DaySet, n), last: make([]uint32, n), ended: make([]bool, n), day: Never}
}

// tagsAt evaluates the tags at border h, a bit each.
func (r *Rules) tagsAt(t *tagSums, cells []track.Cell, h uint32) uint32 {
	r.sumTags(t, cells, h)
	return r.tags.Eval(t.values)
}

// sumTags adds up what the tags ask for at border h.
func (r *Rules) sumTags(t *tagSums, cells []track.Cell, h uint32) {
	clear(t.values)
	clear(t.days)
	clear(t.last)
	clear(t.ended)
	for i := range r.selectors {
		t.from[i] = track.GrainsBefore(h, r.selectors[i].expiry)
	}
	current, oldest := t.monthOf(r.dayOf(h-1)), track.GrainsBefore(h, r.longestSelector)
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if c.Grain >= h {
			continue
		}
		if c.Grain < oldest {
			return
		}
		for _, in := range r.lanes[c.Lane].tagInputs {
			if c.Grain < t.from[in.selector] || in.filtered && !r.selects(&r.selectors[in.selector], c) {
				continue
			}
			switch in.quantity {
			case tags.Count:
				t.values[in.selector] += int64(c.Count)
			case tags.Days:
				if r.addCell(&t.days[in.selector], c) {
					t.values[in.selector]++
				}
			case tags.Months:
				t.addMonth(in.selector, &r.selectors[in.selector], t.monthOf(r.dayOf(c.Grain)), current)
			default:
				t.values[in.selector] = track.AddSaturated(t.values[in.selector], c.Sum)
			}
		}
	}
}

// selects reports whether the local hour and weekday of a cell are asked for.
func (r *Rules) selects(s *selector, c *track.Cell) bool {
	local := int64(c.Grain)*r.grain/hourMillis + int64(c.Shift) + 24
	const thursday = 3 // the weekday of the epoch, Monday being 0; local is a day ahead
	return s.Hours>>(local%24)&1 == 1 && s.Weekdays>>((local/24+thursday-1)%7)&1 == 1
}

// addMonth counts consecutive months with events, back from the current month or the one before.
func (t *tagSums) addMonth(id uint8, s *selector, month, current uint32) {
	last := t.last[id]
	switch {
	case t.ended[id] || last == month+1:
		return
	case last == 0 && month+1 < current, last != 0 && last != month+2, t.values[id] == int64(s.MaxMonths):
		t.ended[id] = true
		return
	}
	t.last[id] = month + 1
	t.values[id]++
}

// monthOf is the number of the calendar month that a day since the epoch lies in. Cells come day by day, so one is remembered.
func (t *tagSums) monthOf(day uint32) uint32 {
	if day != t.day {
		year, month, _ := time.Unix(int64(day)*(dayMillis/1000), 0).UTC().Date()
		t.day, t.month = day, uint32(year-1970)*12+uint32(month)-1
	}
	return t.month
}

// nextTagChange is the first border after last at which time alone can change a tag, as far as the cells before h tell: a cell leaves a
// selector's window, or a month begins.
func (r *Rules) nextTagChange(cells []track.Cell, last, h uint32) uint32 {
	due := Never
	for i := range cells {
		c := &cells[i]
		if c.Grain >= h {
			break
		}
		for _, in := range r.lanes[c.Lane].tagInputs {
			s := &r.selectors[in.selector]
			switch leaves := c.Grain + 1 + s.window; {
			case s.Quantity == tags.Months && c.Grain+s.expiry >= last:
				due = min(due, r.nextMonth(last))
			case s.Quantity != tags.Months && leaves > last:
				due = min(due, leaves)
			}
		}
	}
	return due
}

// nextMonth is the first border after h at which the month of the grain before it is another.
func (r *Rules) nextMonth(h uint32) uint32 {
	year, month, _ := time.UnixMilli(int64(h-1) * r.grain).UTC().Date()
	return uint32(time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()/r.grain) + 1
}
