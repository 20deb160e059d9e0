package oracle

import (
	"slices"
	"testing"
)

func orderAt(t int64, amount int64) Event {
	return Event{User: "u", Type: "order", Time: t, Amount: amount}
}

// The edges of every tier, at a border 100 days after Origin.
func TestTiers(t *testing.T) {
	border := Origin + 100*day
	orders := func(age int64, amounts ...int64) (all []Event) {
		for _, amount := range amounts {
			all = append(all, orderAt(border-age-1, amount)) // in the last grain that ended by then
		}
		return all
	}
	for _, test := range []struct {
		name   string
		events []Event
		want   string
	}{
		{"nothing", nil, "standard"},
		{"three, recent, enough", orders(30*day, 20_000, 20_000, 10_000), "high"},
		{"one minor unit short", orders(30*day, 20_000, 20_000, 9_999), "standard"},
		{"too long ago", orders(30*day+hour, 20_000, 20_000, 10_000), "standard"},
		{"two for a lot", orders(0, 25_000, 25_000), "potential"},
		{"two for more than high asks", orders(0, 25_000, 25_001), "standard"},
		{"one, just enough", orders(30*day, 20_000), "potential"},
		{"one, not enough", orders(30*day, 19_999), "standard"},
		{"one, too long ago", orders(30*day+hour, 20_000), "standard"},
		{"one small one, long ago", orders(90*day, 19_999), "low"},
		{"not long enough ago", orders(90*day-hour, 19_999), "standard"},
		{"not small enough", orders(90*day, 20_000), "standard"},
		{"two small ones, long ago", orders(90*day, 1, 1), "standard"},
		{"given back", append(orders(90*day, 30_000), Event{Type: "refund", Time: border - day, Amount: -15_000}), "low"},
		{"left the window", orders(180*day, 100), "standard"},
		{"the window's first moment", []Event{orderAt(border-180*day, 100)}, "low"},
		{"not before the border", []Event{orderAt(border, 20_000)}, "standard"},
	} {
		cfg := testConfig()
		j := newJudge(cfg)
		p := &userState{history: newHistory(&cfg)}
		for _, e := range test.events {
			p.add(e)
		}
		if got := j.tier(p, border); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestTiersNeedTheirMetrics(t *testing.T) {
	cfg := testConfig()
	for _, change := range []func(*Config){
		func(c *Config) { c.Metrics = c.Metrics[:2] },                   // no orders
		func(c *Config) { c.Metrics[1].Name = "revenue" },               // no spend
		func(c *Config) { c.Metrics[3].Adds = Days },                    // orders that do not count
		func(c *Config) { c.Metrics[1].Adds = Count },                   // spend that adds no amounts
		func(c *Config) { c.RFM.Orders, c.RFM.Spend = "days", "spend" }, // named
	} {
		c := cfg
		c.Metrics = slices.Clone(cfg.Metrics)
		change(&c)
		if orders, spend := c.rfmMetrics(); orders != c.RFM.Orders || spend != c.RFM.Spend {
			t.Errorf("tiers of %q and %q", orders, spend)
		}
	}
	if orders, spend := cfg.rfmMetrics(); orders != "orders" || spend != "spend" {
		t.Errorf("tiers of %q and %q", orders, spend)
	}
}

func TestReachByType(t *testing.T) {
	cfg := testConfig()
	cfg.ActiveWindow = 50 * day
	coffee, err := ParseTag("coffee", "months(coffee) >= 3 and count(share, 3d) > 0")
	if err != nil {
		t.Fatal(err)
	}
	everything, err := ParseTag("busy", "count(any, 60d) > 100")
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, want map[string]int64) {
		t.Helper()
		for eventType, reach := range want {
			if got := cfg.ReachOf(eventType); got != reach*day {
				t.Errorf("%s: %s reaches back %d days, want %d", name, eventType, got/day, reach)
			}
		}
	}
	check("activity and tiers", map[string]int64{"page": 50, "order": 180, "refund": 180, "other": 50})
	cfg.Metrics[4].Windows = []int64{90 * day, 200 * day}
	cfg.Model = `{"features": [{"name": "log(days(visits, 3d, 120d))"}], "pairs": [{"features": ["gap", "sum(orders, 0w, 4w)"]}], "active_days": 28}`
	check("windows and the model", map[string]int64{"page": 200, "order": 180, "refund": 200, "other": 50})
	cfg.Tags = []Tag{coffee}
	check("a tag", map[string]int64{"coffee": 124, "share": 3, "other": 50})
	cfg.Tags = append(cfg.Tags, everything)
	check("a tag of any type", map[string]int64{"coffee": 124, "share": 60, "other": 60, "page": 200})
	cfg.Reach = 10 * day
	check("fixed", map[string]int64{"order": 10, "other": 10})
}

// An event is refused when the next border's windows lie behind it, to the grain.
func TestRefusedBeyondReach(t *testing.T) {
	cfg := testConfig()
	now := Event{User: "v", Type: "other", Time: Origin + 400*day} // the next border is an hour later
	for eventType, reach := range map[string]int64{"order": 180 * day, "page": 35 * day} {
		for late, want := range map[int64]int{reach - hour: 0, reach - hour + 1: 1} {
			e := Event{User: "u", Type: eventType, Time: now.Time - late}
			if got := JudgeArrivals(cfg, []Event{now, e}, Clock{}, now.Time+hour); len(got.Refused) != want {
				t.Errorf("%s, %d ms late: %d refused, want %d", eventType, late, len(got.Refused), want)
			}
		}
	}
}

func TestAliveInputs(t *testing.T) {
	cfg := testConfig()
	alive := &Alive{Metric: "orders", UnitDays: 7}
	events := []Event{
		{Type: "page", Time: Origin - 9*day}, orderAt(Origin+3*hour, 1), orderAt(Origin+23*hour, 1), orderAt(Origin+7*day, 1),
		orderAt(Origin+21*day+23*hour, 1),
	}
	for _, test := range []struct {
		border int64
		x      int
		tx, t  float64
		ok     bool
	}{
		{Origin + 3*hour, 0, 0, 0, false},
		{Origin + 4*hour, 0, 0, 0, true},
		{Origin + 7*day, 0, 0, 1, true},
		{Origin + 7*day + hour, 1, 1, 1, true},
		{Origin + 21*day + 23*hour, 1, 1, 3, true},
		{Origin + 22*day, 2, 3, 22.0 / 7, true},
		{Origin + 35*day + 23*hour, 2, 3, 5, true},
	} {
		x, tx, at, ok := alive.Inputs(cfg, events, test.border)
		if x != test.x || tx != test.tx || at != test.t || ok != test.ok {
			t.Errorf("%s: %d, %v, %v, %v", formatTime(test.border), x, tx, at, ok)
		}
	}
}

// Who was never active is dropped when nothing of them can be seen any more, however much of it there was; what they do then is their first.
// Activity, or an event that is still seen, keeps what lies before it.
func TestWhoWasNeverActiveExpires(t *testing.T) {
	page := func(days int64) Event { return Event{User: "u", Type: "page", Time: Origin + days*day} }
	visit := func(days int64) Event { return Event{User: "u", Type: "visit", Time: Origin + days*day} }
	for _, test := range []struct {
		name   string
		events []Event
		want   int // at the border after the last event, a visit: the days with a page, less the first
	}{
		{"the first has left when the second comes", []Event{page(0), page(36), visit(50)}, 0},
		{"it is still seen", []Event{page(0), page(34), visit(50)}, 1},
		{"it has just left", []Event{page(0), page(35).later(hour), visit(50)}, 0},
		{"it has not quite", []Event{page(0), page(35).later(hour - 1), visit(50)}, 1},
		{"a visit keeps it", []Event{page(0), visit(1), page(80), visit(100)}, 1},
	} {
		cfg := testConfig()
		cfg.Metrics = []Metric{{Name: "visits", Types: []string{"visit"}, Adds: Count}, {Name: "pages", Types: []string{"page"}, Adds: Count}}
		cfg.Activity = []string{"visits"}
		alive := Alive{Metric: "pages", UnitDays: 1}
		border := test.events[len(test.events)-1].Time + hour
		if got, _, _, _ := alive.Inputs(cfg, Judge(cfg, test.events, border).Known["u"], border); got != test.want {
			t.Errorf("%s: %d days after the first, want %d", test.name, got, test.want)
		}
	}
}

func (e Event) later(by int64) Event {
	e.Time += by
	return e
}

func TestHours(t *testing.T) {
	cfg := testConfig()
	events := []Event{
		{Type: "page", Time: Origin, Offset: 60}, // leaves the window
		{Type: "page", Time: Origin + 1, Offset: -60}, {Type: "order", Time: Origin + 2, Offset: 345}, {Type: "other", Time: Origin + 3},
		{Type: "page", Time: Origin + 30*day}, {Type: "page", Time: Origin + 30*day + hour},
	}
	if got := Hours(cfg, events, Origin+30*day+hour); got[0] != 1 || sum(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := Hours(cfg, events[1:], Origin+30*day); got[23] != 1 || got[5] != 1 || sum(got) != 2 {
		t.Errorf("%v", got)
	}
}

func sum(hours [24]int64) (n int64) {
	for _, k := range hours {
		n += k
	}
	return n
}
