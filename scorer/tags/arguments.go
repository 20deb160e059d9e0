package tags

import (
	"slices"
	"strconv"
	"strings"

	"winback/schemas"
)

// MaxWindow bounds how far a function looks back.
const MaxWindow = 400 * schemas.Day

// given collects what stands between a function's parentheses.
type given struct {
	of       *function
	selector Selector
	seen     []string // filters
}

// arguments reads "(types, filters, window)" behind the function at name. Filters and window may stand in any order.
func (p *parser) arguments(name token, of *function) (Selector, error) {
	g := given{of, Selector{Quantity: of.part, AnyCategory: true, Hours: AllHours, Weekdays: AllWeekdays}, nil}
	if t := p.next(); !t.is("(") {
		return g.selector, t.fault("%s: expected ( and the arguments of %s, such as %s", t.show(), of.name, of.example())
	}
	if err := p.types(&g.selector); err != nil {
		return g.selector, err
	}
	for p.peek().is(",") {
		p.next()
		if err := p.argument(&g); err != nil {
			return g.selector, err
		}
	}
	switch t := p.next(); {
	case !t.is(")"):
		return g.selector, t.fault("%s: expected , or ) in the arguments of %s", t.show(), of.name)
	case g.selector.Window == 0 && of.part != Months:
		return g.selector, t.fault("%s() needs a window, such as %s", of.name, of.example())
	case of.ratio == ofAll && g.seen == nil:
		return g.selector, name.fault("share() needs a filter (category=, hours=, weekdays=), such as %s", of.example())
	}
	return g.selector, nil
}

// example is a call that is right.
func (f *function) example() string {
	switch {
	case f.part == Months:
		return f.name + "(order)"
	case f.ratio == ofAll:
		return f.name + "(view, hours=22-02, 30d)"
	}
	return f.name + "(view, 30d)"
}

// types reads "view|search" or "any".
func (p *parser) types(s *Selector) error {
	for {
		t := p.next()
		filter := t.kind == word && p.peek().is("=")
		switch {
		case filter || t.kind != word && t.kind != quoted:
			return t.fault(`%s: event types come first, as view, view|search or "2nd view"; any stands for all`, t.show())
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

// argument reads a filter or the window.
func (p *parser) argument(g *given) error {
	t := p.next()
	if t.kind == number || t.kind == quoted {
		return g.window(t)
	}
	if t.kind != word || !slices.Contains(filters, t.text) {
		return p.noArgument(t)
	}
	if slices.Contains(g.seen, t.text) {
		return t.fault("%s stands here twice: a function takes every filter once", t.text)
	}
	g.seen = append(g.seen, t.text)
	if is := p.next(); !is.is("=") {
		return is.fault("%s: expected = and a value behind %s", is.show(), t.text)
	}
	switch t.text {
	case "category":
		return category(p.next(), &g.selector)
	case "hours":
		return hours(p.next(), &g.selector)
	}
	return p.weekdays(&g.selector)
}

func (p *parser) noArgument(t token) error {
	if near := suggest(t, filters...); near != "" {
		return t.fault("%s is no filter%s", t.show(), near)
	}
	if t.kind == word && p.peek().is("=") {
		return t.fault("%s is no filter: use %s", t.show(), strings.Join(filters, ", "))
	}
	return t.fault("%s: expected a filter (category=, hours=, weekdays=) or a window such as 30d; types are joined as view|search", t.show())
}

func (g *given) window(t token) error {
	if g.of.part == Months {
		return t.fault("%s: months() takes no window, it looks back month by month: drop it", t.show())
	}
	if g.selector.Window != 0 {
		return t.fault("%s is a second window: a function has one", t.show())
	}
	window, err := schemas.ParseDuration(t.text)
	if err != nil {
		return t.fault("%v", err)
	}
	if window <= 0 || window > MaxWindow {
		return t.fault("a window of %v: use more than 0s, at most %v", window, MaxWindow)
	}
	g.selector.Window = window.Milliseconds()
	return nil
}

func category(t token, s *Selector) error {
	switch {
	case t.named(anyType):
		return t.fault(`category=any filters nothing: drop it, or write "any" in quotes for a category of that name`)
	case t.kind != word && t.kind != number && t.kind != quoted:
		return t.fault(`%s: expected a category, such as category=shoes or category="home & garden"`, t.show())
	case t.text == "":
		return t.fault("a category has a name: put one between the quotes")
	}
	s.Category, s.AnyCategory = t.text, false
	return nil
}

// hours reads "22-02": from the first hour to the second, which is not in it.
func hours(t token, s *Selector) error {
	left, right, _ := strings.Cut(t.text, "-")
	from, to := hourOf(left), hourOf(right)
	switch {
	case t.kind != number || from < 0 || from > 23 || to < 0:
		return t.fault("%s is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20", t.show())
	case from == to%24:
		return t.fault("%s is every hour of the day: drop the filter", t.show())
	}
	s.Hours = 0
	for hour := from; hour != to%24; hour = (hour + 1) % 24 {
		s.Hours |= 1 << hour
	}
	return nil
}

// hourOf reads an hour of one or two digits, 0 to 24; -1 if it is none.
func hourOf(text string) int {
	hour, err := strconv.ParseUint(text, 10, 8)
	if err != nil || hour > 24 || len(text) > 2 {
		return -1
	}
	return int(hour)
}

func (p *parser) weekdays(s *Selector) error {
	s.Weekdays = 0
	for {
		t := p.next()
		day := slices.Index(weekdays[:], t.text)
		if t.kind != word || day < 0 {
			near := suggest(t, weekdays[:]...)
			if near == "" {
				near = ": write " + strings.Join(weekdays[:], ", ") + ", joined as sat|sun"
			}
			return t.fault("%s is no day of the week%s", t.show(), near)
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
