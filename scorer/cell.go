package scorer

import "math"

// Cell holds what one lane saw in one grain. Cells are what a track holds, unpacked: sorted by grain; only grains with events have
// cells, so memory follows activity. A session lane has one cell a session, at the grain of its start.
type Cell struct {
	Grain uint32
	count uint32 // events
	Sum   int64  // by lane: minor units, milliseconds, nothing, or a session's span
	lane  uint8
	shift int8 // by how many hours the user's local hour was ahead of UTC's
}

// value is what a metric takes from the cell.
func (c *Cell) value(take taking) int64 {
	if take == sum {
		return c.Sum
	}
	return int64(c.count)
}

// add puts one event into the cell of its grain, lane and shift, keeping the order.
func add(cells []Cell, event Cell) []Cell {
	i := len(cells)
	for ; i > 0 && cells[i-1].Grain >= event.Grain; i-- {
		if c := &cells[i-1]; c.Grain == event.Grain && c.lane == event.lane && c.shift == event.shift {
			c.gather(&event)
			return cells
		}
	}
	for i < len(cells) && cells[i].Grain == event.Grain && cells[i].before(&event) {
		i++
	}
	return insert(cells, i, event)
}

// before is the order of cells within a grain: what shares a shift stands together, in the order of the lanes.
func (c *Cell) before(d *Cell) bool {
	return c.shift < d.shift || c.shift == d.shift && c.lane < d.lane
}

// gather takes the events of another cell of the same lane.
func (c *Cell) gather(d *Cell) {
	c.count = uint32(min(uint64(c.count)+uint64(d.count), math.MaxUint32))
	c.Sum = addSaturated(c.Sum, d.Sum)
}

func insert(cells []Cell, i int, c Cell) []Cell {
	cells = append(cells, c)
	copy(cells[i+1:], cells[i:])
	cells[i] = c
	return cells
}

func remove(cells []Cell, i int) []Cell {
	copy(cells[i:], cells[i+1:])
	return cells[:len(cells)-1]
}

// addSaturated stays at the end of the range instead of changing sign.
func addSaturated(a, b int64) int64 {
	s := a + b
	if (a^s)&(b^s) >= 0 {
		return s
	}
	if a < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}
