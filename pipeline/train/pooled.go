package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"winback/scorer/risk"
)

// Set is one of several histories that a generic model is fitted to.
type Set struct {
	*Samples
	Facts *Facts // Features are the same in all
}

// Pooled is a generic model, and how well its like does on histories of which it saw nothing.
type Pooled struct {
	Model *risk.Model
	Terms []Term // of Model, the most important first
	Sets  []LeftOut
}

// LeftOut is how well a model that was fitted on the other histories does on one.
type LeftOut struct {
	Name        string
	Rows, Users int
	Lost        float64 // the share of the rows
	Ranking     Ranking
	Recency     Ranking // by the time since the last activity alone
	Flagged     float64 // the share of the rows at or above half of the score
	Recall      float64 // the share of the lost among them
	Lift        float64 // the share of the lost among them, over Lost
}

// half is the score that divides rows of which as many are lost as are not.
const half = 0.5

// Pool fits one model to several histories of different kinds: each has the same weight, and in each the lost have as much as the others, so that one
// threshold suits all. It leaves out each history in turn to measure, and then fits the model that it returns on all of them.
func Pool(ctx context.Context, name string, sets []Set, told func(done, total int)) (*Pooled, error) {
	p := &Pooled{}
	if err := p.fit(ctx, name, sets, told); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return p, ctx.Err()
}

func (p *Pooled) fit(ctx context.Context, name string, sets []Set, told func(done, total int)) error {
	if len(sets) < 2 {
		return fmt.Errorf("a generic model is fitted to two histories at least, better more, of different kinds: there is %d", len(sets))
	}
	from, err := completeRows(sets)
	if err != nil {
		return err
	}
	cfg, features, stages := sets[0].cfg, sets[0].Facts.Features, steps{told, len(sets) + 1}
	for k := range sets {
		if others := slices.Delete(slices.Clone(from), k, k+1); len(others) > 0 {
			b, err := boost(ctx, cfg, others, true, features, stages.part(k))
			if err != nil {
				return fmt.Errorf("without %s: %w", sets[k].Facts.Name, err)
			}
			p.Sets = append(p.Sets, from[k].measureLeftOut(b, sets[k].Facts.Name))
		}
	}
	final, err := boost(ctx, cfg, from, true, features, stages.part(len(sets)))
	if err != nil {
		return err
	}
	p.Model, p.Terms = cfg.model(final, name), final.terms()
	p.Model.Chance, p.Model.Threshold = false, genericThreshold()
	p.Model.Metrics = p.Model.Needs().Metrics
	p.Model.Fit = pooledRecord(cfg, sets, from, final)
	if err := p.Model.Validate(); err != nil {
		return fmt.Errorf("the model that came out is none: %w", err)
	}
	return nil
}

func completeRows(sets []Set) (from []selection, err error) {
	for _, s := range sets {
		end := s.over(s.times, s.CompleteUntil(s.Facts.End))
		selected := selection{s.Samples, s.complete(end)}
		if err := cmp.Or(s.checkActive(end), selected.check()); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Facts.Name, err)
		}
		from = append(from, selected)
	}
	return from, nil
}

func (s *selection) measureLeftOut(b *boosted, name string) LeftOut {
	scores, ages, lost := []float64(nil), []float64(nil), []bool(nil)
	for k, c := range s.chunks {
		chances := b.chances(c)
		for i, chosen := range s.chosen[k] {
			if chosen {
				scores, ages, lost = append(scores, chances[i]), append(ages, float64(c.age[i])), append(lost, c.lost[i])
			}
		}
	}
	l := LeftOut{Name: name, Rows: len(lost), Users: s.usersOf(s.chosen), Ranking: Rank(scores, lost), Recency: Rank(ages, lost)}
	hits, flagged, all := 0.0, 0.0, 0.0
	for i, score := range scores {
		if lost[i] {
			all++
		}
		if score >= half {
			if flagged++; lost[i] {
				hits++
			}
		}
	}
	n := float64(len(lost))
	l.Lost, l.Flagged, l.Recall = all/n, flagged/n, hits/all
	if l.Lift = 0; flagged > 0 {
		l.Lift = hits / flagged / l.Lost
	}
	return l
}

func pooledRecord(cfg Config, sets []Set, from []selection, b *boosted) *risk.Fit {
	fit := &risk.Fit{
		EveryDays: int(cfg.Every / dayLength), Rows: b.rows, Lost: b.lost, Method: "Begun with the chance of coming back by BG/NBD, and less half of what the usual gap says of it; then c" + strings.TrimPrefix(method(&b.learner, b.Model), "C"),
		Split: fmt.Sprintf("The points are of a fit on %s of every set; each set has the same weight, and in each set the lost have as much as the others.", cfg.writtenOn()),
	}
	first, last := int64(math.MaxInt64), int64(0)
	for k := range sets {
		fit.Data = append(fit.Data, sets[k].Facts.Data...)
		fit.Users += sets[k].usersOf(from[k].chosen)
		first, last = min(first, sets[k].Facts.First), max(last, sets[k].CompleteUntil(sets[k].Facts.End))
	}
	fit.From, fit.To = moment(first), moment(last)
	return fit
}
