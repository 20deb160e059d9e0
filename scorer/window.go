package scorer

import "math"

// Cell holds what one lane saw in one grain. A user's cells are sorted by grain; only grains with events have cells, so memory
// follows activity. A session lane has one cell a session, at the grain of its start.
type Cell struct {
	Grain uint32
	head  uint32 // the lane in the top byte, the number of events below
	Sum   int64  // by lane: minor units, milliseconds, nothing, or a session's span
}

const countBits = 24
const maxCount = 1<<countBits - 1

func newCell(grain uint32, lane uint8, n uint32, sum int64) Cell {
	return Cell{Grain: grain, head: uint32(lane)<<countBits | n, Sum: sum}
}

func (c *Cell) lane() uint8   { return uint8(c.head >> countBits) }
func (c *Cell) count() uint32 { return c.head & maxCount }

// value is what a metric takes from the cell.
func (c *Cell) value(take taking) int64 {
	if take == counts {
		return int64(c.count())
	}
	return c.Sum
}

// add puts one event into the cell of its grain and lane, keeping the order. cells must have room for one more.
func add(cells []Cell, grain uint32, lane uint8, sum int64) []Cell {
	i := len(cells)
	for i > 0 && cells[i-1].Grain >= grain {
		i--
		c := &cells[i]
		if c.Grain == grain && c.lane() == lane && c.count() < maxCount {
			c.head++
			c.Sum = addSaturated(c.Sum, sum)
			return cells
		}
	}
	for i < len(cells) && cells[i].Grain == grain {
		i++
	}
	return insert(cells, i, newCell(grain, lane, 1, sum))
}

func insert(cells []Cell, i int, c Cell) []Cell {
	cells = cells[:len(cells)+1]
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

// Expire drops the cells that no border from h on can see. A session that began before that stays as long as an event that is not
// too late may belong to it.
func (r *Rules) Expire(cells []Cell, h uint32) []Cell {
	oldest, n := back(h, r.reach), 0
	for n < len(cells) && cells[n].Grain < oldest {
		n++
	}
	if n == 0 {
		return cells
	}
	kept := cells[:0]
	for i := range cells[:n] {
		if r.open(&cells[i], oldest) {
			kept = append(kept, cells[i])
		}
	}
	return append(kept, cells[n:]...)
}

// sums is what one metric adds up to at one border.
type sums struct {
	cur, base   int64
	nCur, nBase int64
	weeks       uint64 // the baseline's weeks with events, counted back from its end
}

// view is what Judge sees of a user's cells at one border.
type view struct {
	metrics  [MaxMetrics]sums
	active   int64  // activity events in the active window
	enough   uint32 // the grain of the activity event that, counted back, makes the user active
	last     uint32 // one past the newest active grain before the border, 0 if none is left
	pending  uint32 // the oldest grain at or after the border, none if there is none
	refund   bool   // some sum at or after the border is negative
	negative bool   // some sum before it is: a cell that leaves the current window can raise it
}

// look adds up the cells before border h in one pass from the newest back.
func (r *Rules) look(v *view, cells []Cell, h uint32) {
	v.pending = none
	i := len(cells) - 1
	for ; i >= 0 && cells[i].Grain >= h; i-- {
		v.pending = cells[i].Grain
		v.refund = v.refund || cells[i].Sum < 0
	}
	curFrom, baseFrom, activeFrom := back(h, r.window), back(h, r.window+r.baseline), back(h, r.lifecycle.active)
	oldest := back(h, r.reach)
	for ; i >= 0 && cells[i].Grain >= oldest; i-- {
		c := &cells[i]
		l := &r.lanes[c.lane()]
		if l.activity {
			v.act(c, activeFrom, r.lifecycle.events)
		}
		switch {
		case c.Grain >= curFrom:
			v.current(c, l)
		case c.Grain >= baseFrom:
			v.past(c, l, uint64(1)<<((curFrom-1-c.Grain)/r.week))
		}
	}
}

// back is the grain n before h, not before the epoch.
func back(h, n uint32) uint32 {
	if h < n {
		return 0
	}
	return h - n
}

func (v *view) act(c *Cell, from uint32, events int64) {
	if v.last == 0 {
		v.last = c.Grain + 1
	}
	if c.Grain < from {
		return
	}
	if v.active < events && v.active+int64(c.count()) >= events {
		v.enough = c.Grain
	}
	v.active += int64(c.count())
}

func (v *view) current(c *Cell, l *lane) {
	n := int64(c.count())
	for _, rd := range l.core {
		m := &v.metrics[rd.metric]
		m.nCur += n
		m.cur = addSaturated(m.cur, v.value(c, rd, n))
	}
}

func (v *view) past(c *Cell, l *lane, week uint64) {
	n := int64(c.count())
	for _, rd := range l.core {
		m := &v.metrics[rd.metric]
		m.nBase += n
		m.weeks |= week
		m.base = addSaturated(m.base, v.value(c, rd, n))
	}
}

func (v *view) value(c *Cell, rd read, n int64) int64 {
	if !rd.wantSum {
		return n
	}
	v.negative = v.negative || c.Sum < 0
	return c.Sum
}
