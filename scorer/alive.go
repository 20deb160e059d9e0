package scorer

import "math"

// folded is what P(alive) counts of days whose cells are gone. Days are numbered from the epoch.
type folded struct{ days, first, last uint16 }

// fold takes the next day's cells; those of a day come one after the other.
func (u *User) fold(day uint32) {
	f, d := &u.folded, uint16(min(day, math.MaxUint16))
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
func (r *Rules) bought(u *User, cells []Cell, h uint32) Bought {
	b := Bought{uint32(u.folded.days), uint32(u.folded.first), uint32(u.folded.last)}
	for i := range cells {
		c := &cells[i]
		if c.Grain >= h {
			break
		}
		if !r.lanes[c.lane].alive {
			continue
		}
		if day := c.Grain / r.day; b.Days == 0 || day != b.Last {
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
func (r *Rules) aliveAt(u *User, cells []Cell, h uint32) float64 {
	if r.alive == nil {
		return -1
	}
	return r.aliveOf(r.bought(u, cells, h), h)
}

func (r *Rules) aliveOf(b Bought, h uint32) float64 {
	if r.alive == nil || b.Days == 0 {
		return -1
	}
	return r.alive.Alive(int(b.Days-1), float64(b.Last-b.First)/r.aliveUnit, float64(h/r.day-b.First)/r.aliveUnit)
}
