package scorer

// A session's cell keeps its span in Sum: the start's milliseconds into the grain above, the length in milliseconds below.
// Grains are at most a day, so 27 bits hold the start; a session longer than two years (36 bits) is cut there.
const spanBits = 36

type span struct{ start, end int64 } // Unix milliseconds, both inclusive

func (r *Rules) spanOf(c *Cell) span {
	start := int64(c.Grain)*r.grain + c.Sum>>spanBits
	return span{start, start + c.Sum&(1<<spanBits-1)}
}

func (r *Rules) sessionCell(lane uint8, s span, shift int8) Cell {
	grain := s.start / r.grain
	length := min(s.end-s.start, 1<<spanBits-1)
	return Cell{Grain: uint32(grain), lane: lane, shift: shift, count: 1, Sum: (s.start-grain*r.grain)<<spanBits | length}
}

// addSession joins an event to the session within the gap, joins two sessions that it bridges, or begins one. It returns the grain of
// the session's start. A session has the shift of the first of its events to arrive.
func (r *Rules) addSession(cells []Cell, lane uint8, at int64, shift int8) ([]Cell, uint32) {
	joined := span{at, at}
	for i := len(cells) - 1; i >= 0; i-- {
		if cells[i].lane != lane {
			continue
		}
		s := r.spanOf(&cells[i])
		if s.start-r.gap > joined.end {
			continue
		}
		if s.end+r.gap < joined.start {
			break
		}
		joined = span{min(s.start, joined.start), max(s.end, joined.end)}
		cells = remove(cells, i)
	}
	c := r.sessionCell(lane, joined, shift)
	i := len(cells)
	for i > 0 && comesAfter(&cells[i-1], &c) {
		i--
	}
	return insert(cells, i, c), c.Grain
}

// comesAfter keeps the sessions of one lane in the order of their starts, also within a grain.
func comesAfter(a, c *Cell) bool {
	if a.Grain != c.Grain {
		return a.Grain > c.Grain
	}
	return a.lane != c.lane || a.Sum > c.Sum
}
