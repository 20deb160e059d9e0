package additive

import (
	"fmt"
	"math"

	"winback/schemas"
)

// Direction is how a curve may go.
type Direction int8

// The directions of a curve.
const (
	Free    Direction = 0
	Rising  Direction = 1
	Falling Direction = -1
)

// Column is a feature of all rows.
type Column struct {
	Name     string
	Values   []float32
	Monotone Direction

	// Prior is what is known of the curve before the fit, in log-odds up to a constant; nil for nothing. What is fitted is what is to be added to it:
	// where the rows tell little, the curve stays as it was known. Monotone holds for what is added.
	Prior func(x float64) float64
}

// Rows are what a model is fitted to.
type Rows struct {
	Columns []Column
	Labels  []bool
	Weights []float32 // nil: all equal
	Groups  []uint64  // rows of one group, such as those of one user, are kept back together; hashes, evenly spread
}

// What a fit needs at least: with less, the groups kept back cannot tell when to stop.
const (
	LeastRows     = 200
	LeastOfEither = 20 // rows of either label
	LeastGroups   = 50
)

// check reports every fault.
func (r *Rows) check() error {
	var faults schemas.Faults
	n := len(r.Labels)
	if n < LeastRows {
		faults.Add("", "%d rows to fit: at least %d are needed", n, LeastRows)
	}
	set := 0
	for _, label := range r.Labels {
		if label {
			set++
		}
	}
	if least := min(set, n-set); least < LeastOfEither {
		faults.Add("", "of %d rows to fit, %d have the label and %d have not: at least %d of either are needed", n, set, n-set, LeastOfEither)
	}
	if groups := r.countGroups(); groups < LeastGroups {
		faults.Add("", "the rows are of %d groups: at least %d are needed", groups, LeastGroups)
	}
	r.checkLengths(&faults)
	for j := range r.Columns {
		if err := r.Columns[j].check(n); err != nil {
			faults.Add(fmt.Sprintf("columns[%d]", j), "%q: %v", r.Columns[j].Name, err)
		}
	}
	return faults.Err()
}

func (r *Rows) countGroups() int {
	groups := make(map[uint64]struct{}, LeastGroups)
	for _, g := range r.Groups {
		if groups[g] = struct{}{}; len(groups) == LeastGroups {
			break
		}
	}
	return len(groups)
}

func (r *Rows) checkLengths(faults *schemas.Faults) {
	n := len(r.Labels)
	if len(r.Columns) == 0 {
		faults.Add("columns", "none: give a feature")
	}
	if len(r.Groups) != n {
		faults.Add("groups", "%d of %d rows: every row needs one", len(r.Groups), n)
	}
	if r.Weights != nil && len(r.Weights) != n {
		faults.Add("weights", "%d of %d rows: every row needs one", len(r.Weights), n)
	}
	for i, w := range r.Weights {
		if !(w > 0 && w <= math.MaxFloat32) {
			faults.Add("weights", "row %d: %v: must be above 0", i, w)
			return
		}
	}
}

func (c *Column) check(rows int) error {
	if len(c.Values) != rows {
		return fmt.Errorf("%d values for %d rows", len(c.Values), rows)
	}
	if c.Monotone < Falling || c.Monotone > Rising {
		return fmt.Errorf("direction %d: use -1, 0 or 1", c.Monotone)
	}
	varies := false
	for i, x := range c.Values {
		if !(math.Abs(float64(x)) <= math.MaxFloat32) {
			return fmt.Errorf("row %d: %v is no number to learn from", i, x)
		}
		varies = varies || x != c.Values[0]
	}
	if !varies {
		return fmt.Errorf("it never varies: a feature needs two values at least; leave it out")
	}
	return nil
}
