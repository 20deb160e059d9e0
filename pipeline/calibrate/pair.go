package calibrate

import (
	"fmt"

	"winback/schemas"
	"winback/scorer"
)

// Pair is a current window and the user's own past before it.
type Pair struct{ Window, Baseline schemas.Duration }

// String writes it as "7d/28d".
func (p Pair) String() string { return fmt.Sprintf("%v/%v", p.Window, p.Baseline) }

// Plan is which pairs are tried, and at which cut-offs they are compared.
type Plan struct {
	Pairs       []Pair // the one in force first
	InForce     Pair
	Untried     []Untried
	Active      schemas.Duration // asked about are users with activity in this time before a cut-off
	Horizon     schemas.Duration
	From, Until int64 // the first cut-off and the end of those, Unix milliseconds
}

// Untried is a pair that is not tried, with the reason.
type Untried struct {
	Pair
	Why string
}

const cutoffEvery = schemas.Week

// Plan chooses what to compare. Cut-offs are weekly, and the same for every pair: from where the longest has its whole past to where the
// horizon of the last ends with the data. churned is the age, in days, from which a user is gone and nobody asks.
func (h *History) Plan(cfg Config, rules *scorer.Config, churned int) (*Plan, error) {
	p := &Plan{InForce: Pair{rules.Window, rules.Baseline}, Horizon: cfg.Horizon, Active: min(28, schemas.Duration(churned)) * schemas.Day}
	usable := h.end - h.first - int64(cfg.Horizon)
	for i, pair := range append([]Pair{p.InForce}, grid()...) {
		with := *rules
		with.Window, with.Baseline = pair.Window, pair.Baseline
		switch {
		case i > 0 && pair == p.InForce:
		case int64(pair.Window+pair.Baseline) > usable/2:
			p.Untried = append(p.Untried, Untried{pair, "the data is too short for it"})
		case with.Validate() != nil:
			p.Untried = append(p.Untried, Untried{pair, "it does not go with the other settings"})
		default:
			p.Pairs = append(p.Pairs, pair)
		}
	}
	longest := int64(0)
	for _, pair := range p.Pairs {
		longest = max(longest, int64(pair.Window+pair.Baseline))
	}
	p.From, p.Until = roundUp(h.first+longest, int64(cutoffEvery)), h.end-int64(cfg.Horizon)+1
	if cutoffs := (p.Until - p.From + int64(cutoffEvery) - 1) / int64(cutoffEvery); len(p.Pairs) < 2 || cutoffs < minCutoffs {
		needed := 2*(7+28)*schemas.Day + cfg.Horizon
		return nil, fmt.Errorf("%d days of data are too few to compare pairs at %d weekly cut-offs with a horizon of %v behind each: %v are needed", h.Days(), minCutoffs, cfg.Horizon, needed)
	}
	return p, nil
}

func roundUp(at, multiple int64) int64 { return (at + multiple - 1) / multiple * multiple }

func grid() []Pair {
	const day = schemas.Day
	return []Pair{{5 * day, 14 * day}, {7 * day, 28 * day}, {14 * day, 56 * day}, {28 * day, 84 * day}}
}

// BareRule are the rules with a pair and nothing but the drop that decides: no model and no evidence asked of the past.
func BareRule(rules scorer.Config, pair Pair) scorer.Config {
	rules.Window, rules.Baseline = pair.Window, pair.Baseline
	rules.Drop.MinBaseline, rules.Drop.MinWeeks = 1, 1
	return rules
}

// What differences in Youden's J count for.
const (
	tells = 0.05 // with less than this a rule tells next to nothing
	even  = 0.01 // two pairs that are this close tell equally well
)

// Choose returns the outcome that tells best: of those within a hundredth of the largest J, and not below that of the pair in force, the one that
// tells earliest. The pair in force comes first. It is nil where no pair tells anything, and fails where nothing can be compared.
func (p *Plan) Choose(outcomes []Outcome) (*Outcome, error) {
	best := &outcomes[0]
	for i := range outcomes {
		o := &outcomes[i]
		if o.Lost < minOutcomes || o.Rows-o.Lost < minOutcomes {
			return nil, fmt.Errorf("of %d rows, a user at a weekly cut-off each, %d had no activity in the %v after it: at least %d that had none, and %d that had, are needed; "+
				"a longer history, more users or another --horizon gives them", o.Rows, o.Lost, p.Horizon, minOutcomes, minOutcomes)
		}
		if o.J() > best.J() {
			best = o
		}
	}
	if best.J() < tells {
		return nil, nil
	}
	chosen := best
	for i := range outcomes {
		if o := &outcomes[i]; o.J() >= max(best.J()-even, outcomes[0].J()) && o.Lead > chosen.Lead {
			chosen = o
		}
	}
	return chosen, nil
}
