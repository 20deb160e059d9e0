package scorer

import (
	"math"

	"winback/scorer/track"
)

// fold counts the day of a cell that goes; the cells of a day come one after the other.
func (f *foldedDays) fold(day uint32) {
	d := uint16(min(day, math.MaxUint16))
	if f.days == 0 {
		f.first = d
	} else if f.last == d {
		return
	}
	f.last = d
	f.days = uint16(min(uint32(f.days)+1, math.MaxUint16))
}

// Bought is what P(alive) is made of: the days on which the metric it is about had an event, counted and numbered from the epoch.
type Bought struct{ Days, First, Last uint32 }

// bought is what a user bought before border h.
func (r *Rules) bought(u *User, cells []track.Cell, h uint32) Bought {
	b := Bought{uint32(u.folded.days), uint32(u.folded.first), uint32(u.folded.last)}
	for i := range cells {
		c := &cells[i]
		if c.Grain >= h {
			break
		}
		if !r.lanes[c.Lane].alive {
			continue
		}
		if day := r.dayOf(c.Grain); b.Days == 0 || day != b.Last {
			if b.Days == 0 {
				b.First = day
			}
			b.Last = day
			b.Days++
		}
	}
	return b
}

// aliveAt is P(alive) at border h, -1 for a user without an event of the metric that it is about.
func (r *Rules) aliveAt(u *User, cells []track.Cell, h uint32) float64 {
	if r.alive == nil {
		return -1
	}
	return r.aliveOf(r.bought(u, cells, h), h)
}

func (r *Rules) aliveOf(b Bought, h uint32) float64 {
	if r.alive == nil || b.Days == 0 {
		return -1
	}
	return r.alive.Alive(int(b.Days-1), float64(b.Last-b.First)/r.aliveUnit, float64(r.dayOf(h)-b.First)/r.aliveUnit)
}
