package train

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// regression is a fitted logistic regression: the log-odds of being lost are bias + the sum of weight (x - mean)/scale, x kept within low and
// high. A feature that never varied has scale 0 and weight 0.
type regression struct {
	weight     []float64
	bias       float64
	features   []moments
	rows       int
	lost       float64 // the share of the rows
	iterations int
}

// moments describe a feature's values in the rows fitted on.
type moments struct {
	mean, scale, low, high float64
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// fit finds the regression of the rows chosen. It comes out the same however many cores share the work.
func (s *Samples) fit(ctx context.Context, chosen mask) (*regression, error) {
	o := s.newObjective(chosen)
	if o.lost == 0 || o.lost == o.rows {
		return nil, fmt.Errorf("of %.0f rows to fit, %.0f are of users lost: give data in which some are and some are not, or another horizon", o.rows, o.lost)
	}
	start := make([]float64, o.width+1)
	start[o.width] = math.Log(o.lost / (o.rows - o.lost))
	settings := &optimize.Settings{
		GradientThreshold: 1e-7, MajorIterations: 2000, Recorder: stopper{ctx},
		Converger: &optimize.FunctionConverge{Absolute: 1e-8, Iterations: 10},
	}
	found, err := optimize.Minimize(problem(o.mean), start, settings, &optimize.LBFGS{})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if found == nil {
		return nil, fmt.Errorf("the regression could not be fitted: %w", err)
	}
	// A line search may give up on the last digits, where rounding hides the slope. A slope near 0 says that this was the minimum.
	slope := make([]float64, len(start))
	if o.mean(found.X, slope); !(norm(slope) < 1e-4) {
		return nil, fmt.Errorf("the regression did not settle (%v after %d iterations): make l2 (%g) larger", found.Status, found.MajorIterations, s.cfg.L2)
	}
	return &regression{
		weight: found.X[:o.width], bias: found.X[o.width], features: o.features, rows: int(o.rows), lost: o.lost / o.rows, iterations: found.MajorIterations,
	}, nil
}

// stopper ends an optimisation with its context.
type stopper struct{ ctx context.Context } //nolint:containedctx // gonum's Recorder is given no context, and is the only way to stop it

func (stopper) Init() error { return nil }

func (s stopper) Record(*optimize.Location, optimize.Operation, *optimize.Stats) error {
	return s.ctx.Err()
}

// objective is what the fit minimises: see Config.L2.
type objective struct {
	chunks     []*chunk
	chosen     mask
	width      int
	l2         float64
	rows, lost float64
	features   []moments
}

func (s *Samples) newObjective(chosen mask) *objective {
	o := &objective{chunks: s.chunks, chosen: chosen, width: s.vector.Len(), l2: s.cfg.L2, features: make([]moments, s.vector.Len())}
	for k, c := range o.chunks {
		for i := range c.length {
			if chosen[k][i] {
				o.rows++
				if c.lost[i] {
					o.lost++
				}
			}
		}
	}
	o.l2 /= o.rows
	parallel(o.width, func(j int) { o.features[j] = o.describe(j) })
	return o
}

// describe computes a feature's moments from the distances to its first value, so that rounding does not make a feature that never varies
// look as if it did.
func (o *objective) describe(j int) moments {
	m, started := moments{}, false
	first, sum, squares := 0.0, 0.0, 0.0
	for k, c := range o.chunks {
		for i, v := range c.column(j) {
			if !o.chosen[k][i] {
				continue
			}
			x := float64(v)
			if !started {
				first, m.low, m.high, started = x, x, x, true
			}
			m.low, m.high = min(m.low, x), max(m.high, x)
			sum += x - first
			squares += (x - first) * (x - first)
		}
	}
	shift := sum / o.rows
	m.mean = first + shift
	if m.low < m.high {
		m.scale = math.Sqrt(max(0, squares/o.rows-shift*shift))
	}
	return m
}

func (c *chunk) column(j int) []float32 { return c.features[j*chunkRows : j*chunkRows+c.length] }

// mean is the penalised loss a row at w, the bias last, and its slope.
func (o *objective) mean(w, slope []float64) float64 {
	coefficients, offset := make([]float64, o.width), w[o.width]
	for j := range coefficients {
		if f := &o.features[j]; f.scale > 0 {
			coefficients[j] = w[j] / f.scale
			offset -= coefficients[j] * f.mean
		}
	}
	// Every chunk has sums of its own, which are added up in the chunks' order: the result does not depend on which goroutine was first.
	parts := make([]sums, len(o.chunks))
	parallel(len(o.chunks), func(k int) { parts[k] = o.chunks[k].sums(o.chosen[k], coefficients, offset) })
	total := sums{slope: make([]float64, o.width)}
	for _, p := range parts {
		total.loss += p.loss
		total.residual += p.residual
		for j, v := range p.slope {
			total.slope[j] += v
		}
	}
	loss := total.loss / o.rows
	for j := range o.width {
		loss += o.l2 / 2 * w[j] * w[j]
		slope[j] = o.l2 * w[j]
		if f := &o.features[j]; f.scale > 0 {
			slope[j] += (total.slope[j] - f.mean*total.residual) / f.scale / o.rows
		}
	}
	slope[o.width] = total.residual / o.rows
	return loss
}

// sums are a chunk's: of the losses, of the residuals, and of each feature times the residual.
type sums struct {
	loss, residual float64
	slope          []float64
}

func (c *chunk) sums(chosen []bool, coefficients []float64, offset float64) (s sums) {
	residuals := c.logOdds(coefficients, offset)
	for i, z := range residuals {
		if !chosen[i] {
			residuals[i] = 0
			continue
		}
		s.loss += max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
		residuals[i] = logistic(z)
		if c.lost[i] {
			s.loss -= z
			residuals[i]--
		}
		s.residual += residuals[i]
	}
	s.slope = make([]float64, len(coefficients))
	for j := range coefficients {
		sum := 0.0
		for i, x := range c.column(j) {
			sum += float64(x) * residuals[i]
		}
		s.slope[j] = sum
	}
	return s
}

// logOdds are those of every row.
func (c *chunk) logOdds(coefficients []float64, offset float64) []float64 {
	z := make([]float64, c.length)
	for i := range z {
		z[i] = offset
	}
	for j, k := range coefficients {
		if k == 0 {
			continue
		}
		for i, x := range c.column(j) {
			z[i] += k * float64(x)
		}
	}
	return z
}
