package train

import (
	"context"
	"fmt"
	"time"

	"winback/scorer/alive"
	"winback/scorer/risk"
)

// Facts describe the data that the samples were gathered from.
type Facts struct {
	Name       string // of the model
	Data       []risk.Source
	First, End int64    // the first event, and the end of the last; Unix milliseconds
	Features   []string // as the vector was compiled from
	Alive      string   // the metric of P(alive), whose events Counted has noted; empty for none
}

// unitDays is the unit of time of P(alive): weeks, as in the paper.
const unitDays = 7

// Result is a model and how well it does.
type Result struct {
	Model    *risk.Model
	Parts    []Part
	Complete int64 // up to when the data was taken to be complete, Unix milliseconds

	// Of P(alive): how many customers, and the log-likelihood. AliveErr says why there are no parameters though they were asked for.
	Customers  int
	Likelihood float64
	AliveErr   error
}

// Part is how well a model that was fitted on the first part does on some rows. A part in which nobody, or everybody, was lost cannot be
// measured and is left out.
type Part struct {
	Name    string
	Test    risk.Test
	Recency Ranking // by the time since the last activity alone: what the model must beat
}

// The parts, in the order of Result.Parts.
const (
	PartFitted = "fitted on"
	PartLater  = "later time"
	PartUnseen = "unseen users"
	PartBoth   = "unseen users, later time"
)

// Fit divides the samples by time and user, fits on one part, measures on the others, and then fits the model that it returns on all of them.
func (s *Samples) Fit(ctx context.Context, facts *Facts) (*Result, error) {
	end := s.CompleteUntil(facts.End)
	d, err := s.newSplit(end)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	first, err := s.fit(ctx, s.choose(func(cutoff uint16, hash uint64) bool { return d.of(cutoff, hash) == fitted }))
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	r := &Result{Parts: s.measure(d, first), Complete: end}
	all := s.complete(d)
	final, err := s.fit(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	r.Model = s.model(final, facts)
	r.Model.Fit = s.record(d, r.Parts, final, facts, end)
	r.Model.Fit.Users = s.usersOf(all)
	if facts.Alive != "" {
		customers := s.customers(end, unitDays)
		r.Customers = len(customers)
		var p alive.Params
		if p, r.Likelihood, r.AliveErr = FitAlive(customers); r.AliveErr == nil {
			r.Model.Alive = &risk.Alive{Metric: facts.Alive, UnitDays: unitDays, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}
		}
	}
	r.Model.Metrics = r.Model.Needs().Metrics
	if err := r.Model.Validate(); err != nil {
		return nil, fmt.Errorf("train: the model that came out is none: %w", err)
	}
	return r, ctx.Err()
}

// model leaves out the features that never varied: they carry no information, and state would be kept for them.
func (s *Samples) model(r *regression, facts *Facts) *risk.Model {
	m := &risk.Model{Format: risk.Format, Chance: true, Name: facts.Name, Bias: r.bias, HorizonDays: int(s.cfg.Horizon / dayLength), ActiveDays: int(s.cfg.Active / dayLength)}
	for j, f := range r.features {
		if f.scale > 0 {
			m.Features = append(m.Features, f.tabulated(facts.Features[j], r.weight[j]))
		}
	}
	return m
}

// tabulated is a term of the regression as a table of steps of equal width over the range seen.
func (f *moments) tabulated(name string, weight float64) risk.Feature {
	const steps = 200
	width := (f.high - f.low) / steps
	table := risk.Feature{Name: name}
	for i := range steps {
		table.Points = append(table.Points, weight*(f.low+(float64(i)+0.5)*width-f.mean)/f.scale)
		if i > 0 {
			table.Cuts = append(table.Cuts, f.low+float64(i)*width)
		}
	}
	return table
}

func (s *Samples) record(d *split, parts []Part, final *regression, facts *Facts, end int64) *risk.Fit {
	fit := &risk.Fit{
		Data: facts.Data, From: moment(facts.First), To: moment(end), EveryDays: int(s.cfg.Every / dayLength),
		Rows: final.rows, Lost: final.lost, Method: fmt.Sprintf("a logistic regression with l2 %g, in %d iterations of L-BFGS", s.cfg.L2, final.iterations),
		Split: fmt.Sprintf("The weights are of a fit on all rows. The figures are of a fit on %.0f %% of the users, by a hash of their ids, and the cut-offs from %s to %s: "+
			"later are the same users from %s on, %v after the last cut-off fitted on, so that no label reaches into the test; unseen are the other users at the cut-offs fitted on.",
			100*(1-s.cfg.Unseen), moment(d.times[0]), moment(d.times[d.fitUntil-1]), moment(d.times[d.testFrom]), d.gap()),
	}
	for i := range parts {
		switch parts[i].Name {
		case PartLater:
			fit.Later = &parts[i].Test
		case PartUnseen:
			fit.Unseen = &parts[i].Test
		}
	}
	return fit
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

func (s *Samples) usersOf(chosen mask) int {
	seen, n := make([]bool, len(s.people)), 0
	for k, c := range s.chunks {
		for i, user := range c.user[:c.length] {
			if chosen[k][i] && !seen[user] {
				seen[user] = true
				n++
			}
		}
	}
	return n
}
