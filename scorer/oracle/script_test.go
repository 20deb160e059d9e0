package oracle

import (
	"strings"
	"testing"
	"time"
)

func TestTimesAndDurationsAreReadAsWritten(t *testing.T) {
	for _, text := range []string{"d0", "d-2+3h", "d12+23h59m59s999ms", "d3+1ms", "d4+5m"} {
		at, err := parseTime(text)
		if err != nil || formatTime(at) != text {
			t.Errorf("%s: %s, %v", text, formatTime(at), err)
		}
	}
	for date, text := range map[string]string{"2024-01-01": "d0", "2024-02-29+14h30m": "d59+14h30m", "2025-01-01": "d366", "2023-12-31+23h": "d-1+23h"} {
		if at, err := parseTime(date); err != nil || formatTime(at) != text {
			t.Errorf("%s: %s, want %s, %v", date, formatTime(at), text, err)
		}
	}
	for _, text := range []string{"d", "3", "d1+", "d1+2x", "d1+h", "d1+5", "2024-02-30", "2024-2-3", "2024-02-29+"} {
		if _, err := parseTime(text); err == nil {
			t.Errorf("%s was read as a time", text)
		}
	}
	for text, want := range map[string]int16{"+02:00": 120, "-08:00": -480, "+05:30": 330, "-03:30": -210, "+00:00": 0, "+14:00": 840} {
		if got, err := parseOffset(text); err != nil || got != want {
			t.Errorf("%s: %d, want %d, %v", text, got, want, err)
		}
	}
}

func TestScriptReadsAllOfAStory(t *testing.T) {
	s, err := ParseScript(`# a story
metric orders count order core windows 30d,90d
metric spend amount order,refund
metric bought days order windows 180d core
activity orders
population 0.25 1.5
forgotten 500d
assess 1d
rfm_orders bought
rfm_spend spend
rfm_recent 10d
rfm_high_spend 700
tag owl when share(any, hours=22-02, 30d) >= 0.5
profiles
until 2024-03-01
events
anna order d1 500 for 12s category coffee offset -03:30 every 1d x2
decisions
`)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Config
	want := Event{User: "anna", Type: "order", Category: "coffee", Time: Origin + 2*day, Amount: 500, Duration: 12 * second, Offset: -210}
	switch {
	case len(s.Events) != 2 || s.Events[1] != want:
		t.Errorf("events: %+v", s.Events)
	case len(c.Metrics) != 3 || !c.Metrics[0].Core || c.Metrics[0].Windows[1] != 90*day || c.Metrics[1].Core || !c.Metrics[2].Core || c.Metrics[2].Adds != Days:
		t.Errorf("metrics: %+v", c.Metrics)
	case c.Population != Population{true, 250_000, 1_500_000} || c.Forgotten != 500*day || c.Assess != day:
		t.Errorf("%+v", c)
	case c.RFM.Orders != "bought" || c.RFM.Spend != "spend" || c.RFM.Recent != 10*day || c.RFM.HighSpend != 700 || c.RFM.Lapsed != 90*day:
		t.Errorf("%+v", c.RFM)
	case len(c.Tags) != 1 || c.Tags[0].Name != "owl" || c.Tags[0].When != "share(any, hours=22-02, 30d) >= 0.5" || !s.Profiles:
		t.Errorf("%+v", c.Tags)
	case s.Until != time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli():
		t.Errorf("until %s", formatTime(s.Until))
	}
}

func TestScriptNamesTheFaultyLine(t *testing.T) {
	const form = `metric: NAME ADDS TYPE,... and perhaps "core" and "windows DURATION,..." expected`
	for text, want := range map[string]string{
		"until d3\nwindo 7d\nevents\ndecisions\n":                        "line 2: no setting is called windo",
		"until d3\nmetric a b c\nevents\ndecisions\n":                    "line 2: metric a: nothing is called b that it could add",
		"until d3\nmetric a count\nevents\ndecisions\n":                  "line 2: " + form,
		"until d3\nmetric a count b soft\nevents\ndecisions\n":           "line 2: " + form,
		"until d3\nmetric a count b windows 3\nevents\ndecisions\n":      "line 2: 3 is not a duration such as 7d, 1h30m or 250ms",
		"until d3\nprofiles on\nevents\ndecisions\n":                     "line 2: profiles: no value expected",
		"until d3\npopulation 0.5\nevents\ndecisions\n":                  "line 2: population: FLOOR CEILING expected",
		"until d3\npopulation 0 1\nevents\ndecisions\n":                  "line 2: population: a floor above 0 and a ceiling no lower expected",
		"until d3\ntag owl count(any, 7d) > 3\nevents\ndecisions\n":      "line 2: tag: NAME when RULE expected",
		"until d3\ntag owl when cuont(any, 7d) > 3\nevents\ndecisions\n": `line 2: tag owl: cuont is no function`,
		"until d3\nevents\nanna visit d0 every 1d\ndecisions\n":          `line 3: event: every is no amount and does not begin "for DURATION", "category NAME", "offset +HH:MM" or "every DURATION xCOUNT"`,
		"until d3\nevents\nanna visit d0 offset 2h\ndecisions\n":         "line 3: 2h is not an offset such as +05:30 or -08:00",
		"until d3\nevents\nanna visit 2024-02-30\ndecisions\n":           "line 3: 2024-02-30 is not a time such as d3, d3+14h30m or 2024-02-29+14h30m",
		"until d3\nevents\n":                                            `no line "decisions" ends the events`,
		"events\ndecisions\n":                                           `no line "until" says where the story ends`,
		"until d3+30m\nevents\ndecisions\n":                             "until is not a multiple of the grain",
		"until d3\nassess 90m\nevents\ndecisions\n":                     "assess is not a multiple of the grain",
		"until d3\nforgotten 90d\nevents\ndecisions\n":                  "forgotten: more than churned expected",
		"until d3\nactivity orders\nevents\ndecisions\n":                `no metric is called "orders"`,
		"until d3\nmetric o count o\nrfm_orders o\nevents\ndecisions\n": `no metric is called ""`,
		"until d3\ndrop_enter 0.1234567\nevents\ndecisions\n":           "line 2: 0.1234567 has more than six decimals",
		"until d3\n\n# a comment\nlateness 5q\nevents\ndecisions\n":     "line 4: 5q is not a duration such as 7d, 1h30m or 250ms",
		"until d3\nevents\nanna visit d0 5 for ever\ndecisions\n":       "line 3: ever is not a duration such as 7d, 1h30m or 250ms",
		"until d3\nevents\nanna visit\ndecisions\nignored from here":    "line 3: event: USER TYPE TIME expected",
	} {
		if _, err := ParseScript(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
