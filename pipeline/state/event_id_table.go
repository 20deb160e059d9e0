package state

// idTable is one table of eventIDs.
type idTable struct {
	sortedTable
	base int64 // no entry expires before this tick, and none more than furthestTick after it
}

// expiry is the tick at which an entry expires: the only one within reach of the base with the entry's lower bits.
func (t *idTable) expiry(entry uint64) int64 { return t.base + int64(uint16(entry)-uint16(t.base)) }

// find returns the place of the entry with a fingerprint.
func (t *idTable) find(fingerprint uint64) (place uint32, found bool) {
	key := uint32(fingerprint >> 32)
	for place = t.seek(key); ; place++ {
		switch e := t.entries[place]; {
		case e&^tickMask == fingerprint:
			return place, true
		case e == 0 || uint32(e>>32) != key:
			return place, false
		}
	}
}

// sweep drops the entries that expire before a tick, and so many of those that expire at it, in one pass and in place: no entry moves away from
// its home. now is the tick of the watermark, before which none of the others expires.
func (t *idTable) sweep(before int64, also uint32, now int64) {
	next := uint32(0)
	for i, e := range t.entries {
		if e == 0 {
			continue
		}
		t.entries[i] = 0
		if expiry := t.expiry(e); expiry < before || expiry == before && also > 0 {
			if t.used--; expiry == before {
				also--
			}
			continue
		}
		next = max(next, t.home(uint32(e>>32)))
		t.entries[next] = e
		next++
	}
	t.base = now
}
