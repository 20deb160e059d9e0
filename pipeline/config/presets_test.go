package config_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/pipeline/config"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// habit is how a made-up user uses the product: on a part of the days, a few sittings a day, events in each.
type habit struct {
	onDays   float64 // the chance of a day
	weekdays string  // a letter each from Monday on: x has days, - has none
	hour     int     // about when, by the user's local time
	offset   int16   // of that clock, minutes
	sitting  []string
	sittings int    // up to so many a day
	every    int    // another event every so many days; 0 for none
	other    string // its type
	goesOn   bool   // that event comes also after the user has left
}

const (
	firstDay = 20_457 // a Monday, 2026-01-05
	days     = 126
)

// play appends what the user does up to a day.
func (h *habit) play(events []event, user string, until int, rng *rand.Rand) []event {
	for d := range days {
		if h.every > 0 && d%h.every == 0 && (d < until || h.goesOn) {
			events = append(events, event{user: user, day: d, hour: 3, kind: h.other})
		}
		if d >= until || h.weekdays[d%7] != 'x' || rng.Float64() > h.onDays {
			continue
		}
		for s := range 1 + rng.IntN(h.sittings) {
			for i, kind := range h.sitting {
				events = append(events, event{user, d, h.hour + 2*s - int(h.offset)/60, i + rng.IntN(20), h.offset, kind})
			}
		}
	}
	return events
}

type event struct {
	user              string
	day, hour, minute int
	offset            int16
	kind              string
}

func (a *event) at() int64 {
	return (firstDay+int64(a.day))*int64(schemas.Day) + int64(a.hour)*int64(schemas.Hour) + int64(a.minute)*int64(schemas.Minute)
}

func compileScorer(t *testing.T, loaded *config.Loaded) (*scorer.Rules, *schemas.Vocabulary) {
	t.Helper()
	vocabulary, err := loaded.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := scorer.Compile(loaded.Scorer, vocabulary, loaded.Model)
	if err != nil {
		t.Fatal(err)
	}
	return rules, vocabulary
}

// play runs the events through a partition under a preset.
func play(t *testing.T, preset string, events []event, settings ...string) (out state.Outbox) {
	t.Helper()
	settings = append(settings, "state.max_jump=0", "state.lateness=0s")
	c, err := config.Load(config.Sources{Preset: preset, Settings: settings}, config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	rules, vocabulary := compileScorer(t, c)
	p, err := state.New(rules, vocabulary, c.State)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at(), b.at()) })
	for i := range events {
		a := &events[i]
		e := schemas.Event{
			User: []byte(a.user), Time: a.at(), Type: vocabulary.Lookup([]byte(a.kind)), Amount: 25_000, Duration: 10_000, Offset: a.offset,
		}
		if reason := p.Add(&e, &out); reason != schemas.Accepted {
			t.Fatalf("%+v: %v", a, reason)
		}
	}
	p.Advance((firstDay+days)*int64(schemas.Day), &out)
	return out
}

// customers are the users that a preset is made for, and what it must find of them.
type customers struct {
	habit  habit
	within int      // days from the last visit to the flag, at most
	tags   []string // what steady users have at the end, at least
	tier   string
}

func customersOfPresets() map[string]customers {
	app := habit{onDays: 0.97, weekdays: "xxxxxxx", hour: 20, sitting: []string{"visit", "view", "view", "session_end"}, sittings: 3}
	shop := habit{
		onDays: 0.9, weekdays: "x-x-xx-", hour: 22, offset: 120, sitting: []string{"search", "view", "view"}, sittings: 1, every: 20, other: "order",
	}
	stream := habit{onDays: 0.5, weekdays: "xxxxxxx", hour: 19, sitting: []string{"view", "session_end"}, sittings: 2, every: 30, other: "renewal", goesOn: true}
	course := habit{onDays: 0.95, weekdays: "xxxx---", hour: 18, sitting: []string{"visit", "visit", "visit"}, sittings: 2}
	return map[string]customers{
		"daily_app":    {app, 6, []string{"everyday", "skimmer"}, ""},
		"ecommerce":    {shop, 15, []string{"night_owl", "searcher"}, "high"},
		"subscription": {stream, 21, nil, "high"},
		"learning":     {course, 10, []string{"regular"}, ""},
	}
}

// Twenty users of each preset's kind go on as before, and six stop, each on another day.
func TestPresetsFlagUsersWhoLeaveAndNotThoseWhoStay(t *testing.T) {
	const stay, leave, firstStop = 20, 6, 70
	for preset, s := range customersOfPresets() {
		t.Run(preset, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(4, 4))
			var events []event
			for i := range stay {
				events = s.habit.play(events, fmt.Sprintf("stays%02d", i), days, rng)
			}
			for i := range leave {
				events = s.habit.play(events, fmt.Sprintf("leaves%d", i), firstStop+3*i, rng)
			}
			out := play(t, preset, events)
			flagged := entries(out.Decisions)
			for i := range leave {
				user, stop := fmt.Sprintf("leaves%d", i), float64(firstStop+3*i)
				if !slices.ContainsFunc(flagged[user], func(day float64) bool { return day > stop-1 && day <= stop+float64(s.within) }) {
					t.Errorf("%s left on day %.0f and was flagged on %v", user, stop, flagged[user])
				}
			}
			disturbed := 0
			for i := range stay {
				if days := flagged[fmt.Sprintf("stays%02d", i)]; len(days) > 0 {
					disturbed++
				}
			}
			if disturbed > stay/5 { // a quiet fortnight comes to some of those who come on every other day, of their own accord
				t.Errorf("%d of %d steady people were flagged", disturbed, stay)
			}
			s.checkProfile(t, out.Profiles)
		})
	}
}

// entries are the days on which each user was flagged.
func entries(decisions []schemas.Decision) map[string][]float64 {
	days := map[string][]float64{}
	for _, d := range decisions {
		if d.Kind == schemas.KindEntered {
			days[d.User] = append(days[d.User], float64(d.At)/float64(schemas.Day)-firstDay)
		}
	}
	return days
}

func (s *customers) checkProfile(t *testing.T, profiles []schemas.Profile) {
	t.Helper()
	var last schemas.Profile
	for _, p := range profiles {
		if p.User == "stays00" {
			last = p
		}
	}
	for _, tag := range s.tags {
		if !slices.Contains(last.Tags, tag) {
			t.Errorf("stays00 is tagged %v, without %s", last.Tags, tag)
		}
	}
	if last.RFM != s.tier {
		t.Errorf("stays00 is worth %q, want %q", last.RFM, s.tier)
	}
}

// In one week everybody misses three of five evenings, and a few miss a fourth.
func TestABreakOfAllLearnersFlagsOnlyThoseWhoMissMore(t *testing.T) {
	const learners, idle, week = 12, 2, 12
	var events []event
	for i := range learners {
		for d := range days {
			weekday, off := d%7, d/7 == week
			if weekday > 4 || off && (weekday > 1 || weekday == 1 && i < idle) {
				continue
			}
			for sitting := range 4 {
				events = append(events, event{user: fmt.Sprintf("learner%02d", i), day: d, hour: 9 + 2*sitting, kind: "visit"})
			}
		}
	}
	const bare = "scorer.risk.model=none" // drops alone decide
	excused, blamed := entries(play(t, "learning", events, bare).Decisions), entries(play(t, "learning", events, bare, "scorer.drop.population.on=false").Decisions)
	if len(excused) != idle || len(blamed) != learners {
		t.Errorf("%v were flagged in a break, %d of %d without drop.population", excused, len(blamed), learners)
	}
}
