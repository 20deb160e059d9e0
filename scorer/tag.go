package scorer

import (
	"fmt"
	"time"

	"winback/scorer/tags"
)

// maxSelectors is how many different sums the tags may ask for together.
const maxSelectors = 256

// selector is one sum that tags ask for, in grains.
type selector struct {
	tags.Selector
	window uint32 // 0 for months
	reach  uint32
	always bool // neither hours nor weekdays are asked for
}

func (s *selector) wants(adds Aggregate) bool {
	return s.Quantity == tags.Amount && adds == Amount || s.Quantity == tags.Duration && adds == Duration
}

func (s *selector) counts() bool { return s.Quantity != tags.Amount && s.Quantity != tags.Duration }

func (r *Rules) addTags(rules []tags.Tag) (err error) {
	if r.tags, err = tags.Compile(rules); err != nil {
		return fmt.Errorf("scorer: %w", err)
	}
	for _, s := range r.tags.Selectors() {
		made := selector{Selector: s, window: uint32(s.Window / r.grain), always: !localTime(s)}
		if made.reach = made.window; s.Quantity == tags.Months {
			made.reach = uint32(s.MaxMonths+1) * 31 * r.day
		}
		r.selectors = append(r.selectors, made)
	}
	if len(r.selectors) > maxSelectors {
		return fmt.Errorf("scorer: the tags ask for %d different sums: %d at most", len(r.selectors), maxSelectors)
	}
	return nil
}

// tagging is what adding up the tags' selectors takes.
type tagging struct {
	values []int64  // by selector
	last   []uint32 // the last day or month that was counted, one above its number
	ended  []bool   // months: the run has ended
	day    uint32   // the day that month is of
	month  uint32
}

func (r *Rules) newTagging() tagging {
	n := len(r.selectors)
	return tagging{values: make([]int64, n), last: make([]uint32, n), ended: make([]bool, n), day: none}
}

// tag evaluates the tags at border h.
func (r *Rules) tag(t *tagging, cells []Cell, h uint32) uint32 {
	clear(t.values)
	clear(t.last)
	clear(t.ended)
	current := t.monthOf((h - 1) / r.day)
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		if c.Grain >= h {
			continue
		}
		for _, id := range r.lanes[c.lane].selectors {
			s := &r.selectors[id]
			if s.Quantity == tags.Months {
				if s.always || r.selects(s, c) {
					t.run(id, s, t.monthOf(c.Grain/r.day), current)
				}
			} else if c.Grain >= back(h, s.window) && (s.always || r.selects(s, c)) {
				t.take(id, s, c, c.Grain/r.day)
			}
		}
	}
	return r.tags.Eval(t.values)
}

// selects reports whether the local hour and weekday of a cell are asked for.
func (r *Rules) selects(s *selector, c *Cell) bool {
	local := int64(c.Grain)*r.grain/hourMillis + int64(c.shift) + 24
	const thursday = 3 // the weekday of the epoch, Monday being 0; local is a day ahead
	return s.Hours>>(local%24)&1 == 1 && s.Weekdays>>((local/24+thursday-1)%7)&1 == 1
}

func (t *tagging) take(id uint8, s *selector, c *Cell, day uint32) {
	switch s.Quantity {
	case tags.Amount, tags.Duration:
		t.values[id] = addSaturated(t.values[id], c.Sum)
	case tags.Days:
		if t.last[id] != day+1 {
			t.last[id] = day + 1
			t.values[id]++
		}
	default:
		t.values[id] += int64(c.count)
	}
}

// run counts consecutive months with events, back from the current month or the one before.
func (t *tagging) run(id uint8, s *selector, month, current uint32) {
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
func (t *tagging) monthOf(day uint32) uint32 {
	if day != t.day {
		year, month, _ := time.Unix(int64(day)*(dayMillis/1000), 0).UTC().Date()
		t.day, t.month = day, uint32(year-1970)*12+uint32(month)-1
	}
	return t.month
}

// nextTag is the first border after last at which time alone can change a tag, as far as the cells before h tell: a cell leaves a
// selector's window, or a month begins.
func (r *Rules) nextTag(cells []Cell, last, h uint32) uint32 {
	due := none
	for i := range cells {
		c := &cells[i]
		if c.Grain >= h {
			break
		}
		for _, id := range r.lanes[c.lane].selectors {
			s := &r.selectors[id]
			switch leaves := c.Grain + 1 + s.window; {
			case s.Quantity == tags.Months && c.Grain+s.reach >= last:
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
