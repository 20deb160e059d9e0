package train

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"winback/pipeline/train/additive"
	"winback/scorer/risk"
)

// boosted is an additive model of some rows.
type boosted struct {
	*additive.Model
	columns []int // of the vector: the features that vary, in the order that Model counts them in
	names   []string
	learner additive.Config
	rows    int
	lost    float64 // the share of the rows
}

// selection is some rows of one history.
type selection struct {
	*Samples
	chosen mask
}

// boost fits rows of one history, or of several pooled for a generic model. Of these every history has the same weight, and in each the lost have as much as
// the others. told, which may be nil, is called from several goroutines with how far it has come.
func boost(ctx context.Context, cfg Config, from []selection, generic bool, features []string, told func(done, total int)) (*boosted, error) {
	for _, s := range from {
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	rows, b := rowsOf(cfg, from, features)
	if err := checkMetrics(features, b.names); err != nil {
		return nil, err
	}
	b.learner = cfg.learner()
	if generic {
		rows.Weights = balance(from, rows.Labels)
		b.learner = cfg.genericLearner(b.rows)
		for j := range rows.Columns {
			rows.Columns[j].Prior = genericPrior(rows.Columns[j].Name)
		}
	}
	var err error
	b.Model, err = additive.Fit(ctx, b.learner, rows, told)
	return b, err
}

// rowsOf copies the rows. It leaves out the features that never vary: they carry no information, and state would be kept for them.
func rowsOf(cfg Config, from []selection, features []string) (*additive.Rows, *boosted) {
	rows, b := &additive.Rows{}, &boosted{}
	for _, s := range from {
		for c, i := range s.rows() {
			rows.Labels, rows.Groups = append(rows.Labels, c.lost[i]), append(rows.Groups, s.people[c.user[i]].hash)
			if b.rows++; c.lost[i] {
				b.lost++
			}
		}
	}
	b.lost /= float64(b.rows)
	all := make([]additive.Column, len(features))
	parallel(len(all), func(j int) {
		all[j] = additive.Column{Name: features[j], Values: column(from, j, b.rows)}
		if cfg.Monotone {
			all[j].Monotone = additive.Direction(risk.Direction(features[j]))
		}
	})
	for j, c := range all {
		if slices.ContainsFunc(c.Values, func(x float32) bool { return x != c.Values[0] }) {
			rows.Columns, b.columns, b.names = append(rows.Columns, c), append(b.columns, j), append(b.names, c.Name)
		}
	}
	return rows, b
}

// rows are those chosen, by their chunk and their place in it.
func (s *selection) rows() iter.Seq2[*chunk, int] {
	return func(yield func(*chunk, int) bool) {
		for k, c := range s.chunks {
			for i, chosen := range s.chosen[k] {
				if chosen && !yield(c, i) {
					return
				}
			}
		}
	}
}

func column(from []selection, j, rows int) []float32 {
	values := make([]float32, 0, rows)
	for _, s := range from {
		for k, c := range s.chunks {
			for i, x := range c.column(j) {
				if s.chosen[k][i] {
					values = append(values, x)
				}
			}
		}
	}
	return values
}

// balance weighs the rows, whose labels stand in the order of the histories, so that the mean weight is 1.
func balance(from []selection, labels []bool) []float32 {
	weights := make([]float32, 0, len(labels))
	for _, s := range from {
		rows, lost := s.count()
		share := float64(len(labels)) / float64(2*len(from))
		for range rows {
			if labels[len(weights)] {
				weights = append(weights, float32(share/float64(lost)))
			} else {
				weights = append(weights, float32(share/float64(rows-lost)))
			}
		}
	}
	return weights
}

func (s *selection) count() (rows, lost int) {
	for c, i := range s.rows() {
		if rows++; c.lost[i] {
			lost++
		}
	}
	return rows, lost
}

// check says what is missing where there is too little to fit on.
func (s *selection) check() error {
	rows, lost := s.count()
	users := s.usersOf(s.chosen)
	if rows >= additive.LeastRows && min(lost, rows-lost) >= additive.LeastOfEither && users >= additive.LeastGroups {
		return nil
	}
	return fmt.Errorf("there are %d rows of %d users to fit on, %d of them lost and %d not; needed are at least %d rows, %d users, %d rows that are lost and as many that are not: "+
		"give data of more users or a longer time, or another horizon (%v)",
		rows, users, lost, rows-lost, additive.LeastRows, additive.LeastGroups, additive.LeastOfEither, s.cfg.Horizon)
}

func (c *chunk) column(j int) []float32 { return c.features[j*chunkRows : j*chunkRows+c.length] }

// checkMetrics refuses a metric none of whose features varies: most often its events are named otherwise, and nobody would notice.
func checkMetrics(features, varying []string) error {
	all, err := risk.NeedsOf(features)
	if err != nil {
		return err
	}
	used, err := risk.NeedsOf(varying)
	if err != nil {
		return err
	}
	var still, rest []string
	for _, m := range all.Metrics {
		if slices.Contains(used.Metrics, m) {
			rest = append(rest, m)
		} else {
			still = append(still, m)
		}
	}
	if len(still) == 0 {
		return nil
	}
	return fmt.Errorf("metrics that never vary in the rows to fit on: %s. Of each there must be users who have used it and users who have not: mend its event types, "+
		"give a history in which it was used, or leave it out: %s", strings.Join(still, ", "), without(rest))
}

func without(rest []string) string {
	if len(rest) == 0 {
		return "no other varies"
	}
	return "--metrics " + strings.Join(rest, ",")
}

// chances are what risk.Scorer says of every row, 0 to 1.
func (b *boosted) chances(c *chunk) []float64 {
	columns := make([][]float32, len(b.columns))
	for k, j := range b.columns {
		columns[k] = c.column(j)
	}
	chances := b.LogOdds(columns)
	for i, z := range chances {
		chances[i] = logistic(z)
	}
	return chances
}

// model writes the boosted model as a model of the risk.
func (c Config) model(b *boosted, name string) *risk.Model {
	m := &risk.Model{
		Format: risk.Format, Name: name, Chance: true, Bias: b.Bias, HorizonDays: int(c.Horizon / dayLength), ActiveDays: int(c.Active / dayLength),
	}
	for _, curve := range b.Curves {
		f := risk.Feature{Name: b.names[curve.Column], Cuts: curve.Cuts, Points: curve.Points}
		if c.Monotone {
			f.Monotone = [...]string{risk.Falling, "", risk.Rising}[risk.Direction(f.Name)+1]
		}
		m.Features = append(m.Features, f)
	}
	for _, p := range b.Surfaces {
		m.Pairs = append(m.Pairs, risk.Pair{Features: [2]string{b.names[p.Columns[0]], b.names[p.Columns[1]]}, Cuts: p.Cuts, Points: p.Points})
	}
	return m
}

// Term is a feature or a pair of them, and how much it moves the risk.
type Term struct {
	Features   []string
	Importance float64 // the mean size of its points over the rows fitted on, log-odds
}

// terms are the features and pairs, the most important first.
func (b *boosted) terms() (terms []Term) {
	for _, c := range b.Curves {
		terms = append(terms, Term{[]string{b.names[c.Column]}, c.Importance})
	}
	for _, p := range b.Surfaces {
		terms = append(terms, Term{[]string{b.names[p.Columns[0]], b.names[p.Columns[1]]}, p.Importance})
	}
	slices.SortStableFunc(terms, func(x, y Term) int { return cmp.Compare(y.Importance, x.Importance) })
	return terms
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
