package load_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"

	"winback/bench/load"
	"winback/schemas"
)

const day = int64(86_400_000)

func newGenerator(t testing.TB, change func(*load.Config)) *load.Generator {
	t.Helper()
	cfg := load.Defaults()
	cfg.Users = 500
	change(&cfg)
	g, err := load.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// drain calls fn for each event of the stream and returns how many there were.
func drain(g *load.Generator, fn func(*load.Event)) int {
	var e load.Event
	n := 0
	for g.Next(&e) {
		fn(&e)
		n++
	}
	return n
}

func streamHash(t *testing.T, change func(*load.Config)) uint64 {
	g, d, buf := newGenerator(t, change), xxhash.New(), []byte(nil)
	n := drain(g, func(e *load.Event) {
		buf = append(g.AppendJSON(buf[:0], e), '\n')
		_, _ = d.Write(buf)
	})
	if n == 0 {
		t.Fatal("the stream is empty")
	}
	return d.Sum64()
}

func TestSameSeedSameStream(t *testing.T) {
	a := streamHash(t, func(c *load.Config) { c.Faults = 0.01 })
	b := streamHash(t, func(c *load.Config) { c.Faults = 0.01 })
	other := streamHash(t, func(c *load.Config) { c.Faults = 0.01; c.Seed++ })
	if a != b {
		t.Errorf("the same seed gave the streams %x and %x", a, b)
	}
	if a == other {
		t.Errorf("two seeds gave the same stream %x", a)
	}
}

func TestEventsComeInTimeOrderWithinTheSpan(t *testing.T) {
	cfg := load.Defaults()
	last := cfg.Start
	drain(newGenerator(t, func(*load.Config) {}), func(e *load.Event) {
		if e.Time < last || e.Time >= cfg.End {
			t.Fatalf("event at %d after one at %d, end %d", e.Time, last, cfg.End)
		}
		last = e.Time
	})
}

func TestTotalIsNearWhatIsExpected(t *testing.T) {
	for _, spread := range []float64{0, 1.2} {
		g := newGenerator(t, func(c *load.Config) { c.Spread = spread })
		n := float64(drain(g, func(*load.Event) {}))
		if off := n/g.Expected() - 1; math.Abs(off) > 0.02 {
			t.Errorf("spread %g: %g events, expected %g: off by %.1f %%", spread, n, g.Expected(), 100*off)
		}
	}
	steady := newGenerator(t, func(c *load.Config) { c.Shares = load.Shares{} })
	if want := 500.0 * 84 * 6; math.Abs(steady.Expected()/want-1) > 1e-6 {
		t.Errorf("a steady population is expected to make %g events, want users x days x rate = %g", steady.Expected(), want)
	}
}

func TestSessionsBeginWithAVisitAndEndWithTheirDuration(t *testing.T) {
	type seen struct {
		start int64
		user  int
		step  uint32
	}
	open := map[uint64]seen{}
	var visits, ends, orders int
	drain(newGenerator(t, func(*load.Config) {}), func(e *load.Event) {
		s, known := open[e.Session]
		switch {
		case (e.Type == load.Visit) == known:
			t.Fatalf("%v: its session is under way: %v", e, known)
		case known && (s.user != e.User || s.step+1 != e.Step):
			t.Fatalf("%v follows %v", e, s)
		case (e.Type == load.Order) != (e.Amount > 0):
			t.Fatalf("%v: amount %d", e.Type, e.Amount)
		}
		switch e.Type {
		case load.Visit:
			visits++
			s.start = e.Time
		case load.Order:
			orders++
		case load.SessionEnd:
			ends++
			if e.Duration != e.Time-s.start {
				t.Fatalf("duration %d of a session of %d ms", e.Duration, e.Time-s.start)
			}
			delete(open, e.Session)
			return
		}
		open[e.Session] = seen{s.start, e.User, e.Step}
	})
	if visits-ends != len(open) || len(open) > visits/100 {
		t.Errorf("%d visits, %d session_end, %d left open", visits, ends, len(open))
	}
	if share := float64(orders) / float64(visits); share < 0.05 || share > 0.3 {
		t.Errorf("%.3f orders a visit", share)
	}
}

func TestActivityIsHeavyTailed(t *testing.T) {
	busiestFifth := func(spread float64) float64 {
		g := newGenerator(t, func(c *load.Config) { c.Spread = spread; c.Users = 1000; c.EventsPerUserDay = 4 })
		perUser := make([]int, 1000)
		n := drain(g, func(e *load.Event) { perUser[e.User]++ })
		slices.Sort(perUser)
		top := 0
		for _, k := range perUser[800:] {
			top += k
		}
		return float64(top) / float64(n)
	}
	// A log-normal's busiest fifth make normalCDF(spread - 0.8416) of all: 0.64 at 1.2; without spread only patterns and chance do.
	if got := busiestFifth(1.2); got < 0.58 || got > 0.72 {
		t.Errorf("the busiest fifth make %.2f of the events, want about 0.64", got)
	}
	if got := busiestFifth(0); got > 0.32 {
		t.Errorf("without spread the busiest fifth make %.2f of the events, want little over 0.2", got)
	}
}

func TestSessionsFollowTheHoursOfDayAndWeek(t *testing.T) {
	var hours [24]int
	var days [7]int
	drain(newGenerator(t, func(*load.Config) {}), func(e *load.Event) {
		hours[e.Time/3_600_000%24]++
		days[(e.Time/day+3)%7]++
	})
	if night, evening := hours[1]+hours[2]+hours[3], hours[17]+hours[18]+hours[19]; evening < 2*night {
		t.Errorf("evening hours (UTC) have %d events, the night's %d: want at least twice as many", evening, night)
	}
	week, weekend := float64(days[1]+days[2]+days[3])/3, float64(days[5]+days[6])/2
	if weekend < 1.1*week || weekend > 1.8*week {
		t.Errorf("a day of the weekend has %.0f events, one of the week %.0f", weekend, week)
	}
}

func TestPatternsShowInTheStream(t *testing.T) {
	g := newGenerator(t, func(c *load.Config) { c.Users = 6000; c.EventsPerUserDay, c.EventsPerSession = 1, 3 })
	cfg := load.Defaults()
	var got, want [6]struct{ before, within, after float64 }
	drain(g, func(e *load.Event) {
		f := g.Pattern(e.User)
		k := &got[f.Kind]
		switch {
		case e.Type != load.Visit:
		case e.Time < f.From:
			k.before++
		case f.Kind == load.Returning && e.Time >= f.Until:
			k.after++
		default:
			k.within++
		}
	})
	users := map[load.PatternKind]int{}
	for u := range 6000 {
		f := g.Pattern(u)
		users[f.Kind]++
		rate, k := g.SessionsPerDay(u)/float64(day), &want[f.Kind]
		until := cfg.End
		if f.Kind == load.Returning {
			until = min(f.Until, cfg.End)
			k.after += rate * float64(cfg.End-until)
		}
		k.before += rate * float64(max(f.From, cfg.Start)-cfg.Start) * f.Rate(f.From-1)
		k.within += rate * float64(until-max(f.From, cfg.Start)) * f.Rate(f.From)
	}
	near := func(k load.PatternKind, phase string, got, want float64) {
		if math.Abs(got-want) > 5*math.Sqrt(want)+0.04*want {
			t.Errorf("%v users made %g visits %s, want about %.0f", k, got, phase, want)
		}
	}
	for k := load.Steady; k <= load.Newcomer; k++ {
		near(k, "before", got[k].before, want[k].before)
		near(k, "from then on", got[k].within, want[k].within)
		near(k, "after coming back", got[k].after, want[k].after)
	}
	if got[load.Silent].within != 0 || got[load.Silent].before == 0 || got[load.Newcomer].before != 0 {
		t.Errorf("silent %v, newcomers %v", got[load.Silent], got[load.Newcomer])
	}
	if n := users[load.Decaying]; n < 500 || n > 700 {
		t.Errorf("%d of 6000 users decay, want about 600", n)
	}
}

func TestSeasonalUsersComeMostlyInTheirSeasons(t *testing.T) {
	g := newGenerator(t, func(c *load.Config) { c.Shares = load.Shares{Seasonal: 1}; c.Users = 50; c.End = c.Start + 365*day })
	in := 0
	n := drain(g, func(e *load.Event) {
		if f := g.Pattern(e.User); f.Rate(e.Time) == 1 {
			in++
		}
	})
	// 28 of 91 days at the full rate, the rest at a tenth: 81.6 % of the events.
	if share := float64(in) / float64(n); share < 0.78 || share > 0.85 {
		t.Errorf("%.3f of the events lie in a season", share)
	}
}

func TestFaultsAreAddedToTheSameStream(t *testing.T) {
	var clean, sound []load.Event
	drain(newGenerator(t, func(*load.Config) {}), func(e *load.Event) { clean = append(clean, *e) })
	faulty := map[load.Fault]int{}
	newest, behind := int64(0), 0
	var before load.Event
	drain(newGenerator(t, func(c *load.Config) { c.Faults = 0.05 }), func(e *load.Event) {
		faulty[e.Fault]++
		switch e.Fault {
		case load.Sound:
			newest = max(newest, e.Time)
			sound = append(sound, *e)
		case load.OutOfOrder:
			if e.Time <= newest-300_000 {
				t.Fatalf("out of order by %d ms", newest-e.Time)
			}
			if e.Time < newest {
				behind++
			}
			e.Fault = load.Sound
			sound = append(sound, *e)
		case load.Duplicate:
			if before.Fault = load.Duplicate; *e != before {
				t.Fatalf("%v is no duplicate of %v", e, before)
			}
		}
		before = *e
	})
	byTime := func(a, b load.Event) int {
		return cmpAny(a.Time, b.Time, int64(a.User), int64(b.User), int64(a.Step), int64(b.Step))
	}
	slices.SortFunc(clean, byTime)
	slices.SortFunc(sound, byTime)
	if !slices.Equal(clean, sound) {
		t.Errorf("%d events without faults, %d with, not the same", len(clean), len(sound))
	}
	if share := float64(behind) / float64(faulty[load.OutOfOrder]); share < 0.5 {
		t.Errorf("%.2f of the events held back came behind others", share)
	}
	for f := load.OutOfOrder; f <= load.Future; f++ {
		if share := float64(faulty[f]) / float64(len(clean)); share < 0.008 || share > 0.012 {
			t.Errorf("%v: %.4f of the events, want 0.01", f, share)
		}
	}
}

// cmpAny compares pairs until one differs.
func cmpAny(pairs ...int64) int {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			return int(min(max(pairs[i]-pairs[i+1], -1), 1))
		}
	}
	return 0
}

func TestJSONSaysWhatTheEventSays(t *testing.T) {
	g := newGenerator(t, func(c *load.Config) { c.Users = 100; c.Faults = 0.05 })
	var buf []byte
	sum := 0
	n := drain(g, func(e *load.Event) {
		buf = g.AppendJSON(buf[:0], e)
		sum += len(buf)
		var got struct {
			User, Type   string
			Time, Amount int64
			Duration     int64 `json:"duration_ms"`
		}
		err := json.Unmarshal(buf, &got)
		if (e.Fault.Reason() == schemas.Malformed) != (err != nil) {
			t.Fatalf("%v: %v: %s", e.Fault, err, buf)
		}
		if err != nil {
			return
		}
		if got.User != string(load.AppendKey(nil, e.User)) || got.Type != e.Type.String() ||
			got.Time != e.Time || got.Amount != e.Amount || got.Duration != e.Duration {
			t.Fatalf("%+v became %s", e, buf)
		}
	})
	if mean := sum / n; mean < 180 || mean > 240 {
		t.Errorf("a record has %d bytes on average", mean)
	}
	if key := load.AppendKey(nil, 1234); string(key) != "u00001234" {
		t.Errorf("key of user 1234: %s", key)
	}
}

func TestNextAndAppendDoNotAllocate(t *testing.T) {
	g := newGenerator(t, func(c *load.Config) { c.Faults = 0.02 })
	var e load.Event
	buf := make([]byte, 0, 512)
	for range 20_000 { // until what is under way at once has its size
		g.Next(&e)
	}
	if n := testing.AllocsPerRun(20_000, func() {
		g.Next(&e)
		buf = g.AppendJSON(buf[:0], &e)
	}); n != 0 {
		t.Errorf("%g allocations an event", n)
	}
}

func TestEveryFaultOfAConfigIsReported(t *testing.T) {
	cfg := load.Config{EventsPerUserDay: math.NaN(), EventsPerSession: 2, Spread: -1, Faults: 0.9, Shares: load.Shares{Silent: 0.7, Seasonal: 0.7, Decaying: -1}}
	var fields []string
	for _, f := range schemas.FaultsOf(cfg.Validate()) {
		fields = append(fields, f.Field)
	}
	want := []string{"users", "end", "events_per_user_day", "events_per_session", "spread", "faults", "shares.decaying"}
	if !slices.Equal(fields, want) {
		t.Errorf("faults at %q, want %q", fields, want)
	}
	if err := (load.Defaults()).Validate(); err != nil {
		t.Error(err)
	}
}

func BenchmarkNextAndJSON(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		b.Run(map[int]string{10_000: "10k_users", 1_000_000: "1M_users"}[users], func(b *testing.B) {
			g := newGenerator(b, func(c *load.Config) { c.Users = users; c.End = c.Start + 100_000*day })
			var e load.Event
			buf := make([]byte, 0, 512)
			b.ReportAllocs()
			for b.Loop() {
				g.Next(&e)
				buf = g.AppendJSON(buf[:0], &e)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}
