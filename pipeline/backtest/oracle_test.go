package backtest_test

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/backtest"
	"winback/schemas"
	"winback/scorer"
)

// oracle computes a report anew from the events and the file of decisions, as docs/backtest.md says, with loops over everything.
type oracle struct {
	cfg       backtest.Config
	rules     *scorer.Config
	events    []told // in order of time
	decisions []decided
	scores    map[asked]float64 // the risk of a user at a cut-off, from the file of scores
	end       int64             // of the replay
}

// told is an event as the oracle knows it.
type told struct {
	user, kind string
	at, amount int64
	again      bool // sent before: it does not count, but shows that data came
}

// decided is a line of the file of decisions.
type decided struct {
	User string `json:"user"`
	At   int64  `json:"at"`
	Kind string `json:"kind"`
	To   string `json:"to"`
}

type asked struct {
	user string
	at   int64
}

// oracleRow is a user at a cut-off.
type oracleRow struct {
	asked
	last  int64
	lost  bool
	state string
}

const aDay = int64(schemas.Day)

func decode(file string) (decisions []decided) {
	for line := range strings.Lines(file) {
		var d decided
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			panic(err)
		}
		decisions = append(decisions, d)
	}
	return decisions
}

func (o *oracle) adds(metric *scorer.Metric, e *told) int64 {
	switch {
	case e.again || !slices.Contains(metric.Types, e.kind):
		return 0
	case metric.Adds == scorer.Amount:
		return e.amount
	}
	return 1
}

func (o *oracle) activity(e *told) bool {
	return !e.again && slices.ContainsFunc(o.rules.Metrics, func(m scorer.Metric) bool {
		return slices.Contains(o.rules.Activity, m.Name) && slices.Contains(m.Types, e.kind)
	})
}

// complete is the first end of a day after which at most one event in a thousand comes.
func (o *oracle) complete() int64 {
	for day := o.events[0].at / aDay; ; day++ {
		later := 0
		for i := range o.events {
			if o.events[i].at >= (day+1)*aDay {
				later++
			}
		}
		if later <= len(o.events)/1000 {
			return min(o.end, (day+1)*aDay)
		}
	}
}

func (o *oracle) chosen(user string) bool {
	unseen := float64(xxhash.Sum64String(user)>>32) >= 0.8*(1<<32)
	return o.cfg.Users == backtest.AllUsers || unseen == (o.cfg.Users == backtest.UnseenUsers)
}

// cutoffs are all after the first event whose horizon is over.
func (o *oracle) cutoffs() (all []int64) {
	complete, cut := o.complete(), int64(o.cfg.Cut)
	for at := (o.events[0].at/cut + 1) * cut; at+int64(o.cfg.Horizon) <= complete; at += cut {
		all = append(all, at)
	}
	return all
}

func (o *oracle) reported(at int64) bool {
	return at >= o.cfg.From && (o.cfg.To == 0 || at < o.cfg.To)
}

// rowsAt are the chosen users with activity in time before a cut-off.
func (o *oracle) rowsAt(at int64) (rows []oracleRow) {
	last, back := map[string]int64{}, map[string]bool{}
	for i := range o.events {
		switch e := &o.events[i]; {
		case !o.activity(e) || !o.chosen(e.user):
		case e.at < at:
			last[e.user] = max(last[e.user], e.at)
		case e.at < at+int64(o.cfg.Horizon):
			back[e.user] = true
		}
	}
	for user, when := range last {
		if when >= at-int64(o.cfg.Active) {
			rows = append(rows, oracleRow{asked{user, at}, when, !back[user], o.stateAt(user, at)})
		}
	}
	return rows
}

func (o *oracle) stateAt(user string, at int64) (state string) {
	for _, d := range o.decisions {
		if d.User == user && d.At <= at && d.Kind == "lifecycle" {
			state = d.To
		}
	}
	return state
}

// openSince is when the episode that is open at a time was entered; 0 for none.
func (o *oracle) openSince(user string, at int64) (since int64) {
	for _, d := range o.decisions {
		if d.User == user && d.At <= at && d.Kind != "lifecycle" {
			if since = 0; d.Kind == "entered" {
				since = d.At
			}
		}
	}
	return since
}

// bare is the rule of the drop at a cut-off, whatever the evidence.
func (o *oracle) bare(a asked) bool {
	w, b := int64(o.rules.Window), int64(o.rules.Baseline)
	for i := range o.rules.Metrics {
		m := &o.rules.Metrics[i]
		var cur, base int64
		for k := range o.events {
			switch e := &o.events[k]; {
			case e.user != a.user:
			case e.at >= a.at-w && e.at < a.at:
				cur += o.adds(m, e)
			case e.at >= a.at-w-b && e.at < a.at-w:
				base += o.adds(m, e)
			}
		}
		left := 1_000_000 - int64(math.Round(o.rules.Drop.Enter*1e6))
		if m.Core && base > 0 && cur*(b/aDay)*1_000_000 <= base*(w/aDay)*left {
			return true
		}
	}
	return false
}

// longestSilent are as many of the rows as are flagged.
func longestSilent(rows []oracleRow, n int) map[asked]bool {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b oracleRow) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(xxhash.Sum64String(a.user), xxhash.Sum64String(b.user)))
	})
	silent := map[asked]bool{}
	for _, r := range sorted[:n] {
		silent[r.asked] = true
	}
	return silent
}

// report is everything that the oracle knows of one rule.
type report struct {
	counts         backtest.Counts
	fresh          int
	losses, caught int
	toLast, toLoss float64
	weeks          map[int64]backtest.Counts
	freshAt        map[int64]int
	states         map[string]backtest.Counts
}

// measure looks at a rule: since is when a row was flagged, 0 if it is not; fresh how many flags are new at a cut-off.
func (o *oracle) measure(cutoffs []int64, rows []oracleRow, since func(asked) int64, fresh func(at int64) int) report {
	r := report{weeks: map[int64]backtest.Counts{}, freshAt: map[int64]int{}, states: map[string]backtest.Counts{}}
	type silence struct {
		user string
		last int64
	}
	flags := map[silence]int64{}
	for _, row := range rows {
		at := since(row.asked)
		week, state := r.weeks[row.at], r.states[row.state]
		for _, c := range []*backtest.Counts{&r.counts, &week, &state} {
			c.Rows++
			c.Lost += one(row.lost)
			c.Flagged += one(at != 0)
			c.Hits += one(at != 0 && row.lost)
		}
		r.weeks[row.at], r.states[row.state] = week, state
		if s := (silence{row.user, row.last}); row.lost && flags[s] == 0 {
			flags[s] = at
		}
	}
	var toLast, toLoss []float64
	for s, at := range flags {
		if r.losses++; at != 0 {
			r.caught++
			toLast = append(toLast, float64(s.last-at)/float64(aDay))
			toLoss = append(toLoss, float64(s.last+int64(o.cfg.Horizon)-at)/float64(aDay))
		}
	}
	r.toLast, r.toLoss = middle(toLast), middle(toLoss)
	for _, at := range cutoffs {
		if o.reported(at) {
			r.freshAt[at] = fresh(at)
			r.fresh += r.freshAt[at]
		}
	}
	return r
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func middle(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// atCutoffs makes the two questions of measure of a rule that is asked at the cut-offs alone.
func (o *oracle) atCutoffs(rows map[int64][]oracleRow, holds map[asked]bool) (since func(asked) int64, fresh func(int64) int) {
	since = func(a asked) int64 {
		if !holds[a] {
			return 0
		}
		for holds[asked{a.user, a.at - int64(o.cfg.Cut)}] {
			a.at -= int64(o.cfg.Cut)
		}
		return a.at
	}
	fresh = func(at int64) (n int) {
		for _, r := range rows[at] {
			n += one(holds[r.asked] && !holds[asked{r.user, at - int64(o.cfg.Cut)}])
		}
		return n
	}
	return since, fresh
}

// entered counts the entries since the cut-off before.
func (o *oracle) entered(at int64) (n int) {
	for _, d := range o.decisions {
		n += one(d.Kind == "entered" && o.chosen(d.User) && d.At > at-int64(o.cfg.Cut) && d.At <= at)
	}
	return n
}

// ranking is the AUC, pair by pair, and the lift of the top tenth, where rows of equal score share the room that is left.
func ranking(rows []oracleRow, score func(oracleRow) float64) (auc, lift float64) {
	pairs, right, top, lost := 0.0, 0.0, 0.0, 0.0
	tenth := float64(len(rows)) / 10
	for _, r := range rows {
		above, equal := 0.0, 0.0
		for _, other := range rows {
			switch mine, theirs := score(r), score(other); {
			case theirs > mine:
				above++
			case theirs == mine:
				equal++
			}
			if r.lost && !other.lost {
				pairs++
				right += map[int]float64{1: 1, 0: 0.5}[cmp.Compare(score(r), score(other))]
			}
		}
		if r.lost {
			lost++
			top += min(1, max(0, (tenth-above)/equal))
		}
	}
	return right / pairs, top / tenth / (lost / float64(len(rows)))
}
