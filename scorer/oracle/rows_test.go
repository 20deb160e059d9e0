package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

// A row says something new or stands beside an entry, and carries what the decisions and the models say.
func TestRowsSaySomethingNew(t *testing.T) {
	seen := &tally{}
	eachRun(t, func(t *testing.T, cfg oracle.Config, rng *rand.Rand) {
		arrivals := oracle.Disorder(rng, oracle.Random(rng, cfg, users, days), 3*day)
		out := oracle.JudgeArrivals(cfg, arrivals, oracle.Clock{Lateness: 5 * minute}, until)
		last := map[string]string{}
		for _, p := range out.Profiles {
			text := fmt.Sprintf("%s in life %d: %s %v %v", p.User, lives(out.Decisions, p), p.RFM, p.Tags, p.High)
			if text == last[p.User] && !entered(out.Decisions, p) {
				t.Errorf("told again: %s %+v", text, p)
			}
			last[p.User] = text
			if state := lifecycleAt(out.Decisions, p); p.Lifecycle != state || state == "" {
				t.Errorf("%+v: the lifecycle is %s", p, state)
			}
			if p.High != (p.Risk >= cfg.RiskHigh) || p.Risk > 100 || p.Alive > 1 {
				t.Errorf("%+v", p)
			}
		}
		for _, d := range out.Decisions {
			row := slices.ContainsFunc(out.Profiles, func(p schemas.Profile) bool { return p.User == d.User && p.At == d.At })
			if d.Kind == schemas.KindEntered && !row && lifecycleAt(out.Decisions, schemas.Profile{User: d.User, At: d.At}) != "" {
				t.Errorf("no row at %+v", d)
			}
		}
		seen.add(arrivals, out)
	})
	t.Logf("counts: %v", seen)
}

func lives(decisions []schemas.Decision, p schemas.Profile) (n int) {
	for _, d := range decisions {
		if d.User == p.User && d.At <= p.At && d.Kind == schemas.KindLifecycle && d.From == "" {
			n++
		}
	}
	return n
}

func entered(decisions []schemas.Decision, p schemas.Profile) bool {
	return slices.ContainsFunc(decisions, func(d schemas.Decision) bool {
		return d.User == p.User && d.At == p.At && d.Kind == schemas.KindEntered
	})
}

func lifecycleAt(decisions []schemas.Decision, p schemas.Profile) (state string) {
	for _, d := range decisions {
		if d.User == p.User && d.At <= p.At && d.Kind == schemas.KindLifecycle {
			state = d.To
		}
	}
	return state
}
