package additive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// fit is what a fit works on.
type fit struct {
	cfg   *Config
	rows  *Rows
	cuts  [][]float64 // by column
	codes [][]uint8   // likewise: the bin of every row
	bags  []*bag

	terms  []term      // a curve for each column, then a surface for each pair
	pairs  []pair      // of the surfaces
	points [][]float64 // of each term, by bin
	scores []float64   // the log-odds of every row

	told func(done, total int) // by rounds
	done atomic.Int64
}

// pair is two columns, cut coarsely.
type pair struct {
	columns [2]int
	cuts    [2][]float64
}

// Fit finds the model of the rows. told, which may be nil, is called from several goroutines with how far it has come; a bag that stops early makes done jump.
func Fit(ctx context.Context, cfg Config, rows *Rows, told func(done, total int)) (*Model, error) {
	if err := errors.Join(cfg.Validate(), rows.check()); err != nil {
		return nil, fmt.Errorf("additive model: %w", err)
	}
	f := &fit{cfg: &cfg, rows: rows, told: told, scores: make([]float64, len(rows.Labels))}
	f.cut()
	f.addCurves()
	table := newSlopes()
	parallel(len(f.bags), func(k int) { f.bags[k] = newBag(f.cfg, table, f.rows, f.scores, k) })
	m := &Model{}
	for _, b := range f.bags {
		m.Bias += b.base / float64(len(f.bags))
	}
	for i := range f.scores {
		f.scores[i] += m.Bias
	}
	var err error
	if m.Rounds, err = f.boost(ctx); err != nil {
		return nil, err
	}
	if f.addPairs() {
		if m.PairRounds, err = f.boost(ctx); err != nil {
			return nil, err
		}
	}
	f.tell(f.total() - int(f.done.Load()))
	f.write(m)
	return m, nil
}

// cut divides every column into bins.
func (f *fit) cut() {
	n := len(f.rows.Columns)
	f.cuts, f.codes, f.bags = make([][]float64, n), make([][]uint8, n), make([]*bag, f.cfg.Bags)
	parallel(n, func(j int) {
		values := f.rows.Columns[j].Values
		f.cuts[j] = quantiles(values, f.cfg.Bins)
		f.codes[j] = encode(values, f.cuts[j])
	})
}

func (f *fit) addTerm(t term) {
	f.terms, f.points = append(f.terms, t), append(f.points, make([]float64, t.bins))
}

func (f *fit) addCurves() {
	for j := range f.cuts {
		direction := f.rows.Columns[j].Monotone
		f.addTerm(term{len(f.cuts[j]) + 1, f.codes[j], func(sums []cell, steps []float32) { f.cfg.line(sums, direction, steps) }})
		if f.rows.Columns[j].Prior != nil {
			f.begin(j)
		}
	}
}

// begin begins a curve with what is known of it, a bin's at the mean of its values.
func (f *fit) begin(j int) {
	c := &f.rows.Columns[j]
	means, counts := make([]float64, len(f.points[j])), make([]float64, len(f.points[j]))
	for i, b := range f.codes[j] {
		means[b] += float64(c.Values[i])
		counts[b]++
	}
	for b := range means {
		f.points[j][b] = c.Prior(means[b] / counts[b])
	}
	for i, b := range f.codes[j] {
		f.scores[i] += f.points[j][b]
	}
}

// addPairs adds surfaces over the pairs that tell most of what the curves leave over; false if there is none. The curves are boosted further beside them:
// without the pairs they were too flat.
func (f *fit) addPairs() bool {
	for _, columns := range f.rankPairs() {
		p := pair{columns: columns}
		var codes [2][]uint8
		var directions [2]Direction
		for side, j := range columns {
			coarse, in := coarsen(f.codes[j], f.cuts[j], f.cfg.PairBins)
			p.cuts[side], codes[side], directions[side] = coarse, recode(f.codes[j], in), f.rows.Columns[j].Monotone
		}
		height, width := len(p.cuts[0])+1, len(p.cuts[1])+1
		for i := range codes[0] {
			codes[0][i] = codes[0][i]*uint8(width) + codes[1][i]
		}
		f.pairs = append(f.pairs, p)
		f.addTerm(term{height * width, codes[0], func(sums []cell, steps []float32) { f.cfg.plane(sums, height, width, directions, steps) }})
	}
	return len(f.pairs) > 0
}

// boost boosts all terms in every bag, and adds the averages to the points and scores. It returns the rounds of each bag.
func (f *fit) boost(ctx context.Context) (rounds []int, err error) {
	of, failed := make([][][]float64, len(f.bags)), make([]error, len(f.bags))
	rounds = make([]int, len(f.bags))
	parallel(len(f.bags), func(k int) {
		took := 0
		of[k], rounds[k], failed[k] = f.bags[k].boost(ctx, f.terms, func() { took++; f.tell(1) })
		f.tell(f.cfg.Rounds - took)
	})
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	for t := range f.terms {
		added := make([]float64, f.terms[t].bins)
		for b := range added {
			for k := range of {
				added[b] += of[k][t][b] / float64(len(of))
			}
			f.points[t][b] += added[b]
		}
		for i, c := range f.terms[t].codes {
			f.scores[i] += added[c]
		}
	}
	return rounds, nil
}

// total is how many rounds there are at most: over the curves, and with the pairs.
func (f *fit) total() int { return 2 * f.cfg.Rounds * f.cfg.Bags }

func (f *fit) tell(rounds int) {
	if f.told != nil {
		f.told(int(f.done.Add(int64(rounds))), f.total())
	}
}

// write puts the terms into the model.
func (f *fit) write(m *Model) {
	n := len(f.cuts)
	for j := range n {
		m.Curves = append(m.Curves, Curve{Column: j, Cuts: f.cuts[j], Points: f.points[j]})
	}
	for k, p := range f.pairs {
		m.Surfaces = append(m.Surfaces, Surface{Columns: p.columns, Cuts: p.cuts, Points: slices.Collect(slices.Chunk(f.points[n+k], len(p.cuts[1])+1))})
	}
	f.centre(m)
	m.simplify()
}
