package oracle

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// setting reads one line of the configuration.
func (s *Script) setting(words []string) error {
	switch words[0] {
	case "metric":
		return s.metric(words[1:])
	case "tag":
		return s.tag(words[1:])
	case "model":
		return s.model(strings.Join(words[1:], " "))
	case "population":
		return s.population(words[1:])
	case "profiles":
		s.Profiles = true
		return nothing(words)
	}
	if len(words) != 2 {
		return fmt.Errorf("%s: one value expected", words[0])
	}
	return s.value(words[0], words[1])
}

func nothing(words []string) error {
	if len(words) > 1 {
		return fmt.Errorf("%s: no value expected", words[0])
	}
	return nil
}

func (s *Script) value(name, value string) (err error) {
	c := &s.Config
	if d := s.duration(name); d != nil {
		*d, err = parseDuration(value)
		return err
	}
	if n := s.number(name); n != nil {
		*n, err = strconv.ParseInt(value, 10, 64)
		return err
	}
	switch name {
	case "activity":
		c.Activity = strings.Split(value, ",")
	case "until":
		s.Until, err = parseTime(value)
	case "drop_enter":
		c.DropEnter, err = parseShare(value)
	case "drop_exit":
		c.DropExit, err = parseShare(value)
	case "risk_threshold":
		c.RiskEnter, err = strconv.ParseFloat(value, 64)
	case "risk_exit":
		c.RiskExit, err = strconv.ParseFloat(value, 64)
	case "base_rate":
		c.BaseRate, err = strconv.ParseFloat(value, 64)
	case "min_weeks":
		c.MinWeeks, err = strconv.Atoi(value)
	case "rfm_orders":
		c.RFM.Orders = value
	case "rfm_spend":
		c.RFM.Spend = value
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
		"churned": &c.Churned, "forgotten": &c.Forgotten, "active_window": &c.ActiveWindow, "session_gap": &c.SessionGap,
		"reach": &c.Reach, "assess": &c.Assess, "rfm_window": &c.RFM.Window, "rfm_recent": &c.RFM.Recent, "rfm_lapsed": &c.RFM.Lapsed,
		"lateness": &s.Clock.Lateness, "max_jump": &s.Clock.MaxJump,
	}[name]
}

// number does the same for whole numbers.
func (s *Script) number(name string) *int64 {
	c := &s.Config
	return map[string]*int64{
		"min_baseline": &c.MinBaseline, "active_events": &c.ActiveEvents, "rfm_high_orders": &c.RFM.HighOrders,
		"rfm_high_spend": &c.RFM.HighSpend, "rfm_potential_spend": &c.RFM.PotentialSpend, "jump_witnesses": &s.Clock.Witnesses,
	}[name]
}

func (s *Script) metric(words []string) (err error) {
	if len(words) < 3 {
		return metricForm()
	}
	m := Metric{Name: words[0], Adds: words[1], Types: strings.Split(words[2], ",")}
	if !slices.Contains([]string{Count, Amount, Duration, Sessions, Days}, m.Adds) {
		return fmt.Errorf("metric %s: nothing is called %s that it could add", m.Name, m.Adds)
	}
	for words = words[3:]; len(words) > 0; {
		switch {
		case words[0] == "core":
			m.Core, words = true, words[1:]
		case words[0] == "windows" && len(words) >= 2:
			if m.Windows, err = parseDurations(words[1]); err != nil {
				return err
			}
			words = words[2:]
		default:
			return metricForm()
		}
	}
	s.Config.Metrics = append(s.Config.Metrics, m)
	return nil
}

func metricForm() error {
	return fmt.Errorf(`metric: NAME ADDS TYPE,... and perhaps "core" and "windows DURATION,..." expected`)
}

func (s *Script) tag(words []string) error {
	if len(words) < 3 || words[1] != "when" {
		return fmt.Errorf("tag: NAME when RULE expected")
	}
	tag, err := ParseTag(words[0], strings.Join(words[2:], " "))
	if err != nil {
		return fmt.Errorf("tag %s: %w", words[0], err)
	}
	s.Config.Tags = append(s.Config.Tags, tag)
	return nil
}

// model reads the rest of a line: a model file on one line, or a part of one, since such a line goes on where the one before ended.
func (s *Script) model(text string) error {
	s.Config.Model += text
	return nil
}

func (s *Script) population(words []string) (err error) {
	p := &s.Config.Population
	if len(words) != 2 {
		return fmt.Errorf("population: FLOOR CEILING expected")
	}
	p.On = true
	if p.Floor, err = parseShare(words[0]); err != nil {
		return err
	}
	if p.Ceiling, err = parseShare(words[1]); err == nil && (p.Floor <= 0 || p.Floor > p.Ceiling) {
		err = fmt.Errorf("population: a floor above 0 and a ceiling no lower expected")
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
