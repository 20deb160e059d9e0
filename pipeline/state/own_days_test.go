package state_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

const (
	minute = int64(60_000)
	hour   = 60 * minute
	day    = 24 * hour
)

// dayConfigs ask for days in every way there is, by grains of all lengths: such as hours cut, and such as are cut by midnights elsewhere.
func dayConfigs(tb testing.TB) map[string]oracle.Config {
	base := oracle.Defaults()
	base.Metrics = []oracle.Metric{
		{Name: "days", Types: []string{"visit", "order"}, Adds: oracle.Days, Core: true, Windows: []int64{10 * day}},
		{Name: "orders", Types: []string{"order"}, Adds: oracle.Count, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: oracle.Amount},
		{Name: "order_days", Types: []string{"order"}, Adds: oracle.Days, Core: true},
		{Name: "stays", Types: []string{"visit", "view"}, Adds: oracle.Sessions, Core: true},
	}
	base.Activity, base.Model = []string{"days"}, longAgo(17, 14) // they are given up after a few days
	base.DropEnter, base.DropExit = 200_000, 100_000
	base.Window, base.Baseline, base.Assess = 2*day, 6*day, day
	base.RFM.Window, base.RFM.Recent, base.RFM.Lapsed = 9*day, 2*day, 7*day
	base.ActiveWindow, base.NewUnder = 3*day, day
	base.SilentLight, base.SilentModerate, base.SilentHeavy, base.Churned, base.Forgotten = 4*day, 6*day, 8*day, 12*day, 30*day
	for _, rule := range []string{"days(any, 3d) >= 2", "days(visit|view, hours=20-04, 8d) >= 3", "days(order, 6d) = 1 or months(order) >= 2"} {
		tag, err := oracle.ParseTag("tag"+string(rune('a'+len(base.Tags))), rule)
		if err != nil {
			tb.Fatal(err)
		}
		base.Tags = append(base.Tags, tag)
	}
	all := map[string]oracle.Config{}
	for name, grain := range map[string]int64{"1m30s": 90 * 1000, "45m": 45 * minute, "1h": hour, "6h": 6 * hour, "1d": day} {
		c := base
		c.Grain = grain
		if grain > hour {
			c.Tags = []oracle.Tag{base.Tags[0], base.Tags[2]}
		}
		all[name] = c
	}
	hours := base // a baseline in which a day can lie on both sides
	hours.Window, hours.Baseline, hours.Grain = 8*hour, 15*hour, hour
	hours.Model = "" // drops alone decide
	all["15h"] = hours
	for name, grain := range map[string]int64{"1h alive by sessions": hour, "1d alive by sessions": day} {
		c := base
		c.Grain, c.Tags, c.Activity = grain, nil, []string{"days", "stays"}
		c.Model = strings.Replace(longAgo(17, 14), "orders", "stays", 2)
		all[name] = c
	}
	return all
}

// TestAgreesWithOracleOnTheUsersOwnDays has users at home, on journeys, and such whose clocks show something else at every event.
func TestAgreesWithOracleOnTheUsersOwnDays(t *testing.T) {
	for name, c := range dayConfigs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, decisions, rows, differ, seeds := 0, 0, 0, 0, uint64(24)
			if c.Grain < hour/2 {
				seeds = 3
			}
			for seed := range seeds {
				rng := rand.New(rand.NewPCG(seed, 11))
				all := oracle.Random(rng, c, 12, 50)
				if seed%3 == 0 {
					dizzy(rng, all)
				}
				clock := oracle.Clock{Lateness: []int64{0, 5 * minute, 26 * hour}[seed%3]}
				arrivals := oracle.Disorder(rng, all, []int64{day, 5 * minute, day}[seed%3])
				until := end(c, all, 20*day)
				want := oracle.JudgeArrivals(c, arrivals, clock, until)
				mustAgree(t, run(t, c, arrivals, clock, until), want, historyOf(arrivals))
				events, decisions, rows = events+len(all), decisions+len(want.Decisions), rows+len(want.Profiles)
				for i := range arrivals {
					arrivals[i].Offset = 0
				}
				if utc := oracle.JudgeArrivals(c, arrivals, clock, until); !sameDecisions(utc.Decisions, want.Decisions) {
					differ++
				}
			}
			if differ < int(seeds)/3 {
				t.Errorf("the offsets change the decisions of %d runs of %d: the others show nothing about them", differ, seeds)
			}
			t.Logf("counts: %d events, %d decisions, %d profile rows; by the users' own days", events, decisions, rows)
		})
	}
}

// dizzy gives every event an offset of its own, in whole minutes, as far from UTC as any is accepted.
func dizzy(rng *rand.Rand, events []oracle.Event) {
	for i := range events {
		events[i].Offset = int16(rng.IntN(2*schemas.MaxOffset+1) - schemas.MaxOffset)
	}
}

func sameDecisions(a, b []schemas.Decision) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
