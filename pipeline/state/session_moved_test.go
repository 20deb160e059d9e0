package state_test

import (
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

// TestASessionThatBeginsInAnEarlierGrainThanItFirstSeemedEndsAnEpisodeThere has the second event of a session arrive before the first one, which lies on
// the other side of a border.
func TestASessionThatBeginsInAnEarlierGrainThanItFirstSeemedEndsAnEpisodeThere(t *testing.T) {
	c := oracle.Defaults()
	c.Metrics = []oracle.Metric{{Name: "stays", Types: []string{"visit"}, Adds: oracle.Sessions, Core: true}}
	c.Activity, c.Window, c.Baseline = []string{"stays"}, 2*day, 8*day
	var events []oracle.Event
	visit := func(at int64) {
		events = append(events, oracle.Event{User: "u", Type: "visit", Time: oracle.Origin + at})
	}
	for d := range int64(10) {
		visit(d*day + 12*hour)
	}
	visit(13 * day) // there is one a day again from here on
	back := 13*day + 20*hour
	visit(back + 1)
	visit(back - 1)
	clock, until := oracle.Clock{Lateness: hour}, oracle.Origin+15*day
	want := oracle.JudgeArrivals(c, events, clock, until)
	if !slices.ContainsFunc(want.Decisions, func(d schemas.Decision) bool {
		return d.Kind == schemas.KindRecovered && d.At == oracle.Origin+back
	}) {
		t.Fatalf("the episode does not end as the session begins: %+v", want.Decisions)
	}
	mustAgree(t, run(t, c, events, clock, until), want, historyOf(events))
}
