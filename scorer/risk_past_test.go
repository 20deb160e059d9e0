package scorer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

// asking is a model that reads the past unevenly: activity for eight weeks, orders for half a year, carts for less than a drop looks back.
func asking() *risk.Model {
	m := &risk.Model{Format: risk.Format, Name: "asking", HorizonDays: 30, ActiveDays: 28}
	for _, name := range []string{"gap", "days(orders, 0d, 182d)", "days(orders, 100d, 182d)", "days(carts, 3d, 9d)", "days(cart_days, 0d, 91d)", "sum(spend, 0w, 26w)", "sum(cart_days, 0w, 4w)", "sum(visits, 0w, 8w)"} {
		m.Features = append(m.Features, risk.Feature{Name: name, Points: []float64{0}})
	}
	m.Metrics = m.Needs().Metrics
	return m
}

func pastRules(t testing.TB, model *risk.Model) (*Rules, *schemas.Vocabulary) {
	c := Defaults()
	c.Risk.Threshold = 50
	c.Metrics = append(c.Metrics, Metric{Name: "cart_days", Types: []string{"add_to_cart", "order"}, Adds: Days})
	vocabulary, err := c.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compile(c, vocabulary, model)
	if err != nil {
		t.Fatal(err)
	}
	return r, vocabulary
}

// slowPast reads the events themselves, as far back as the model needs, for what metric m of the configuration tells.
func slowPast(r *Rules, m int, need risk.Need, events []schemas.Event, names *schemas.Vocabulary, at int64) (h risk.History) {
	metric := &r.metrics[m]
	counted := map[[2]int64]bool{}
	for _, e := range events {
		ago := at - 1 - e.Time/r.grain*r.grain
		if e.Time >= at || !slices.Contains(metric.Types, names.Name(e.Type)) {
			continue
		}
		if day := ago / (24 * hourMillis); day < int64(need.MetricDays[metric.Name]) {
			h.Days[day/64] |= 1 << (day % 64)
		}
		week, date := ago/(7*24*hourMillis), (e.Time+int64(e.Offset)*60_000)/(24*hourMillis)
		if week >= int64(need.Weeks[metric.Name]) {
			continue
		}
		switch {
		case metric.Adds == Amount:
			h.Weeks[week] += e.Amount
		case metric.Adds == Duration:
			h.Weeks[week] += e.Duration
		case metric.Adds == Count, !counted[[2]int64{week, date}]:
			counted[[2]int64{week, date}] = true
			h.Weeks[week]++
		}
	}
	return h
}

func TestThePastThatARiskReadsIsWhatTheEventsSayHoweverOftenTheTrackIsTrimmed(t *testing.T) {
	model := asking()
	r, vocabulary := pastRules(t, model)
	need, rng := model.Needs(), rand.New(rand.NewPCG(5, 6))
	types := []string{"visit", "order", "add_to_cart", "session_end", "view"}
	pasts, long := 0, 0
	for range 60 {
		u, s, track, at := &User{}, r.NewScratch(), make([]byte, 0, 1<<16), int64(1_700_000_000_000)
		var events []schemas.Event
		h := uint32(0)
		for range 300 {
			at += rng.Int64N([]int64{hourMillis, 40 * hourMillis, 600 * hourMillis}[min(rng.IntN(16)/7, 2)])
			e := schemas.Event{Time: at, Type: vocabulary.Lookup([]byte(types[rng.IntN(len(types))])), Amount: rng.Int64N(900) - 300, Duration: rng.Int64N(5000)}
			e.Offset = []int16{0, 0, 330, -480, 840, -1080}[rng.IntN(6)]
			events = append(events, e)
			track, _, _ = r.Step(u, track, &e, StepContext{NextBorder: r.GrainOf(at)}, s)
			if rng.IntN(3) > 0 {
				continue
			}
			h = max(h, r.GrainOf(at)+uint32(rng.IntN(2)))
			s.tracks.Open(u.head(), track, r.judged, h)
			s.tracks.Read(0)
			track = r.Trim(u, track, h, s)
			p, _, ok := r.Past(u, track, h, s)
			if !ok {
				continue
			}
			pasts++
			for m := range r.metrics {
				if need.MetricDays[r.metrics[m].Name]+need.Weeks[r.metrics[m].Name] == 0 {
					continue
				}
				got, want := within(p.Metrics[m], need, r.metrics[m].Name), slowPast(r, m, need, events, vocabulary, int64(h)*r.grain)
				if got != want {
					t.Fatalf("%s at %d: got %v, want %v", r.metrics[m].Name, h, got, want)
				}
				if want.Days[2] != 0 {
					long++
				}
			}
		}
	}
	t.Logf("%d pasts, %d with days more than 128 days back", pasts, long)
	if pasts == 0 || long == 0 {
		t.Error("the sample shows little")
	}
}

// within leaves what is needed of a history: beyond it, anything may stand.
func within(h risk.History, need risk.Need, name string) risk.History {
	for k := need.MetricDays[name]; k < risk.MaxDays; k++ {
		h.Days[k/64] &^= 1 << (k % 64)
	}
	clear(h.Weeks[need.Weeks[name]:])
	return h
}

// Days of a metric that the model does not ask about cost nothing: they are not set, and only the lanes of those it asks about are kept longer.
func TestOnlyTheDaysAskedForAreKept(t *testing.T) {
	r, vocabulary := pastRules(t, asking())
	expiry := func(name string) uint32 { return r.expiries[vocabulary.Lookup([]byte(name))] / r.day }
	for name, want := range map[string]uint32{"visit": 56, "order": 182, "add_to_cart": 91, "view": 35} {
		if got := expiry(name); got != want {
			t.Errorf("%s is kept for %d days, want %d", name, got, want)
		}
	}
	for i, m := range r.metrics {
		if want := slices.Contains([]string{"orders", "carts", "cart_days"}, m.Name); r.risk.ReadsDays()[i] != want {
			t.Errorf("the days of %s are read: %v", m.Name, !want)
		}
	}
}

// BenchmarkFillPast fills the past of a user of a year's visits and some orders, for a model that asks for sums alone and for one that asks for
// days too.
func BenchmarkFillPast(b *testing.B) {
	sums := asking()
	sums.Features = slices.DeleteFunc(sums.Features, func(f risk.Feature) bool { return strings.HasPrefix(f.Name, "days(") })
	sums.Metrics = sums.Needs().Metrics
	for name, model := range map[string]*risk.Model{"sums": sums, "days": asking()} {
		b.Run(name, func(b *testing.B) {
			r, vocabulary := pastRules(b, model)
			u, s, track, at, types := &User{}, r.NewScratch(), make([]byte, 0, 1<<16), int64(1_700_000_000_000), []string{"visit", "visit", "order", "add_to_cart"}
			for i := range 200 {
				at += 37 * hourMillis
				track, _, _ = r.Step(u, track, &schemas.Event{Time: at, Type: vocabulary.Lookup([]byte(types[i%4])), Amount: 100}, StepContext{NextBorder: r.GrainOf(at)}, s)
			}
			h := r.GrainOf(at) + 1
			cells := r.readAll(u, track, s)
			b.ReportAllocs()
			for b.Loop() {
				r.fillPast(&s.past, u, h-1, cells, h)
			}
		})
	}
}
