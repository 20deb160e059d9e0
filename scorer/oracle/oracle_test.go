package oracle

import (
	"math/big"
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

func TestGuardIsTheBinomialTail(t *testing.T) {
	for _, shape := range []struct {
		window, baseline int64
		alpha            float64
	}{{7 * day, 28 * day, 0.05}, {28 * day, 112 * day, 0.05}, {3 * day, 10 * day, 0.2}, {day, day, 0.5}, {19 * day, day, 0.05}} {
		cfg := Config{Window: shape.window, Baseline: shape.baseline, Alpha: shape.alpha}
		g, p := newGuard(&cfg), big.NewRat(shape.window, shape.window+shape.baseline)
		alpha := big.NewRat(int64(shape.alpha*100+0.5), 100)
		for n := range int64(40) {
			for k := range n + 1 {
				if got, want := g.tooFew(k, n), tail(k, n, p).Cmp(alpha) <= 0; got != want {
					t.Errorf("%v: %d of %d too few: %v", shape, k, n, got)
				}
			}
		}
	}
}

// tail is P(X <= k), X ~ Binomial(n, p), by its definition.
func tail(k, n int64, p *big.Rat) *big.Rat {
	sum, q := new(big.Rat), new(big.Rat).Sub(big.NewRat(1, 1), p)
	for i := range k + 1 {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		for range i {
			term.Mul(term, p)
		}
		for range n - i {
			term.Mul(term, q)
		}
		sum.Add(sum, term)
	}
	return sum
}

// Known values: 0.8^14 = 0.0440, 0.8^13 = 0.0550; P(X <= 2 of 30) = 0.0442, of 29 0.0520.
func TestGuardAtKnownEdges(t *testing.T) {
	cfg := Defaults()
	g := newGuard(&cfg)
	if !g.tooFew(0, 14) || g.tooFew(0, 13) || !g.tooFew(2, 30) || g.tooFew(2, 29) {
		t.Error("the 5 % edge is not where it must be")
	}
	cfg.Alpha = 1
	if !newGuard(&cfg).tooFew(20, 20) {
		t.Error("alpha 1 does not turn the guard off")
	}
}
