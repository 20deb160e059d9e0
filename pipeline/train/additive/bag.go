package additive

import (
	"context"
	"math"
	"slices"
)

// term is a curve or a surface to be boosted: its codes of all rows, and how a tree is fitted to the sums of its bins.
type term struct {
	bins  int
	codes []uint8
	tree  func(sums []cell, steps []float32)
}

// bag is one fit, on the rows that it does not keep back.
type bag struct {
	cfg         *Config
	table       *slopes
	base        float64
	fitted      side
	kept        side
	rows, apart []int32 // of all rows: those fitted on, and those kept back
}

// side are the rows that a bag fits on, or those that it keeps back.
type side struct {
	labels, weights, scores []float32
	total                   float64 // of the weights
}

// newBag divides the rows, which begin with some scores: of evenly spread hashes, each bag keeps back its own range.
func newBag(cfg *Config, table *slopes, r *Rows, scores []float64, number int) *bag {
	b := &bag{cfg: cfg, table: table}
	for i, group := range r.Groups {
		if keptBack(group, number, cfg.KeptBack) {
			b.apart = append(b.apart, int32(i))
		} else {
			b.rows = append(b.rows, int32(i))
		}
	}
	b.fitted, b.kept = newSide(r, b.rows, scores), newSide(r, b.apart, scores)
	b.base = b.fitted.base()
	for _, s := range []*side{&b.fitted, &b.kept} {
		for i := range s.scores {
			s.scores[i] += float32(b.base)
		}
	}
	return b
}

// base is what to add to the scores so that they expect as many labels as there are: by bisection, since scores can lie far apart.
func (s *side) base() float64 {
	set := 0.0
	for i, label := range s.labels {
		set += float64(label * s.weights[i])
	}
	set = min(max(set, 0.5), s.total-0.5)
	low, high := -farthest, farthest
	for high-low > 1e-9 {
		middle, expected := (low+high)/2, 0.0
		for i, z := range s.scores {
			expected += float64(s.weights[i]) * logistic(float64(z)+middle)
		}
		if expected < set {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// farthest is how far from 0 a base is looked for, log-odds: certainty, and twice the points that a curve can have.
const farthest = 64.0

// keptBack reports whether a bag keeps a group back. The ranges of the bags lie side by side, around the circle.
func keptBack(group uint64, number int, share float64) bool {
	// The hash is mixed once more (splitmix64): other halves of it divide the rows for other purposes.
	group ^= group >> 30
	group *= 0xbf58476d1ce4e5b9
	group ^= group >> 27
	group *= 0x94d049bb133111eb
	group ^= group >> 31
	at := float64(group>>11)/(1<<53) - float64(number)*share
	return at-math.Floor(at) < share
}

func newSide(r *Rows, rows []int32, scores []float64) side {
	s := side{labels: make([]float32, len(rows)), weights: make([]float32, len(rows)), scores: make([]float32, len(rows))}
	for k, i := range rows {
		if s.weights[k] = 1; r.Weights != nil {
			s.weights[k] = r.Weights[i]
		}
		if r.Labels[i] {
			s.labels[k] = 1
		}
		s.scores[k] = float32(scores[i])
		s.total += float64(s.weights[k])
	}
	return s
}

// columns are the codes of a term, of the rows fitted on and of those kept back.
type columns struct{ fitted, kept []uint8 }

func (b *bag) columns(t *term) columns {
	pick := func(rows []int32) []uint8 {
		codes := make([]uint8, len(rows))
		for k, i := range rows {
			codes[k] = t.codes[i]
		}
		return codes
	}
	return columns{pick(b.rows), pick(b.apart)}
}

// boost adds curves over the terms to the scores until the loss of the rows kept back no longer falls. It returns the points of each term by bin, and the
// number of rounds, as they were when that loss was lowest; told is called after each round.
func (b *bag) boost(ctx context.Context, terms []term, told func()) (points [][]float64, rounds int, err error) {
	codes, counts := make([]columns, len(terms)), make([][]cell, len(terms))
	points = make([][]float64, len(terms))
	for t := range terms {
		codes[t], points[t] = b.columns(&terms[t]), make([]float64, terms[t].bins)
		counts[t] = make([]cell, terms[t].bins)
		for _, c := range codes[t].fitted {
			counts[t][c].rows++
		}
	}
	best, lowest := clone(points), b.kept.loss()
	starts := [2][]float32{slices.Clone(b.fitted.scores), slices.Clone(b.kept.scores)}
	mark, marked := lowest, 0 // the loss that the last Patience rounds must have beaten, and since when
	for round := 1; round <= b.cfg.Rounds && round-marked <= b.cfg.Patience; round++ {
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		b.round(terms, codes, counts, points)
		if now := b.kept.loss(); now < lowest {
			best, lowest, rounds = clone(points), now, round
		}
		if lowest < mark-b.cfg.Least {
			mark, marked = lowest, round
		}
		told()
	}
	copy(b.fitted.scores, starts[0])
	copy(b.kept.scores, starts[1])
	for t := range terms {
		b.fitted.add(codes[t].fitted, best[t])
		b.kept.add(codes[t].kept, best[t])
	}
	return best, rounds, nil
}

// round goes over all terms. One pass over the rows adds the step of the term before and sums what the next needs.
func (b *bag) round(terms []term, codes []columns, counts [][]cell, points [][]float64) {
	var steps [maxBins]float32
	var sums [maxBins]cell
	last := codes[len(codes)-1].fitted
	for t := range terms {
		n := terms[t].bins
		copy(sums[:n], counts[t])
		b.pass(last, &steps, codes[t].fitted, &sums)
		terms[t].tree(sums[:n], steps[:n])
		for k, step := range steps[:n] {
			points[t][k] += float64(step)
		}
		b.kept.step(codes[t].kept, &steps)
		last = codes[t].fitted
	}
	b.fitted.step(last, &steps)
}

// pass adds the steps of one term to the scores, and the slopes that follow from them to the sums of another.
func (b *bag) pass(last []uint8, steps *[maxBins]float32, next []uint8, sums *[maxBins]cell) {
	scores, table := b.fitted.scores, b.table
	labels, weights, last, next := b.fitted.labels[:len(scores)], b.fitted.weights[:len(scores)], last[:len(scores)], next[:len(scores)]
	for i := range scores {
		score := scores[i] + steps[last[i]]
		scores[i] = score
		at := &table[slopeIndex(score)&(len(table)-1)]
		sum, weight := &sums[next[i]], weights[i]
		sum.slope += float64(weight * (labels[i] - at.chance))
		sum.curve += float64(weight * at.curve)
	}
}

func (s *side) step(codes []uint8, steps *[maxBins]float32) {
	scores := s.scores[:len(codes)]
	for i, c := range codes {
		scores[i] += steps[c]
	}
}

func (s *side) add(codes []uint8, points []float64) {
	for i, c := range codes {
		s.scores[i] += float32(points[c])
	}
}

// loss is the mean log loss.
func (s *side) loss() float64 {
	sum := 0.0
	for i, z := range s.scores {
		sum += float64(s.weights[i]) * loss(float64(z), s.labels[i] > 0)
	}
	return sum / s.total
}

func clone(points [][]float64) [][]float64 {
	all := make([][]float64, len(points))
	for i := range points {
		all[i] = slices.Clone(points[i])
	}
	return all
}
