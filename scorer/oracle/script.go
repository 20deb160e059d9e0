package oracle

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Script is a story as text: a configuration, events, and the decisions that must follow. Lines that are empty or begin with # are
// skipped. It begins with Defaults and changes them by lines such as
//
//	metric spend amount order,refund core    name, what it adds, event types, and "core" if a drop in it opens an episode
//	activity visits,orders
//	window 7d                                likewise grain, baseline, reach and the other durations of Config
//	drop_enter 0.3                           likewise drop_exit, alpha, min_baseline, min_weeks, active_events
//	lateness 5m
//	until d60+6h                             the last border judged
//
// Then comes a line "events" (they arrive in order of time) or "arrivals" (they arrive as written), and events:
//
//	USER TYPE TIME [AMOUNT] [for DURATION] [every DURATION xCOUNT]
//
// A time counts from Origin: d3+14h30m. After a line "decisions" stand the decisions, one a line as Render writes them.
type Script struct {
	Config          Config
	Lateness, Until int64
	Events          []Event // in the order they arrive
	Decisions       string  // what must follow, as Render writes it
	story           string  // all text up to and including the line "decisions"
}

// Origin is day 0 of every script and of Random, 2024-01-01T00:00:00Z, a Monday.
const Origin = int64(1_704_067_200_000)

// ParseScript reads a script. An error names the line.
func ParseScript(text string) (*Script, error) {
	s := &Script{Config: Defaults(), Until: -1}
	read, sorted := s.setting, false
	rest := text
	for number := 1; rest != ""; number++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case line == "events" || line == "arrivals":
			read, sorted = s.event, line == "events"
		case line == "decisions":
			s.story, s.Decisions = text[:len(text)-len(rest)], rest
			if sorted {
				slices.SortStableFunc(s.Events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
			}
			return s, s.check()
		default:
			if err := read(words); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
	return nil, fmt.Errorf(`no line "decisions" ends the events`)
}

// check refuses what would be judged at no border, or at other borders than the story means.
func (s *Script) check() error {
	if s.Until < 0 {
		return fmt.Errorf(`no line "until" says where the story ends`)
	}
	for name, d := range map[string]int64{"until": s.Until, "window": s.Config.Window, "baseline": s.Config.Baseline, "a day": day} {
		if d%s.Config.Grain != 0 {
			return fmt.Errorf("%s is not a multiple of the grain", name)
		}
	}
	return nil
}

// setting reads one line of the configuration.
func (s *Script) setting(words []string) (err error) {
	if words[0] == "metric" {
		return s.metric(words[1:])
	}
	if len(words) != 2 {
		return fmt.Errorf("%s: one value expected", words[0])
	}
	name, value := words[0], words[1]
	if d := s.duration(name); d != nil {
		*d, err = parseDuration(value)
		return err
	}
	switch name {
	case "activity":
		s.Config.Activity = strings.Split(value, ",")
	case "until":
		s.Until, err = parseTime(value)
	case "drop_enter":
		s.Config.DropEnter, err = parseShare(value)
	case "drop_exit":
		s.Config.DropExit, err = parseShare(value)
	case "alpha":
		s.Config.Alpha, err = strconv.ParseFloat(value, 64)
	case "min_baseline":
		s.Config.MinBaseline, err = strconv.ParseInt(value, 10, 64)
	case "min_weeks":
		s.Config.MinWeeks, err = strconv.Atoi(value)
	case "active_events":
		s.Config.ActiveEvents, err = strconv.ParseInt(value, 10, 64)
	default:
		err = fmt.Errorf("no setting is called %s", name)
	}
	return err
}

// duration returns where the duration of this name is kept, nil if there is none.
func (s *Script) duration(name string) *int64 {
	c := &s.Config
	return map[string]*int64{
		"grain": &c.Grain, "window": &c.Window, "baseline": &c.Baseline, "new_under": &c.NewUnder,
		"silent_light": &c.SilentLight, "silent_moderate": &c.SilentModerate, "silent_heavy": &c.SilentHeavy,
		"churned": &c.Churned, "active_window": &c.ActiveWindow, "session_gap": &c.SessionGap, "reach": &c.Reach,
		"lateness": &s.Lateness,
	}[name]
}

func (s *Script) metric(words []string) error {
	if len(words) < 3 || len(words) > 4 || len(words) == 4 && words[3] != "core" {
		return fmt.Errorf(`metric: NAME ADDS TYPE,... and perhaps "core" expected`)
	}
	if !slices.Contains([]string{Count, Amount, Duration, Sessions}, words[1]) {
		return fmt.Errorf("metric %s: nothing is called %s that it could add", words[0], words[1])
	}
	m := Metric{Name: words[0], Adds: words[1], Types: strings.Split(words[2], ","), Core: len(words) == 4}
	s.Config.Metrics = append(s.Config.Metrics, m)
	return nil
}

// event reads one line of events.
func (s *Script) event(words []string) (err error) {
	if len(words) < 3 {
		return fmt.Errorf("event: USER TYPE TIME expected")
	}
	e, step, count := Event{User: words[0], Type: words[1]}, int64(0), 1
	if e.Time, err = parseTime(words[2]); err != nil {
		return err
	}
	for words = words[3:]; len(words) > 0 && err == nil; {
		switch {
		case words[0] == "for" && len(words) >= 2:
			e.Duration, err = parseDuration(words[1])
			words = words[2:]
		case words[0] == "every" && len(words) >= 3 && words[2][0] == 'x':
			if step, err = parseDuration(words[1]); err == nil {
				count, err = strconv.Atoi(words[2][1:])
			}
			words = words[3:]
		default:
			if e.Amount, err = strconv.ParseInt(words[0], 10, 64); err != nil {
				err = fmt.Errorf(`event: %s is no amount, no "for DURATION" and no "every DURATION xCOUNT"`, words[0])
			}
			words = words[1:]
		}
	}
	for ; count > 0; count-- {
		s.Events = append(s.Events, e)
		e.Time += step
	}
	return err
}

// parseShare reads a decimal share as millionths.
func parseShare(text string) (int64, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fmt.Errorf("%s is not a number", text)
	}
	r.Mul(r, big.NewRat(Million, 1))
	if !r.IsInt() {
		return 0, fmt.Errorf("%s has more than six decimals", text)
	}
	return r.Num().Int64(), nil
}
