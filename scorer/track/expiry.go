package track

import (
	"math/bits"
	"slices"
)

// expiryWatch counts, while records are read, how many of their lanes no border from h on sees any more.
type expiryWatch struct {
	ahead   []expiry // those that reading has still to pass, the shortest first
	next    uint32   // the grain at which the first of them begins; 0 if there is none ahead
	h       uint32
	expired uint64 // the lanes whose expiry has been passed
	lanes   int    // of all records read
	stale   int    // of these, expired
}

// watchExpiry begins to count for border h.
func (s *Schema) watchExpiry(h uint32) expiryWatch {
	return expiryWatch{ahead: s.expiries, h: h, next: GrainsBefore(h, s.expiries[0].after)}
}

// pass takes the lanes that are expired at a grain before the next expiry.
func (w *expiryWatch) pass(grain uint32) {
	for grain < w.next {
		w.expired |= w.ahead[0].lanes
		if w.ahead = w.ahead[1:]; len(w.ahead) == 0 {
			w.next = 0
			break
		}
		w.next = GrainsBefore(w.h, w.ahead[0].after)
	}
}

// count counts a record's lanes.
func (w *expiryWatch) count(lanes uint64) {
	w.lanes += bits.OnesCount64(lanes)
	w.stale += bits.OnesCount64(lanes & w.expired)
}

// staleShare is how large a part of a track may tell nothing any more before it is trimmed: one in so many.
const staleShare = 6

// expire drops the cells that no border from h on can see, in place. A session that began before that stays as long as an event that is not
// too late may belong to it, and a lane of whole days keeps those own days of which a cell may still come: one that is seen lies at most a day
// before its UTC day. Added to dropped are the cells of lanes of whole days that went and left none of their day behind.
func (s *Schema) expire(cells []Cell, h uint32, dropped []Cell) (kept, _ []Cell) {
	kept = cells[:0]
	goesOn := false // some session stays of a day that others have left
	for i := range cells {
		c := cells[i]
		l := &s.lanes[c.Lane]
		oldest := GrainsBefore(h, l.Expiry)
		switch {
		case c.Grain >= oldest, l.WholeDays && s.OwnDay(&c) >= oldest/s.day:
			kept = append(kept, c)
		case l.Sum == SpanSum && s.SpanOf(&c).End+s.gap >= int64(oldest)*s.grain:
			kept = append(kept, c)
			goesOn = goesOn || l.WholeDays
		case l.WholeDays:
			dropped = append(dropped, c)
		}
	}
	if goesOn {
		dropped = slices.DeleteFunc(dropped, func(d Cell) bool {
			return slices.ContainsFunc(kept, func(k Cell) bool { return s.lanes[k.Lane].WholeDays && s.OwnDay(&k) == s.OwnDay(&d) })
		})
	}
	return kept, dropped
}
