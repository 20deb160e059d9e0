package track

import "math"

// Cell is what one lane saw in one grain: grain i covers [i*grain, (i+1)*grain). Only grains with events have cells. A user's
// cells stand in the order of their grains, within a grain by shift, and then by lane. A lane of sessions has one cell a session, at the
// grain of its start; of several in one grain, all but the last stand in front of the grain's other cells.
type Cell struct {
	Grain uint32
	Count uint32 // events, at least 1; of a session always 1
	Sum   int64  // by the lane's SumKind: minor units, milliseconds, nothing, or a session's span
	Lane  uint8
	Shift int8 // by how many hours, or for grains longer than an hour days, the user's was ahead of that in which the grain begins in UTC
}

// before is the order of cells within a grain.
func (c *Cell) before(d *Cell) bool {
	return c.Shift < d.Shift || c.Shift == d.Shift && c.Lane < d.Lane
}

// merge takes the events of another cell of the same lane.
func (c *Cell) merge(d *Cell) {
	c.Count = uint32(min(uint64(c.Count)+uint64(d.Count), math.MaxUint32))
	c.Sum = AddSaturated(c.Sum, d.Sum)
}

// add puts one event of a lane without sessions into the cell of its grain, lane and shift. merged reports whether there was such a cell.
func (s *Schema) add(cells []Cell, event Cell) (_ []Cell, merged bool) {
	begin, end := grainRange(cells, event.Grain)
	for i := begin; i < end; i++ {
		if c := &cells[i]; c.Lane == event.Lane && c.Shift == event.Shift {
			c.merge(&event)
			return cells, true
		}
	}
	return insertOrdered(cells, s.frontEnd(cells, begin, end), end, event), false
}

// grainRange is where a grain's cells begin and end.
func grainRange(cells []Cell, grain uint32) (begin, end int) {
	for end = len(cells); end > 0 && cells[end-1].Grain > grain; end-- {
	}
	for begin = end; begin > 0 && cells[begin-1].Grain == grain; begin-- {
	}
	return begin, end
}

// insertOrdered puts a cell among those of its grain from begin to end, in their order.
func insertOrdered(cells []Cell, begin, end int, c Cell) []Cell {
	for begin < end && cells[begin].before(&c) {
		begin++
	}
	return insert(cells, begin, c)
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

// AddSaturated adds and stays at the end of the range instead of changing sign.
func AddSaturated(a, b int64) int64 {
	s := a + b
	if (a^s)&(b^s) >= 0 {
		return s
	}
	if a < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}
