package backtest

import (
	"fmt"

	"winback/schemas"
)

// Report is what New makes of a history.
type Report struct {
	Config   Config
	From, To int64 // the first and the last cut-off that has rows, Unix milliseconds
	Complete int64 // up to when the data counts as complete, Unix milliseconds
	Cutoffs  int   // with rows
	Rows     int
	Users    int // with a row
	Lost     int // rows
	Losses   int // distinct silences that made rows lost

	Rules       []Rule      // what the configuration flags, the bare rule, recency
	Rankings    []Ranking   // by the risk, if there is a model, and by recency
	Thresholds  []Threshold // of the risk; none without a model
	Reliability []Bin       // of the risk; none without a model
	Chance      bool        // the risk is a chance in per cent, not a score that only ranks
	Weeks       []Group     // by cut-off
	States      []Group     // by the lifecycle's state at the cut-off
	Tiers       []Group     // by the value tier at the cut-off; none without RFM
	Notes       []string    // what a reader must know of the figures
}

// The names of the rules.
const (
	RuleFlags   = "flags"
	RuleBare    = "bare"
	RuleRecency = "recency"
	RuleRisk    = "risk"
)

// Threshold is the rule that flags from a risk on, asked at the cut-offs alone.
type Threshold struct {
	Threshold float64
	Rule
}

// thresholdStep is between two thresholds of the risk.
const thresholdStep = 5

// New reports on a history.
func New(cfg Config, h *History) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	s, err := choose(cfg, h)
	if err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	r := &Report{Config: cfg, Complete: h.Complete, Losses: len(s.losses)}
	r.count(s)
	flags := s.flags(h.Flags)
	rules := []named{{RuleFlags, flags}, {RuleBare, s.bare()}, {RuleRecency, s.recency(flags)}}
	for _, rule := range rules {
		r.Rules = append(r.Rules, s.measure(rule.name, rule.verdicts))
	}
	if h.Scored {
		r.Rankings = append(r.Rankings, s.ranking(RuleRisk, func(_ int64, row *Row) float64 { return row.Risk }))
		for threshold := float64(thresholdStep); threshold < 100; threshold += thresholdStep {
			r.Thresholds = append(r.Thresholds, Threshold{threshold, s.measure(RuleRisk, s.above(threshold))})
		}
		r.Reliability, r.Chance = s.reliability(), h.Chance
	}
	r.Rankings = append(r.Rankings, s.ranking(RuleRecency, func(at int64, row *Row) float64 { return float64(at - row.Last) }))
	r.Weeks, r.States, r.Tiers = s.weeks(rules), s.states(rules), s.tiers(rules)
	r.note(h)
	return r, nil
}

func (r *Report) count(s *selection) {
	seen, last := map[uint32]bool{}, -1
	s.each(func(k, i int, row *Row) {
		if seen[row.User] = true; k != last {
			if last = k; r.Cutoffs == 0 {
				r.From = s.cutoffs[k].At
			}
			r.Cutoffs++
			r.To = s.cutoffs[k].At
		}
		r.Rows++
		if s.lossOf[k][i] >= 0 {
			r.Lost++
		}
	})
	r.Users = len(seen)
}

// note says what the figures cannot say.
func (r *Report) note(h *History) {
	add := func(when bool, format string, args ...any) {
		if when {
			r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
		}
	}
	add(r.Users == 1, "There is one user: the figures say nothing of others.")
	add(r.Lost == 0, "Nobody was lost, so there is nothing to find: no recall, lift or lead time.")
	add(r.Lost == r.Rows, "Everybody was lost, so no rule can be better than another: every precision is 1.")
	add(r.Rules[0].Flagged == 0, "Nobody was flagged at a cut-off: there is no precision, and recency flags as many.")
	full := h.First + int64(h.Lookback)
	add(r.From < full, "Before %s the window and the baseline (%v) reach back to before the data, and flags are fewer: --from %s leaves these cut-offs out.",
		date(full), h.Lookback, date(full+dayLength-1))
	add(h.Scored && h.ModelHorizon != r.Config.Horizon, "The model was trained for %v and is judged here for %v: its numbers are of something else, its order can still be judged.",
		h.ModelHorizon, r.Config.Horizon)
	add(h.Scored && !h.Chance, "The risk is a score that ranks, not a chance: train a model, or tell scorer.risk.base_rate.")
}

// inWeeks is the unit of new flags.
func inWeeks(cut schemas.Duration) float64 { return float64(cut) / float64(schemas.Week) }
