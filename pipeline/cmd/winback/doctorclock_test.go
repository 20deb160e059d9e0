package main

import (
	"fmt"
	"strings"
	"testing"

	"winback/pipeline/config"
	"winback/schemas"
)

// sampled are events that the doctor looks at, each a user and a day, all in one partition.
func sampled(latest int64, events ...sighting) clockSample {
	c := clockSample{latest: latest * int64(schemas.Day)}
	c.begin()
	for _, e := range events {
		c.add(&schemas.Event{User: []byte(e.user), Time: e.at * int64(schemas.Day)})
	}
	return c
}

// uploaded are events of many users on one day, and behind them those that one device kept for ten days and sends all at once.
func uploaded(users, kept int) clockSample {
	var events []sighting
	for n := range users {
		events = append(events, sighting{fmt.Sprint("user", n), 100})
	}
	for range kept {
		events = append(events, sighting{"device", 90})
	}
	return sampled(0, events...)
}

func TestTheDoctorSaysWhatBrokenClocksWouldDo(t *testing.T) {
	for name, patient := range map[string]struct {
		clock    clockSample
		settings []string
		want     string // status and a part of the detail
	}{
		"all agree":        {sampled(0, sighting{"ann", 100}, sighting{"bob", 101}, sighting{"cyd", 101}), nil, "ok state.max_jump is 1d, state.jump_witnesses 3; of the newest 3 events none is so far ahead"},
		"a pause is none":  {sampled(0, sighting{"ann", 100}, sighting{"bob", 101}, sighting{"cyd", 140}, sighting{"ann", 141}), nil, "ok "},
		"who is late":      {sampled(0, sighting{"ann", 100}, sighting{"bob", 90}, sighting{"cyd", 100}, sighting{"bob", 100}), nil, "ok "},
		"an old upload":    {uploaded(20, 25), nil, "ok "},
		"one phone":        {sampled(0, sighting{"ann", 100}, sighting{"eve", 900}, sighting{"eve", 901}, sighting{"bob", 100}, sighting{"cyd", 101}), nil, "warn state.max_jump is 1d, state.jump_witnesses 3; 2 events of 1 user so far ahead of the rest, up to 1972-06-20 00:00 UTC (eve), at most 1 user of a partition within 1d of each other: they count at their own times and the watermark stays"},
		"one of two":       {sampled(0, sighting{"eve", 900}, sighting{"ann", 100}), nil, "warn state.max_jump is 1d, state.jump_witnesses 3; 1 event of 1 user so far ahead"},
		"two that agree":   {sampled(0, sighting{"ann", 100}, sighting{"eve", 900}, sighting{"fay", 901}, sighting{"bob", 100}, sighting{"cyd", 101}), nil, "warn state.max_jump is 1d, state.jump_witnesses 3; 2 events of 2 users so far"},
		"enough of them":   {sampled(0, sighting{"ann", 100}, sighting{"eve", 900}, sighting{"fay", 901}, sighting{"bob", 100}, sighting{"cyd", 101}), []string{"state.jump_witnesses=2"}, "warn state.max_jump is 1d, state.jump_witnesses 2; 2 events of 2 users so far ahead of the rest, up to 1972-06-20 00:00 UTC (fay), at most 2 users of a partition within 1d of each other: if nobody speaks before them the watermark follows"},
		"in the future":    {sampled(500, sighting{"ann", 100}, sighting{"eve", 900}), nil, "warn 1 event later than the wall clock allows: refused as future; see pipeline.max_skew (1h)"},
		"max_jump is off":  {sampled(0, sighting{"ann", 100}), []string{"state.max_jump=0"}, "ok state.max_jump is 0: every event"},
		"nothing was read": {clockSample{}, nil, "skip state.max_jump is 1d, state.jump_witnesses 3; no events"},
	} {
		loaded, err := config.Load(config.Sources{Settings: patient.settings}, config.Engine)
		if err != nil {
			t.Fatal(err)
		}
		d := &doctor{c: &loaded.Config, clock: patient.clock}
		if d.clocks(); !strings.HasPrefix(d.findings[0].Status+" "+d.findings[0].Detail, patient.want) {
			t.Errorf("%s: got %+v, want %q", name, d.findings, patient.want)
		}
	}
}
