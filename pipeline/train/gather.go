package train

import (
	"fmt"
	"iter"
	"slices"

	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// Gather fills samples from a replay: Watch notes what goes into the engine, Take what its state knows at the cut-offs.
type Gather struct {
	*Samples
	activity, counted [schemas.MaxTypes + 1]bool // by event type
}

// NewGather prepares to gather rows of the features from an engine of these rules. counted is the metric of P(alive), empty for none.
func NewGather(cfg Config, rules *scorer.Config, vocabulary *schemas.Vocabulary, features []string, counted string) (*Gather, error) {
	var names []string
	for _, m := range rules.Metrics {
		names = append(names, m.Name)
	}
	vector, err := risk.CompileFeatures(features, names)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	samples, err := NewSamples(cfg, vector)
	if err != nil {
		return nil, err
	}
	g := &Gather{Samples: samples}
	for i := range rules.Metrics {
		m := &rules.Metrics[i]
		mark(&g.activity, m, vocabulary, slices.Contains(rules.Activity, m.Name))
		mark(&g.counted, m, vocabulary, m.Name == counted)
	}
	return g, nil
}

func mark(types *[schemas.MaxTypes + 1]bool, m *scorer.Metric, vocabulary *schemas.Vocabulary, wanted bool) {
	for t := range vocabulary.Len() {
		if wanted && (slices.Contains(m.Types, "*") || t > 0 && slices.Contains(m.Types, vocabulary.Name(schemas.TypeID(t)))) {
			types[t] = true
		}
	}
}

// Watch passes events on, which must be in event-time order, and notes each after it has gone through, so that the cut-offs before an event
// are taken without it.
func (g *Gather) Watch(events iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			if !yield(e) {
				return
			}
			g.Seen(e.Time)
			if g.activity[e.Type] {
				g.Active(e.User, e.Time)
			}
			if g.counted[e.Type] {
				g.Counted(e.User, e.Time, e.Offset)
			}
		}
	}
}

// Take makes the rows of a cut-off from what the state knows of its users there.
func (g *Gather) Take(at int64, pasts iter.Seq2[[]byte, *risk.Past]) error {
	if err := g.Cutoff(at); err != nil {
		return err
	}
	for user, past := range pasts {
		if err := g.Add(user, past); err != nil {
			return err
		}
	}
	return nil
}

// Blank is a model that knows nothing. Given to the engine, it makes the state keep what the features need and says which users are a row.
func Blank(cfg Config, features []string, counted string) *risk.Model {
	m := &risk.Model{Format: risk.Format, Name: "untrained", HorizonDays: int(cfg.Horizon / dayLength), ActiveDays: int(cfg.Active / dayLength)}
	for _, f := range features {
		m.Features = append(m.Features, risk.Feature{Name: f, Points: []float64{0}})
	}
	m.Threshold = &risk.Threshold{Enter: 100, Why: "nobody is flagged"}
	if counted != "" {
		m.Alive = &risk.Alive{Metric: counted, UnitDays: unitDays, R: 1, Alpha: 1, A: 1, B: 1}
	}
	m.Metrics = m.Needs().Metrics
	return m
}
