package scorer

import "winback/scorer/track"

// ownDay is the number of the user's own day that a cell lies in: 1 is 1 January 1970.
func (r *Rules) ownDay(c *track.Cell) uint32 { return r.schema.OwnDay(c) }

// DaySet counts the different days of events, or of cells, that come in the order of their UTC days or against it. The users' own days need not:
// after a journey, or a change of clocks, one may come again. But an own day lies beside its UTC day, so the set need only know those near it.
// The zero DaySet is empty.
type DaySet struct {
	last   uint32 // the last one, one above its number
	around uint32 // its UTC day
	seen   uint64 // the days that there were near it: bit nearby+k for the one k days later
}

// nearby is how many days to either side of the last one a DaySet knows.
const nearby = 31

// Add reports whether an own day is a new one. Both it and the UTC day are numbered from 1 January 1970 on, from any number.
func (d *DaySet) Add(utc, own uint32) bool {
	if ahead := int32(utc - d.around); ahead >= 0 {
		d.seen >>= uint32(ahead)
	} else {
		d.seen <<= uint32(-ahead)
	}
	d.around, d.last = utc, own+1
	bit := uint64(1) << ((nearby + own - utc) & 63)
	isNew := d.seen&bit == 0
	d.seen |= bit
	return isNew
}

// isLast reports whether a day is the one that was added last, as that of most cells is that of the cell before: it is there.
func (d *DaySet) isLast(own uint32) bool { return own+1 == d.last }

// addCell adds the day of a cell.
func (r *Rules) addCell(d *DaySet, c *track.Cell) bool {
	own := r.ownDay(c)
	return !d.isLast(own) && d.Add(r.dayOf(c.Grain), own)
}
