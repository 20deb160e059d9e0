package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"winback/schemas"
)

// Script is a story as text: a configuration, events, and the decisions that must follow. Lines that are empty or begin with # are
// skipped. It begins with Defaults and changes them by lines such as
//
//	metric spend amount order,refund core    name, what it adds, event types, and "core" if a drop in it opens an episode
//	metric views count view windows 30d,90d  kept that far back, whatever the rules need
//	activity visits,orders
//	window 7d                                likewise grain, baseline, reach, forgotten, assess and the other durations of Config
//	drop_enter 0.3                           likewise drop_exit, min_baseline, min_weeks, active_events
//	population 0.5 1                         on, with its floor and ceiling
//	rfm_window 180d                          likewise rfm_recent, rfm_lapsed, rfm_high_orders, rfm_high_spend, rfm_potential_spend
//	rfm_orders purchases                     likewise rfm_spend
//	model {"bias": -2, ...}                  a model file, on one line or on several that all begin with "model"
//	risk_threshold 40                        likewise risk_exit, base_rate: instead of what the model says
//	tag night_owl when share(view, hours=22-02, 30d) >= 0.5
//	profiles                                 the profile rows stand among the decisions
//	lateness 5m                              likewise max_jump
//	jump_witnesses 3                         as many as that must agree on a jump, unless the story says otherwise
//	until d60+6h                             the last border judged
//
// Then comes a line "events" (they arrive in order of time) or "arrivals" (they arrive as written), and events:
//
//	USER TYPE TIME [AMOUNT] [for DURATION] [category NAME] [offset +HH:MM] [every DURATION xCOUNT]
//
// A time counts in UTC, from Origin: d3+14h30m; or it begins with a date: 2024-02-29+14h30m. An offset is that of the user's clock, ahead
// of UTC or behind. After a line "decisions" stand the decisions, one a line as the Script's Render writes them.
type Script struct {
	Config    Config
	Clock     Clock
	Until     int64
	Profiles  bool    // the profile rows are part of the story
	Events    []Event // in the order they arrive
	Decisions string  // what must follow, as Render writes it
	story     string  // all text up to and including the line "decisions"
}

// Origin is day 0 of every script and of Random, 2024-01-01T00:00:00Z, a Monday.
const Origin = int64(1_704_067_200_000)

// ParseScript reads a script. An error names the line.
func ParseScript(text string) (*Script, error) {
	s := &Script{Config: Defaults(), Clock: Clock{Witnesses: 3}, Until: -1}
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
	return nil, errors.New(`no line "decisions" ends the events`)
}

// check refuses what would be judged at no border, or at other borders than the story means, and names that nobody bears.
func (s *Script) check() error {
	if s.Until < 0 {
		return errors.New(`no line "until" says where the story ends`)
	}
	c := &s.Config
	for name, d := range map[string]int64{
		"until": s.Until, "window": c.Window, "baseline": c.Baseline, "a day": day, "assess": c.Assess, "forgotten": c.forgotten(), "rfm_window": c.RFM.Window,
	} {
		if d%c.Grain != 0 {
			return fmt.Errorf("%s is not a multiple of the grain", name)
		}
	}
	if c.Assess <= 0 {
		return errors.New("assess: more than 0 expected")
	}
	if c.forgotten() <= c.Churned {
		return errors.New("forgotten: more than churned expected")
	}
	if c.Model != "" {
		if _, err := ParseModel([]byte(c.Model)); err != nil {
			return err
		}
	}
	names := slices.Clone(c.Activity)
	if orders, spend := c.rfmMetrics(); orders != "" || spend != "" {
		names = append(names, orders, spend)
	}
	for _, name := range names {
		if c.metric(name) < 0 {
			return fmt.Errorf("no metric is called %q", name)
		}
	}
	return nil
}

// Render writes the decisions, and the profile rows too where the story has them, by border and user, and then the refused events.
func (s *Script) Render(decisions []schemas.Decision, profiles []schemas.Profile, refused []Event) string {
	if !s.Profiles {
		profiles = nil
	}
	return render(decisions, profiles, refused)
}

// With returns the script's text with other decisions.
func (s *Script) With(decisions string) string { return s.story + decisions }
