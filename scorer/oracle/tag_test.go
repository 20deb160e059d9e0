package oracle

import (
	"math/rand/v2"
	"testing"
	"time"
)

// rules are written as a configuration does, and built by hand.
func rules() map[string]Condition {
	view := Pick{Types: []string{"page"}, Window: 30 * day}
	anything := Pick{Window: 10 * day}
	order := Pick{Types: []string{"order"}, Window: 90 * day}
	both := Pick{Types: []string{"page", "order"}, Window: 20 * day}
	night, weekend := HoursFrom(22, 2), []time.Weekday{time.Saturday, time.Sunday}
	shoes, coffee, nights, weekends, all := view, order, anything, both, both
	shoes.Category, coffee.Category, nights.Hours, weekends.Weekdays = "shoes", "coffee", night, weekend
	all.Category, all.Hours, all.Weekdays = "books", HoursFrom(8, 20), []time.Weekday{time.Monday, time.Wednesday}
	return map[string]Condition{
		"count(page, category=shoes, 30d) > 2":                                                     shoes.Count().Is(">", 2),
		"amount(order, 90d) >= 1000":                                                               order.Amount().Is(">=", 1000),
		"duration(page, 30d) < 2h":                                                                 view.Duration().Is("<", float64(2*hour)),
		"average(page, 30d) <= 10m":                                                                view.Average().Is("<=", float64(10*minute)),
		"share(any, hours=22-02, 10d) >= 0.25":                                                     nights.Share().Is(">=", 0.25),
		"days(page|order, weekdays=sat|sun, 20d) != 2":                                             weekends.Days().Is("!=", 2),
		"months(order, category=coffee) = 2":                                                       coffee.Months(3).Is("=", 2),
		"not average(page, 30d) < 15s":                                                             Not(view.Average().Is("<", float64(15*second))),
		"share(page|order, category=books, hours=08-20, weekdays=mon|wed, 20d) < 0.1":              all.Share().Is("<", 0.1),
		"count(order, 90d) = 0 and count(page, 30d) >= 3":                                          And(order.Count().Is("=", 0), view.Count().Is(">=", 3)),
		"count(order, 90d) > 3 or count(page, 30d) > 10 and days(any, 10d) <= 4":                   Or(order.Count().Is(">", 3), And(view.Count().Is(">", 10), anything.Days().Is("<=", 4))),
		"(count(order, 90d) > 3 or count(page, 30d) > 10) and not amount(page|order, 20d) != 2000": And(Or(order.Count().Is(">", 3), view.Count().Is(">", 10)), Not(both.Amount().Is("!=", 2000))),
	}
}

// A rule that is read means what the same rule built by hand means, and is seen as far back.
func TestRulesMeanWhatTheyRead(t *testing.T) {
	cfg := testConfig()
	asked := 0
	for text, condition := range rules() {
		tag, err := ParseTag("tag", text)
		if err != nil {
			t.Fatal(err)
		}
		byHand, holds := condition.Tag("tag"), 0
		read, built := Config{Tags: []Tag{tag}}, Config{Tags: []Tag{byHand}}
		for _, eventType := range []string{"page", "order", "refund"} {
			if read.ReachOf(eventType) != built.ReachOf(eventType) {
				t.Errorf("%s: %s reaches back %d, want %d", text, eventType, read.ReachOf(eventType), built.ReachOf(eventType))
			}
		}
		for seed := range uint64(60) {
			rng := rand.New(rand.NewPCG(seed, 4))
			events := Random(rng, cfg, 1, 120)
			for range 5 {
				border := cfg.grainEnd(Origin + rng.Int64N(150*day))
				got, want := tag.Holds(events, border), byHand.Holds(events, border)
				if got != want {
					t.Errorf("%s: seed %d, %s: %v", text, seed, formatTime(border), got)
				}
				if asked++; want {
					holds++
				}
			}
		}
		if holds == 0 || holds == 300 {
			t.Errorf("%s held %d times of 300: that shows nothing", text, holds)
		}
	}
	t.Logf("counts: %d rules, %d evaluations", len(rules()), asked)
}

func TestLocalTime(t *testing.T) {
	at := func(text string, offset int16) Event {
		ms, err := parseTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return Event{Type: "view", Time: ms, Offset: offset}
	}
	night := Pick{Hours: HoursFrom(22, 2)}
	weekend := Pick{Weekdays: []time.Weekday{time.Saturday, time.Sunday}}
	for _, test := range []struct {
		name string
		pick Pick
		e    Event
		want bool
	}{
		{"22:00", night, at("d0+22h", 0), true},
		{"before 22:00", night, at("d0+21h59m59s999ms", 0), false},
		{"before 02:00", night, at("d1+1h59m59s999ms", 0), true},
		{"02:00", night, at("d1+2h", 0), false},
		{"22:15 in Kathmandu", night, at("d0+16h30m", 345), true},
		{"21:45 in Kathmandu", night, at("d0+16h", 345), false},
		{"01:00 on a ship, yesterday", night, at("d1+9h", -480), true},
		{"1969, 23:00", night, at("1969-12-31+23h", 0), true},
		{"Friday in UTC, Saturday in Kiritimati", weekend, at("d4+10h", 840), true},
		{"Friday in UTC", weekend, at("d4+10h", 0), false},
		{"Monday in UTC, Sunday in New York", weekend, at("d7+4h59m", -300), true},
		{"Monday in New York", weekend, at("d7+5h", -300), false},
	} {
		if got := test.pick.passes(test.e); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// Months count up to the border's own, or to the one before while that has none.
func TestMonths(t *testing.T) {
	events := func(dates ...string) (all []Event) {
		for _, date := range dates {
			at, err := parseTime(date)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, Event{Type: "order", Time: at})
		}
		return all
	}
	spring := events("2024-01-31+23h59m59s999ms", "2024-02-29", "2024-03-01", "2024-05-01")
	winter := events("2023-11-30", "2023-12-31+23h59m", "2024-01-01")
	for _, test := range []struct {
		name   string
		events []Event
		border string
		want   int64
	}{
		{"the border of February sees January alone", spring, "2024-02-01", 1},
		{"on leap day, not yet seen", spring, "2024-02-29", 1},
		{"after it", spring, "2024-02-29+1h", 2},
		{"March", spring, "2024-03-02", 3},
		{"April has none yet", spring, "2024-04-30", 3},
		{"the last moment of April is before 1 May", spring, "2024-05-01", 3},
		{"April had none, May has not come", spring, "2024-05-01+0h", 3},
		{"May begins anew", spring, "2024-05-01+1h", 1},
		{"two months without", spring, "2024-07-02", 0},
		{"over the year's end", winter, "2024-01-02", 3},
		{"December alone", winter[1:2], "2024-01-31", 1},
		{"nothing", nil, "2024-01-31", 0},
	} {
		border, err := parseTime(test.border)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Pick{}).months(test.events, border); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// The average or share of nothing is no number: no comparison with it holds, and so its negation does.
func TestUndefinedValues(t *testing.T) {
	nothing := Pick{Types: []string{"view"}, Window: day, Category: "shoes"}
	for _, operator := range []string{">", ">=", "<", "<=", "=", "!="} {
		for _, v := range []Value{nothing.Average(), nothing.Share()} {
			c := v.Is(operator, 0)
			if c.holds(nil, Origin) || !Not(c).holds(nil, Origin) {
				t.Errorf("undefined %s 0 holds", operator)
			}
		}
	}
}
