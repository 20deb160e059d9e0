package oracle

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func testConfig() Config {
	cfg := Defaults()
	cfg.Metrics = []Metric{
		{Name: "visits", Types: []string{"page", "order"}, Adds: Sessions, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: Amount, Core: true},
		{Name: "online_time", Types: []string{"page"}, Adds: Duration},
		{Name: "orders", Types: []string{"order"}, Adds: Count},
		{Name: "days", Types: []string{"page", "refund"}, Adds: Days},
	}
	cfg.Activity = []string{"visits", "orders"}
	return cfg
}

// The running totals, however the events came in, are what a loop over all events finds.
func TestTotalsAreSums(t *testing.T) {
	cfg := testConfig()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		events := Random(rng, cfg, 1, 60)
		h := newHistory(&cfg)
		for _, i := range rng.Perm(len(events)) {
			h.add(events[i])
		}
		for m, metric := range cfg.Metrics {
			from := Origin + rng.Int64N(60*day)
			to := from + rng.Int64N(30*day)
			n, sum := loop(&cfg, metric, events, from, to)
			i, j := h.before(from), h.before(to)
			if h.count(m, i, j) != n || h.total(m, i, j) != sum {
				t.Errorf("seed %d, %s: %d adding %d, want %d adding %d", seed, metric.Name, h.count(m, i, j), h.total(m, i, j), n, sum)
			}
			if gotN, gotSum := Sum(cfg, h.events, metric.Name, from, to); gotN != n || gotSum != sum {
				t.Errorf("seed %d, %s: Sum is %d adding %d, want %d adding %d", seed, metric.Name, gotN, gotSum, n, sum)
			}
		}
	}
}

// loop takes the metric's events in order of time; a session begins where the pause before is longer than the gap, a day where the user's calendar
// shows a date that it did not show before in the window.
func loop(cfg *Config, metric Metric, events []Event, from, to int64) (n, sum int64) {
	last, dates := int64(-1<<60), map[string]bool{}
	for _, e := range events {
		if !slices.Contains(metric.Types, e.Type) {
			continue
		}
		begins := e.Time-last > cfg.SessionGap
		last = e.Time
		if e.Time < from || e.Time >= to || metric.Adds == Sessions && !begins {
			continue
		}
		if metric.Adds == Days {
			dates[e.local().Format(time.DateOnly)] = true
			continue
		}
		n++
		sum += map[string]int64{Sessions: 1, Count: 1, Amount: e.Amount, Duration: e.Duration}[metric.Adds]
	}
	return n + int64(len(dates)), sum + int64(len(dates))
}
