package state_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/scorer/oracle"
	"winback/scorer/risk"
)

// The model of these users agrees only of who was there four weeks ago, and they were not: so whatever comes, they are calm. Then an event of that time
// comes late.
func TestALateEventEndsTheCalmOfAUser(t *testing.T) {
	c := configs()["defaults"]
	c.Grain, c.Tags = 6*3_600_000, nil
	c.Model = textOf(&risk.Model{
		Format: risk.Format, Name: "then", Chance: true, HorizonDays: 30, ActiveDays: 28, Threshold: &risk.Threshold{Enter: 50},
		Features: []risk.Feature{{Name: "days(21d, 28d)", Cuts: []float64{1}, Points: []float64{-3, 3}}},
	})
	entered := 0
	for seed := range uint64(20) {
		arrivals := lateArrivals(rand.New(rand.NewPCG(seed, 5)), 40)
		until := end(c, arrivals, 40*86_400_000)
		want := oracle.JudgeArrivals(c, arrivals, usualClock(), until)
		mustAgree(t, run(t, c, arrivals, usualClock(), until), want, historyOf(arrivals))
		seen := map[string]int{}
		count(seen, want)
		entered += seen["entered"]
	}
	if t.Logf("%d users entered", entered); entered < 100 {
		t.Error("that shows little")
	}
}

// lateArrivals are events in the order in which they come: of users who came often for some days, then now and then, and of whom some old events come late.
func lateArrivals(rng *rand.Rand, users int) (events []oracle.Event) {
	const day, start = 86_400_000, 1_000 * 86_400_000
	type arrival struct {
		oracle.Event
		at int64
	}
	var arrivals []arrival
	for i := range users {
		add := func(at, late int64) {
			arrivals = append(arrivals, arrival{oracle.Event{User: fmt.Sprint("user", i), Type: "visit", Time: at - late}, at})
		}
		for range 2 + rng.IntN(12) {
			add(start+rng.Int64N(5*day), 0)
		}
		for range rng.IntN(12) {
			add(start+5*day+rng.Int64N(16*day), 0)
		}
		for range rng.IntN(3) {
			add(start+8*day+rng.Int64N(12*day), 21*day+rng.Int64N(7*day))
		}
	}
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	for _, a := range arrivals {
		events = append(events, a.Event)
	}
	return events
}
