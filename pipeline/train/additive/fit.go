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
	told  func(done, total int) // by rounds
	done  atomic.Int64
}

// Fit finds the model of the rows. told, which may be nil, is called from several goroutines with how far it has come; a bag that stops early makes done jump.
func Fit(ctx context.Context, cfg Config, rows *Rows, told func(done, total int)) (*Model, error) {
	if err := errors.Join(cfg.Validate(), rows.check()); err != nil {
		return nil, fmt.Errorf("additive model: %w", err)
	}
	f := &fit{cfg: &cfg, rows: rows, told: told}
	f.cut()
	curves := f.curveTerms()
	points, rounds, err := f.boost(ctx, curves)
	if err != nil {
		return nil, err
	}
	m := &Model{Rounds: rounds}
	for _, b := range f.bags {
		m.Bias += b.base / float64(len(f.bags))
	}
	for j := range f.cuts {
		m.Curves = append(m.Curves, Curve{Column: j, Cuts: f.cuts[j], Points: points[j]})
	}
	if err := f.addPairs(ctx, m, curves); err != nil {
		return nil, err
	}
	f.centre(m)
	m.simplify()
	return m, nil
}

// cut divides every column into bins, and makes the bags.
func (f *fit) cut() {
	n := len(f.rows.Columns)
	f.cuts, f.codes, f.bags = make([][]float64, n), make([][]uint8, n), make([]*bag, f.cfg.Bags)
	parallel(n, func(j int) {
		values := f.rows.Columns[j].Values
		f.cuts[j] = quantiles(values, f.cfg.Bins)
		f.codes[j] = encode(values, f.cuts[j])
	})
	table := newSlopes()
	parallel(len(f.bags), func(k int) { f.bags[k] = newBag(f.cfg, table, f.rows, k) })
}

func (f *fit) curveTerms() []term {
	terms := make([]term, len(f.cuts))
	for j := range terms {
		direction := f.rows.Columns[j].Monotone
		terms[j] = term{len(f.cuts[j]) + 1, f.codes[j], func(sums []cell, steps []float32) { f.cfg.line(sums, direction, steps) }}
	}
	return terms
}

// boost boosts the terms in every bag, and averages.
func (f *fit) boost(ctx context.Context, terms []term) (points [][]float64, rounds []int, err error) {
	of, rounds := make([][][]float64, len(f.bags)), make([]int, len(f.bags))
	failed := make([]error, len(f.bags))
	parallel(len(f.bags), func(k int) {
		took := 0
		of[k], rounds[k], failed[k] = f.bags[k].boost(ctx, terms, func() { took++; f.tell(1) })
		f.tell(f.cfg.Rounds - took)
	})
	if err := errors.Join(failed...); err != nil {
		return nil, nil, failed[0]
	}
	points = clone(of[0])
	for t := range points {
		for b := range points[t] {
			sum := 0.0
			for k := range of {
				sum += of[k][t][b]
			}
			points[t][b] = sum / float64(len(of))
		}
	}
	return points, rounds, nil
}

// tell reports rounds done, of those over the curves and those over the pairs.
func (f *fit) tell(rounds int) {
	if f.told != nil {
		f.told(int(f.done.Add(int64(rounds))), 2*f.cfg.Rounds*f.cfg.Bags)
	}
}

// addPairs boosts the strongest pairs, and the curves further: without the pairs they were too flat.
func (f *fit) addPairs(ctx context.Context, m *Model, curves []term) error {
	if f.cfg.Pairs == 0 || len(f.cuts) < 2 {
		return nil
	}
	terms := curves
	for _, pair := range f.rankPairs(f.scores(m)) {
		var cuts [2][]float64
		var codes [2][]uint8
		var directions [2]Direction
		for side, j := range pair {
			coarse, in := coarsen(f.codes[j], f.cuts[j], f.cfg.PairBins)
			cuts[side], codes[side], directions[side] = coarse, recode(f.codes[j], in), f.rows.Columns[j].Monotone
		}
		height, width := len(cuts[0])+1, len(cuts[1])+1
		for i := range codes[0] {
			codes[0][i] = codes[0][i]*uint8(width) + codes[1][i]
		}
		terms = append(terms, term{height * width, codes[0], func(sums []cell, steps []float32) { f.cfg.plane(sums, height, width, directions, steps) }})
		m.Surfaces = append(m.Surfaces, Surface{Columns: pair, Cuts: cuts})
	}
	if len(m.Surfaces) == 0 {
		return nil
	}
	points, rounds, err := f.boost(ctx, terms)
	if err != nil {
		return err
	}
	m.PairRounds = rounds
	for t := range curves {
		for b, more := range points[t] {
			m.Curves[t].Points[b] += more
		}
	}
	for t := range m.Surfaces {
		s := &m.Surfaces[t]
		s.Points = slices.Collect(slices.Chunk(points[len(curves)+t], len(s.Cuts[1])+1))
	}
	return nil
}

// scores are the log-odds of all rows by the curves.
func (f *fit) scores(m *Model) []float64 {
	scores := make([]float64, len(f.rows.Labels))
	for i := range scores {
		scores[i] = m.Bias
	}
	for j := range m.Curves {
		points := m.Curves[j].Points
		for i, c := range f.codes[j] {
			scores[i] += points[c]
		}
	}
	return scores
}
