package scorer

import (
	"math"

	"winback/scorer/track"
)

// fold counts an own day of which no cell is left. Days come in any order, each once.
func (f *foldedDays) fold(day uint32) {
	d := uint16(min(day, math.MaxUint16))
	if f.days == 0 || d < f.first {
		f.first = d
	}
	f.last = max(f.last, d)
	f.days = uint16(min(uint32(f.days)+1, math.MaxUint16))
}

// Bought is what P(alive) is made of: the users' own days on which the metric it is about had an event, counted and numbered; 1 is 1 January 1970.
// Of a metric of sessions they are the days on which one began.
type Bought struct{ Days, First, Last uint32 }

// Add counts a further day.
func (b *Bought) Add(day uint32) {
	if b.Days == 0 || day < b.First {
		b.First = day
	}
	b.Last = max(b.Last, day)
	b.Days++
}

// bought is what a user bought before border h.
func (r *Rules) bought(u *User, cells []track.Cell, h uint32) Bought {
	b := Bought{uint32(u.folded.days), uint32(u.folded.first), uint32(u.folded.last)}
	var counted DaySet
	for i := range cells {
		c := &cells[i]
		if c.Grain >= h {
			break
		}
		if r.lanes[c.Lane].alive && r.addCell(&counted, c) {
			b.Add(r.ownDay(c))
		}
	}
	return b
}

// aliveAt is P(alive) at border h as people are told it: -1 for a user who did not come back on a second day, of whom the model knows nothing. It
// lets nobody leave before a repeat purchase, so to the model they are all there, however long ago they came.
func (r *Rules) aliveAt(u *User, cells []track.Cell, h uint32) float64 {
	if r.alive == nil {
		return -1
	}
	b := r.bought(u, cells, h)
	if b.Days < 2 {
		return -1
	}
	return r.aliveOf(b, h)
}

// aliveOf is P(alive) as a feature of the risk, which weighs it by how it turned out: 1 without a repeat purchase, -1 without any. h is told
// as its day of UTC, and lies no earlier than the last purchase by the user's own calendar.
func (r *Rules) aliveOf(b Bought, h uint32) float64 {
	if r.alive == nil || b.Days == 0 {
		return -1
	}
	now := max(r.dayOf(h)+1, b.Last)
	return r.alive.Alive(int(b.Days-1), float64(b.Last-b.First)/r.aliveUnit, float64(now-b.First)/r.aliveUnit)
}
