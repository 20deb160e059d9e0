package backtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"winback/pipeline/backtest"
	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// town is a made-up history: people who order every few days until they stop, some of whose orders are sent twice, and some for a refund.
func town(random *rand.Rand, people, days int) (events []told) {
	for person := range people {
		user := fmt.Sprintf("p%d", person)
		rate, from, stay := 0.05+1.5*random.Float64(), random.IntN(days/2), 10+int(70*random.ExpFloat64())
		for day := from; day < min(days, from+stay); day++ {
			for n := rate * 2 * random.Float64(); n > random.Float64(); n-- {
				e := told{user: user, kind: "order", at: int64(19_700+day) * aDay, amount: random.Int64N(5000) - 500}
				if random.IntN(2) == 0 { // the others lie on the edges of days, where cut-offs are
					e.at += random.Int64N(aDay)
				}
				if random.IntN(9) == 0 {
					e.kind = "visit"
				}
				events = append(events, e)
				if random.IntN(20) == 0 {
					e.again, e.at = true, e.at+aDay/24
					events = append(events, e)
				}
			}
		}
	}
	slices.SortStableFunc(events, func(a, b told) int { return int(a.at - b.at) })
	return events
}

// town's run through the engine: the report, and what the oracle needs.
func run(t *testing.T, cfg backtest.Config, events []told) (*backtest.Report, *oracle) {
	t.Helper()
	return runAt(t, cfg, events, 0)
}

// runAt is run with users flagged from a risk on; 0 for the model's own threshold.
func runAt(t *testing.T, cfg backtest.Config, events []told, threshold float64) (*backtest.Report, *oracle) {
	t.Helper()
	loaded, err := config.Load(config.Sources{Preset: "cdnow"}, config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	c.State.MaxJump, c.Scorer.Risk.Threshold = 0, threshold
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := scorer.Compile(c.Scorer, vocabulary, c.Model)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, Model: c.Model, State: c.PartitionState()}, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	g, err := backtest.NewGather(cfg, backtest.Replay{
		Activity: func(e *schemas.Event) bool { return rules.Activity(e.Type, e.Category) }, Added: engine.Added,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{cfg: cfg, rules: &c.Scorer, events: events, scores: map[asked]float64{}}
	engine.Every(int64(cfg.Cut), func(at int64, p *state.Partition) error {
		for user, score := range p.Scores(at) {
			o.scores[asked{string(user), at}] = score.Risk
		}
		g.Take(at, p.Looks(at))
		return nil
	})
	var file bytes.Buffer
	result, err := engine.Run(t.Context(), g.Watch(sent(events, vocabulary)), func(ds []schemas.Decision) error {
		g.Decide(ds)
		to := json.NewEncoder(&file)
		for i := range ds {
			if err := to.Encode(&ds[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.decisions, o.end = decode(file.String()), result.Watermark
	history := g.History(result.Watermark)
	history.Scored, history.ModelHorizon, history.Lookback = true, 30*schemas.Day, c.Scorer.Window+c.Scorer.Baseline
	r, err := backtest.New(cfg, history)
	if err != nil {
		t.Fatal(err)
	}
	return r, o
}

// sent are the events as the engine takes them; one that is sent again has the id of the one before.
func sent(events []told, vocabulary *schemas.Vocabulary) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		ids := map[told]uint64{}
		for i, e := range events {
			key := e
			if e.again {
				key.again, key.at = false, e.at-aDay/24
			} else {
				ids[key] = uint64(i) + 1
			}
			if !yield(&schemas.Event{User: []byte(e.user), ID: ids[key], Time: e.at, Amount: e.amount, Type: vocabulary.Lookup([]byte(e.kind))}) {
				return
			}
		}
	}
}

func TestEveryFigureIsTheOneComputedAnewFromTheDecisionsFile(t *testing.T) {
	flagged, lost := 0, 0
	for seed := range uint64(6) {
		cfg := backtest.Defaults()
		switch seed {
		case 1:
			cfg.From, cfg.To = 19_790*aDay, 19_850*aDay+1
		case 2:
			cfg.Users = backtest.SeenUsers
		case 3:
			cfg.Users, cfg.Unseen = backtest.UnseenUsers, 0.2
		case 4:
			cfg.Horizon, cfg.Active, cfg.Cut = 10*schemas.Day, 50*schemas.Day, 3*schemas.Day
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r, o := run(t, cfg, town(rand.New(rand.NewPCG(seed, 7)), 90, 160))
			rows := check(t, r, o)
			flagged, lost = flagged+r.Rules[0].Flagged, lost+r.Lost
			t.Logf("counts: %d rows, %d users; %d lost and %d flagged, and every figure equals the oracle's", rows, r.Users, r.Lost, r.Rules[0].Flagged)
		})
	}
	if flagged < 100 || lost < 100 {
		t.Errorf("%d flagged and %d lost rows: the comparison shows little", flagged, lost)
	}
}

// check compares a report with the oracle's.
func check(t *testing.T, r *backtest.Report, o *oracle) int {
	t.Helper()
	byCutoff, holds := map[int64][]oracleRow{}, map[string]map[asked]bool{backtest.RuleBare: {}, backtest.RuleRecency: {}}
	thresholds := map[float64]map[asked]bool{}
	var reported []oracleRow
	cutoffs := o.cutoffs()
	for _, at := range cutoffs {
		rows := o.rowsAt(at)
		byCutoff[at] = rows
		open := 0
		for _, row := range rows {
			open += one(o.openSince(row.user, at) != 0)
			holds[backtest.RuleBare][row.asked] = o.bare(row.asked)
			for i := range r.Thresholds {
				threshold := r.Thresholds[i].Threshold
				if thresholds[threshold] == nil {
					thresholds[threshold] = map[asked]bool{}
				}
				thresholds[threshold][row.asked] = o.risk(row) >= threshold
			}
		}
		for a := range longestSilent(rows, open) {
			holds[backtest.RuleRecency][a] = true
		}
		if o.reported(at) {
			reported = append(reported, rows...)
		}
	}
	for i := range r.Rules {
		rule := &r.Rules[i]
		since, fresh := o.atCutoffs(byCutoff, holds[rule.Name])
		if rule.Name == backtest.RuleFlags {
			since, fresh = func(a asked) int64 { return o.openSince(a.user, a.at) }, o.entered
		}
		want := o.measure(cutoffs, reported, since, fresh)
		checkRule(t, rule.Name, rule, &want, o)
		checkGroups(t, i, r, &want)
	}
	for i := range r.Thresholds {
		since, fresh := o.atCutoffs(byCutoff, thresholds[r.Thresholds[i].Threshold])
		want := o.measure(cutoffs, reported, since, fresh)
		checkRule(t, fmt.Sprint("risk from ", r.Thresholds[i].Threshold), &r.Thresholds[i].Rule, &want, o)
	}
	checkRankings(t, r, o, reported)
	if r.Rows != len(reported) || r.Complete != o.complete() {
		t.Errorf("%d rows up to %d, want %d up to %d", r.Rows, r.Complete, len(reported), o.complete())
	}
	return len(reported)
}

// risk is the score of a row; -1 where the file of scores has none.
func (o *oracle) risk(row oracleRow) float64 {
	if score, known := o.scores[row.asked]; known {
		return score
	}
	return -1
}

func checkRule(t *testing.T, name string, got *backtest.Rule, want *report, o *oracle) {
	t.Helper()
	if got.Counts != want.counts || got.NewFlags != want.fresh || got.Losses != want.losses || got.Caught != want.caught || len(got.DaysFlagged) != want.caught {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
	c := want.counts
	rows, lost, flagged, hits := float64(c.Rows), float64(c.Lost), float64(c.Flagged), float64(c.Hits)
	weeks := float64(o.cfg.Cut) / float64(schemas.Week)
	for what, pair := range map[string][2]float64{
		"share lost": {float64(got.ShareLost), lost / rows}, "share flagged": {float64(got.ShareFlagged), flagged / rows},
		"precision": {float64(got.Precision), hits / flagged}, "recall": {float64(got.Recall), hits / lost}, "lift": {float64(got.Lift), hits / flagged / (lost / rows)},
		"new flags": {float64(got.NewPerWeek), 1000 * float64(want.fresh) / rows / weeks},
		"to last":   {float64(got.DaysToLast), want.toLast}, "to loss": {float64(got.DaysToLoss), want.toLoss},
	} {
		if !same(pair[0], pair[1]) {
			t.Errorf("%s: %s is %v, want %v", name, what, pair[0], pair[1])
		}
	}
}

func same(a, b float64) bool { return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9 }

func checkGroups(t *testing.T, rule int, r *backtest.Report, want *report) {
	t.Helper()
	if len(r.Weeks) != len(want.weeks) || len(r.States) != len(want.states) || r.Cutoffs != len(want.weeks) {
		t.Fatalf("%d weeks and %d states, want %d and %d", len(r.Weeks), len(r.States), len(want.weeks), len(want.states))
	}
	for _, g := range r.Weeks {
		if got := g.Rules[rule]; got.Counts != want.weeks[g.At] || got.NewFlags != want.freshAt[g.At] {
			t.Errorf("week %d: got %+v, want %+v", g.At, got, want.weeks[g.At])
		}
	}
	tiers := backtest.Counts{}
	for _, g := range r.Tiers {
		c := g.Rules[rule].Counts
		tiers = backtest.Counts{Rows: tiers.Rows + c.Rows, Lost: tiers.Lost + c.Lost, Flagged: tiers.Flagged + c.Flagged, Hits: tiers.Hits + c.Hits}
	}
	if tiers != want.counts {
		t.Errorf("the tiers' rows are %+v together, want %+v", tiers, want.counts)
	}
	for _, g := range r.States {
		if got := g.Rules[rule].Counts; got != want.states[g.Name] {
			t.Errorf("state %q: got %+v, want %+v", g.Name, got, want.states[g.Name])
		}
	}
}

func checkRankings(t *testing.T, r *backtest.Report, o *oracle, rows []oracleRow) {
	t.Helper()
	for i, score := range []func(oracleRow) float64{o.risk, func(row oracleRow) float64 { return float64(row.at - row.last) }} {
		auc, lift := ranking(rows, score)
		if got := r.Rankings[i]; !same(float64(got.AUC), auc) || !same(float64(got.Lift), lift) {
			t.Errorf("%s: AUC %v and lift %v, want %v and %v", got.Name, got.AUC, got.Lift, auc, lift)
		}
	}
	for _, bin := range r.Reliability {
		given, came, n := 0.0, 0.0, 0
		for _, row := range rows {
			if risk := o.risk(row); risk >= bin.From && (risk < bin.To || bin.To == 100) {
				n, given, came = n+1, given+risk/100, came+float64(one(row.lost))
			}
		}
		if bin.Rows != n || !same(float64(bin.Given), given/float64(n)) || !same(float64(bin.Came), came/float64(n)) {
			t.Errorf("chance %v: got %+v, want %d rows, %v and %v", bin.From, bin, n, given/float64(n), came/float64(n))
		}
	}
}
