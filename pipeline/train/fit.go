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
	Terms    []Term // of Model, the most important first
	Parts    []Part
	HeldOut  HeldOut // what the threshold is chosen with
	Complete int64   // up to when the data was taken to be complete, Unix milliseconds

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

// HeldOut is a model that was fitted on a part of the rows, and what it was not fitted on: Unseen users at any time, and the others from TestFrom on.
type HeldOut struct {
	Model    *risk.Model
	Unseen   float64 // the share of users, as Unseen divides them
	TestFrom int64   // Unix milliseconds
	Complete int64   // up to when the data is complete, Unix milliseconds
}

// Fit divides the samples by time and user, fits on one part, measures on the others, and then fits the model that it returns on all of them, or on all of
// the users seen. told, which may be nil, is called from several goroutines with how far it has come.
func (s *Samples) Fit(ctx context.Context, facts *Facts, told func(done, total int)) (*Result, error) {
	r, err := s.fit(ctx, facts, steps{told, 2})
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return r, ctx.Err()
}

func (s *Samples) fit(ctx context.Context, facts *Facts, told steps) (*Result, error) {
	end := s.CompleteUntil(facts.End)
	d, err := s.newSplit(end)
	if err != nil {
		return nil, err
	}
	part := s.choose(func(cutoff uint16, hash uint64) bool { return d.of(cutoff, hash) == fitted })
	first, err := boost(ctx, s.cfg, []selection{{s, part}}, false, facts.Features, told.part(0))
	if err != nil {
		return nil, err
	}
	r := &Result{Parts: s.measure(d, first), Complete: end}
	r.HeldOut = HeldOut{Model: s.cfg.model(first, facts.Name), Unseen: s.cfg.Unseen, TestFrom: d.times[d.testFrom], Complete: end}
	all := s.complete(d.end)
	final, err := boost(ctx, s.cfg, []selection{{s, all}}, false, facts.Features, told.part(1))
	if err != nil {
		return nil, err
	}
	r.Model, r.Terms = s.cfg.model(final, facts.Name), final.terms()
	r.Model.Fit = s.record(d, r.Parts, final, facts, end)
	r.Model.Fit.Users = s.usersOf(all)
	s.fitAlive(r, facts.Alive)
	for _, m := range [...]*risk.Model{r.Model, r.HeldOut.Model} {
		m.Metrics = m.Needs().Metrics
		if err := m.Validate(); err != nil {
			return nil, fmt.Errorf("the model that came out is none: %w", err)
		}
	}
	return r, nil
}

// fitAlive adds P(alive) of a metric, empty for none, to the models.
func (s *Samples) fitAlive(r *Result, metric string) {
	if metric == "" {
		return
	}
	customers := s.customers(r.Complete, unitDays)
	r.Customers = len(customers)
	var p alive.Params
	if p, r.Likelihood, r.AliveErr = FitAlive(customers); r.AliveErr == nil {
		r.Model.Alive = &risk.Alive{Metric: metric, UnitDays: unitDays, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}
		r.HeldOut.Model.Alive = r.Model.Alive
	}
}

// steps tells how far several fits have come as if they were one.
type steps struct {
	told  func(done, total int)
	count int
}

func (s steps) part(number int) func(done, total int) {
	if s.told == nil {
		return nil
	}
	return func(done, total int) { s.told(number*total+done, s.count*total) }
}

func (s *Samples) record(d *split, parts []Part, final *boosted, facts *Facts, end int64) *risk.Fit {
	fit := &risk.Fit{
		Data: facts.Data, From: moment(facts.First), To: moment(end), EveryDays: int(s.cfg.Every / dayLength),
		Rows: final.rows, Lost: final.lost, Method: method(&final.learner, final.Model),
		Split: fmt.Sprintf("The points are of a fit on %s. The figures are of a fit on %.0f %% of the users, by a hash of their ids, and the cut-offs from %s to %s: "+
			"later are the same users from %s on, %v after the last cut-off fitted on, so that no label reaches into the test; unseen are the other users at the cut-offs fitted on.",
			s.cfg.writtenOn(), 100*(1-s.cfg.Unseen), moment(d.times[0]), moment(d.times[d.fitUntil-1]), moment(d.times[d.testFrom]), d.gap()),
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

// writtenOn says in words what the model that is written was fitted on.
func (c Config) writtenOn() string {
	if c.Users == SeenUsers {
		return fmt.Sprintf("%.0f %% of the users, by a hash of their ids, at all cut-offs", 100*(1-c.Unseen))
	}
	return "all rows"
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
