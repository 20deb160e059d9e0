package tags

import (
	"slices"
	"strconv"
	"strings"

	"winback/schemas"
)

// MaxWindow bounds how far a function looks back.
const MaxWindow = 400 * schemas.Day

// call is a function with what stands between its parentheses.
type call struct {
	function *function
	selector Selector
	filters  []string // the filters read so far, by name
}

// parseArguments reads "(types, filters, window)" behind the function at name. Filters and window may stand in any order.
func (p *parser) parseArguments(name token, of *function) (Selector, error) {
	c := call{of, Selector{Quantity: of.quantity, AnyCategory: true, Hours: AllHours, Weekdays: AllWeekdays}, nil}
	if t := p.next(); !t.is("(") {
		return c.selector, t.fault("%s: expected ( and the arguments of %s, such as %s", t.display(), of.name, of.example())
	}
	if err := p.parseTypes(&c.selector); err != nil {
		return c.selector, err
	}
	for p.peek().is(",") {
		p.next()
		if err := p.parseArgument(&c); err != nil {
			return c.selector, err
		}
	}
	switch t := p.next(); {
	case !t.is(")"):
		return c.selector, t.fault("%s: expected , or ) in the arguments of %s", t.display(), of.name)
	case c.selector.Window == 0 && of.quantity != Months:
		return c.selector, t.fault("%s() needs a window, such as %s", of.name, of.example())
	case of.ratio == ofUnfiltered && c.filters == nil:
		return c.selector, name.fault("share() needs a filter (category=, hours=, weekdays=), such as %s", of.example())
	}
	return c.selector, nil
}

// example is a call that is right.
func (f *function) example() string {
	switch {
	case f.quantity == Months:
		return f.name + "(order)"
	case f.ratio == ofUnfiltered:
		return f.name + "(view, hours=22-02, 30d)"
	}
	return f.name + "(view, 30d)"
}

// parseTypes reads "view|search" or "any".
func (p *parser) parseTypes(s *Selector) error {
	for {
		t := p.next()
		filter := t.kind == word && p.peek().is("=")
		switch {
		case filter || t.kind != word && t.kind != quoted:
			return t.fault(`%s: event types come first, as view, view|search or "2nd view"; any stands for all`, t.display())
		case t.text == "":
			return t.fault("an event type has a name: put one between the quotes")
		case t.named(anyType) && (s.Types != nil || p.peek().is("|")):
			return t.fault(`any stands for every type already: write it alone, or "any" in quotes for a type of that name`)
		case !t.named(anyType):
			s.Types = append(s.Types, t.text)
		}
		if !p.peek().is("|") {
			slices.Sort(s.Types)
			s.Types = slices.Compact(s.Types)
			return nil
		}
		p.next()
	}
}

// parseArgument reads a filter or the window.
func (p *parser) parseArgument(c *call) error {
	t := p.next()
	if t.kind == number || t.kind == quoted {
		return c.readWindow(t)
	}
	if t.kind != word || !slices.Contains(filters, t.text) {
		return p.unknownArgument(t)
	}
	if slices.Contains(c.filters, t.text) {
		return t.fault("%s stands here twice: a function takes every filter once", t.text)
	}
	c.filters = append(c.filters, t.text)
	if is := p.next(); !is.is("=") {
		return is.fault("%s: expected = and a value behind %s", is.display(), t.text)
	}
	switch t.text {
	case "category":
		return readCategory(p.next(), &c.selector)
	case "hours":
		return readHours(p.next(), &c.selector)
	}
	return p.parseWeekdays(&c.selector)
}

// unknownArgument is the error at what is neither a filter nor a window.
func (p *parser) unknownArgument(t token) error {
	if near := suggest(t, filters...); near != "" {
		return t.fault("%s is no filter%s", t.display(), near)
	}
	if t.kind == word && p.peek().is("=") {
		return t.fault("%s is no filter: use %s", t.display(), strings.Join(filters, ", "))
	}
	return t.fault("%s: expected a filter (category=, hours=, weekdays=) or a window such as 30d; types are joined as view|search", t.display())
}

func (c *call) readWindow(t token) error {
	if c.function.quantity == Months {
		return t.fault("%s: months() takes no window, it looks back month by month: drop it", t.display())
	}
	if c.selector.Window != 0 {
		return t.fault("%s is a second window: a function has one", t.display())
	}
	window, err := schemas.ParseDuration(t.text)
	if err != nil {
		return t.fault("%v", err)
	}
	if window <= 0 || window > MaxWindow {
		return t.fault("a window of %v: use more than 0s, at most %v", window, MaxWindow)
	}
	c.selector.Window = window.Milliseconds()
	return nil
}

func readCategory(t token, s *Selector) error {
	switch {
	case t.named(anyType):
		return t.fault(`category=any filters nothing: drop it, or write "any" in quotes for a category of that name`)
	case t.kind != word && t.kind != number && t.kind != quoted:
		return t.fault(`%s: expected a category, such as category=shoes or category="home & garden"`, t.display())
	case t.text == "":
		return t.fault("a category has a name: put one between the quotes")
	}
	s.Category, s.AnyCategory = t.text, false
	return nil
}

// readHours reads "22-02": from the first hour to the second, which is not in it.
func readHours(t token, s *Selector) error {
	left, right, _ := strings.Cut(t.text, "-")
	from, to := parseHour(left), parseHour(right)
	switch {
	case t.kind != number || from < 0 || from > 23 || to < 0:
		return t.fault("%s is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20", t.display())
	case from == to%24:
		return t.fault("%s is every hour of the day: drop the filter", t.display())
	}
	s.Hours = 0
	for hour := from; hour != to%24; hour = (hour + 1) % 24 {
		s.Hours |= 1 << hour
	}
	return nil
}

// parseHour reads an hour of one or two digits, 0 to 24; -1 if it is none.
func parseHour(text string) int {
	hour, err := strconv.ParseUint(text, 10, 8)
	if err != nil || hour > 24 || len(text) > 2 {
		return -1
	}
	return int(hour)
}

func (p *parser) parseWeekdays(s *Selector) error {
	s.Weekdays = 0
	for {
		t := p.next()
		day := slices.Index(weekdays[:], t.text)
		if t.kind != word || day < 0 {
			near := suggest(t, weekdays[:]...)
			if near == "" {
				near = ": write " + strings.Join(weekdays[:], ", ") + ", joined as sat|sun"
			}
			return t.fault("%s is no day of the week%s", t.display(), near)
		}
		if s.Weekdays |= 1 << day; s.Weekdays == AllWeekdays {
			return t.fault("these are all days of the week: drop the filter")
		}
		if !p.peek().is("|") {
			return nil
		}
		p.next()
	}
}
