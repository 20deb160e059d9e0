package additive

// plane fits a tree to the sums of a pair's bins (the bin of the first feature times width, plus that of the second) and writes its steps. The tree
// has a split across one feature, and on either side of it one across the other.
func (c *Config) plane(sums []cell, height, width int, directions [2]Direction, steps []float32) {
	best := quarters{}
	for axis := range 2 {
		g := newGrid(sums, height, width, axis == 1)
		if q := c.quarter(g, [2]Direction{directions[axis], directions[1-axis]}); q.gain > best.gain {
			best = q
			best.turned = axis == 1
		}
	}
	clear(steps)
	if best.gain == 0 {
		return
	}
	for i := range height {
		for j := range width {
			a, b := i, j
			if best.turned {
				a, b = j, i
			}
			steps[i*width+j] = float32(c.Rate * best.value(a, b))
		}
	}
}

// quarters are the leaves of a tree over a plane.
type quarters struct {
	gain   float64
	turned bool          // whether the first split is across the second feature
	at     int           // the first split
	sides  [2]quarterSet // below it and above it
}

// quarterSet is one side of the first split, divided at one bin of the other feature.
type quarterSet struct {
	at     int
	gain   float64
	values [2]float64
}

func (q *quarters) value(a, b int) float64 {
	side := &q.sides[0]
	if a >= q.at {
		side = &q.sides[1]
	}
	if b >= side.at {
		return side.values[1]
	}
	return side.values[0]
}

// grid has at (i, j) the sum of all cells before row i and column j.
type grid struct {
	height, width int
	sums          [(maxPairBins + 1) * (maxPairBins + 1)]cell
}

func newGrid(cells []cell, height, width int, turned bool) *grid {
	g := &grid{height: height, width: width}
	if turned {
		g.height, g.width = width, height
	}
	for i := range g.height {
		for j := range g.width {
			at := i*width + j
			if turned {
				at = j*width + i
			}
			*g.at(i+1, j+1) = cells[at].plus(*g.at(i, j+1)).plus(*g.at(i+1, j)).less(*g.at(i, j))
		}
	}
	return g
}

func (g *grid) at(i, j int) *cell { return &g.sums[i*(maxPairBins+1)+j] }

// block is the sum of the rows from (inclusive) to (exclusive), before column j.
func (g *grid) block(from, to, j int) cell { return g.at(to, j).less(*g.at(from, j)) }

// quarter finds the best tree whose first split divides the grid's rows.
func (c *Config) quarter(g *grid, directions [2]Direction) quarters {
	best := quarters{}
	before := c.gain(g.block(0, g.height, g.width))
	for i := 1; i < g.height; i++ {
		q := quarters{at: i, sides: [2]quarterSet{c.side(g, 0, i, directions[1]), c.side(g, i, g.height, directions[1])}}
		if q.sides[0].gain == 0 || q.sides[1].gain == 0 || !q.inOrder(directions[0]) {
			continue
		}
		if q.gain = q.sides[0].gain + q.sides[1].gain - before; q.gain > best.gain {
			best = q
		}
	}
	return best
}

// inOrder reports whether every value on one side of the first split is at or below all on the other.
func (q *quarters) inOrder(direction Direction) bool {
	a, b := q.sides[0].values, q.sides[1].values
	switch direction {
	case Rising:
		return max(a[0], a[1]) <= min(b[0], b[1])
	case Falling:
		return min(a[0], a[1]) >= max(b[0], b[1])
	}
	return true
}

// side finds the best split of some rows across the columns; its gain is 0 if there is none.
func (c *Config) side(g *grid, from, to int, direction Direction) quarterSet {
	best, all, least := quarterSet{}, g.block(from, to, g.width), float64(c.MinLeaf)
	for j := 1; j < g.width; j++ {
		low := g.block(from, to, j)
		high := all.less(low)
		if low.rows < least || high.rows < least {
			continue
		}
		gain, values := c.gain(low)+c.gain(high), [2]float64{c.value(low), c.value(high)}
		if gain > best.gain && float64(direction)*(values[1]-values[0]) >= 0 {
			best = quarterSet{j, gain, values}
		}
	}
	return best
}
