package track

import "math"

// A session's cell keeps its span in Sum: the start's milliseconds into the grain above, the length in milliseconds below.
// Grains are at most a day, so 27 bits hold the start; a session longer than two years (36 bits) is cut there.
const spanBits = 36

// Span is a session's first and last event, Unix milliseconds, both inclusive.
type Span struct{ Start, End int64 }

// SpanOf returns the span of a session's cell.
func (s *Schema) SpanOf(c *Cell) Span {
	start := int64(c.Grain)*s.grain + c.Sum>>spanBits
	return Span{start, start + c.Sum&(1<<spanBits-1)}
}

func (s *Schema) sessionCell(lane uint8, span Span, shift int8) Cell {
	grain := span.Start / s.grain
	length := min(span.End-span.Start, 1<<spanBits-1)
	return Cell{Grain: uint32(grain), Lane: lane, Shift: shift, Count: 1, Sum: (span.Start-grain*s.grain)<<spanBits | length}
}

// SessionChange is what an event did to the sessions of a lane.
type SessionChange struct {
	Began bool   // a session of its own: there is one more
	Moved bool   // its session begins in an earlier grain than before
	From  uint32 // the grain of its session's start
}

// addSession joins an event to the session within the gap, joins sessions that it bridges, or begins one. A session has the shift of its
// first event; of several at that time, the lowest. The cells need only go back to a session that ends more than a gap before the event.
func (s *Schema) addSession(cells []Cell, lane uint8, at int64, shift int8) ([]Cell, SessionChange) {
	span, joins, began := Span{at, at}, false, uint32(math.MaxUint32)
	for i := len(cells) - 1; i >= 0; i-- {
		if cells[i].Lane != lane {
			continue
		}
		other := s.SpanOf(&cells[i])
		if other.Start-s.gap > span.End {
			continue
		}
		if other.End+s.gap < span.Start {
			break
		}
		if other.Start < span.Start || other.Start == span.Start && cells[i].Shift < shift {
			shift = cells[i].Shift
		}
		span = Span{min(other.Start, span.Start), max(other.End, span.End)}
		joins, began = true, min(began, cells[i].Grain)
		cells = remove(cells, i)
	}
	c := s.sessionCell(lane, span, shift)
	return s.insertSession(cells, c), SessionChange{Began: !joins, Moved: joins && c.Grain < began, From: c.Grain}
}

// insertSession puts a session among its grain's cells. The last session of a lane in a grain shares a record with the other lanes' cells;
// those before it stand in front of all others, in records of their own. So all other lanes of a grain are in one record for each shift.
func (s *Schema) insertSession(cells []Cell, c Cell) []Cell {
	begin, end := grainRange(cells, c.Grain)
	front := s.frontEnd(cells, begin, end)
	after := begin // where the sessions of the lane end that begin before this one
	for i := begin; i < end; i++ {
		switch other := &cells[i]; {
		case other.Lane != c.Lane:
		case other.Sum > c.Sum:
			return insert(cells, after, c)
		default:
			after = i + 1
		}
	}
	if after > front { // until now the last one
		last := cells[after-1]
		cells = insert(remove(cells, after-1), front, last)
		front++
	}
	return insertOrdered(cells, front, end, c)
}

// frontEnd is where those cells of a grain end that are sessions with a later one of the same lane in the grain.
func (s *Schema) frontEnd(cells []Cell, begin, end int) int {
	for ; begin < end && s.kind(cells[begin].Lane) == SpanSum; begin++ {
		later := begin + 1
		for later < end && cells[later].Lane != cells[begin].Lane {
			later++
		}
		if later == end {
			break
		}
	}
	return begin
}
