package additive

// cell sums rows: the slope of the log loss, its curvature, and how many rows there are.
type cell struct{ slope, curve, rows float64 }

func (c cell) plus(o cell) cell { return cell{c.slope + o.slope, c.curve + o.curve, c.rows + o.rows} }

func (c cell) less(o cell) cell { return cell{c.slope - o.slope, c.curve - o.curve, c.rows - o.rows} }

// gain is how much the loss falls if the rows get the value.
func (c *Config) gain(s cell) float64 { return s.slope * s.slope / (s.curve + c.Ridge + tiny) }

func (c *Config) value(s cell) float64 { return s.slope / (s.curve + c.Ridge + tiny) }

// tiny keeps rows that are all certain from dividing by zero.
const tiny = 1e-9

// leaf is a range of bins that get one value.
type leaf struct {
	from, to int
	sum      cell
}

// split is the best way to divide a leaf.
type split struct {
	at   int
	gain float64
	low  cell
}

// line fits a tree to the sums of a feature's bins and writes its steps, by bin.
func (c *Config) line(sums []cell, direction Direction, steps []float32) {
	all := leaf{to: len(sums)}
	for _, s := range sums {
		all.sum = all.sum.plus(s)
	}
	leaves := append(make([]leaf, 0, c.Leaves), all)
	for len(leaves) < c.Leaves {
		which, best := -1, split{}
		for k := range leaves {
			if s := c.divide(sums, leaves, k, direction); s.gain > best.gain {
				which, best = k, s
			}
		}
		if which < 0 {
			break
		}
		leaves = cut(leaves, which, best)
	}
	for _, l := range leaves {
		step := float32(c.Rate * c.value(l.sum))
		for b := l.from; b < l.to; b++ {
			steps[b] = step
		}
	}
}

func cut(leaves []leaf, k int, at split) []leaf {
	l := leaves[k]
	leaves = append(leaves, leaf{})
	copy(leaves[k+2:], leaves[k+1:])
	leaves[k], leaves[k+1] = leaf{l.from, at.at, at.low}, leaf{at.at, l.to, l.sum.less(at.low)}
	return leaves
}

// divide finds the best split of a leaf; its gain is 0 if there is none. In a direction, the values must stay in order, also with the leaves beside.
func (c *Config) divide(sums []cell, leaves []leaf, k int, direction Direction) split {
	best, l := split{}, leaves[k]
	low, before, least := cell{}, c.gain(l.sum), float64(c.MinLeaf)
	for b := l.from + 1; b < l.to; b++ {
		low = low.plus(sums[b-1])
		high := l.sum.less(low)
		if low.rows < least {
			continue
		}
		if high.rows < least {
			break
		}
		if gain := c.gain(low) + c.gain(high) - before; gain > best.gain && c.ordered(leaves, k, low, high, direction) {
			best = split{b, gain, low}
		}
	}
	return best
}

func (c *Config) ordered(leaves []leaf, k int, low, high cell, direction Direction) bool {
	if direction == Free {
		return true
	}
	d := float64(direction)
	a, b := d*c.value(low), d*c.value(high)
	return a <= b && (k == 0 || d*c.value(leaves[k-1].sum) <= a) && (k == len(leaves)-1 || b <= d*c.value(leaves[k+1].sum))
}
