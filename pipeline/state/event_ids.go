package state

import "math/bits"

// eventIDs remembers which events have been counted, by the hashes of their ids, spread.
//
// An id is remembered until the watermark is more than span past the event's time, or past the watermark at which it was seen if that is later;
// a copy that comes meanwhile starts the span anew. One whose own time is past that is no copy, though the watermark has not come so far yet. Times are kept in ticks of a 1024th of the span at most, so an id may be known for one
// tick longer. An event that is more than 31 spans ahead of the watermark, by a broken clock, is remembered for at least 32 spans from then on.
//
// An entry is 8 bytes: 48 bits of the hash, and the tick at which it expires. With the bits that choose the table, two ids are taken for one if
// they agree in 60 bits: among 20 million ids that happens to one new event in 6 * 10^10. Expired entries are dropped when a table is full, and
// only if few are it grows. There are so many tables that sweeping or growing one takes some ten microseconds.
type eventIDs struct {
	span      int64     // milliseconds; 0 remembers nothing
	tickBits  uint8     // a tick is 2 to the power of it, milliseconds
	most      uint32    // ids of a table
	tables    []idTable // by the hash's top bits; nil until there is an id
	count     uint64    // entries of all tables, the expired ones included that have not been dropped yet
	forgotten uint64    // ids that were given up before their time because a table had too many
	expiring  []uint32  // of forgetOldest: how many ids of a table expire in each tick from now on; all 0 between two calls
}

const (
	idTableBits  = 12
	idTableCount = 1 << idTableBits
	ticksPerSpan = 1 << 10 // at least
	tickMask     = 1<<16 - 1
	furthestTick = tickMask // an entry cannot tell a tick further ahead of its table's base
)

func newEventIDs(config Dedup) eventIDs {
	longest := uint64(config.Span) / ticksPerSpan // of a tick
	return eventIDs{
		span: int64(config.Span), tickBits: uint8(bits.Len64(longest|1) - 1), most: uint32((config.MaxIDs + idTableCount - 1) / idTableCount),
	}
}

// makeTables makes empty tables, which share one empty array until they get an entry.
func (d *eventIDs) makeTables() {
	d.tables = make([]idTable, idTableCount)
	none := make([]uint64, 1)
	for i := range d.tables {
		d.tables[i].entries = none
	}
}

// tickOf numbers the ticks of time.
func (d *eventIDs) tickOf(at int64) int64 { return max(at, 0) >> d.tickBits }

// expiry is the last tick in which an event that is seen at a watermark is remembered.
func (d *eventIDs) expiry(at, watermark int64) int64 {
	return min(d.tickOf(max(at, watermark)+d.span), d.tickOf(watermark)+furthestTick)
}

// spread makes ids that are near each other differ in their upper bits, one for one: these say where an id is kept, and the lowest are left out.
func spread(id uint64) uint64 { return id * 0x9e3779b97f4a7c15 }

// tableOf is the number of an id's table.
func tableOf(id uint64) int { return int(id >> (64 - idTableBits)) }

// fingerprintOf is what an entry holds of an id: the 48 bits behind those that choose the table. It is never 0, because an entry must not be.
func fingerprintOf(id uint64) uint64 { return max(id<<idTableBits&^tickMask, tickMask+1) }

// known reports whether an id is remembered at a watermark, and at now, which is not before it. If it is, this copy, of an event at a time, makes it
// be remembered for longer.
func (d *eventIDs) known(id uint64, at, watermark, now int64) bool {
	if d.tables == nil {
		return false
	}
	t := &d.tables[tableOf(id)]
	place, found := t.find(fingerprintOf(id))
	if !found || t.expiry(t.entries[place]) < d.tickOf(now) {
		return false
	}
	if expiry := d.expiry(at, watermark); expiry > t.expiry(t.entries[place]) {
		d.put(tableOf(id), fingerprintOf(id), expiry, d.tickOf(watermark))
	}
	return true
}

// remember notes the id of an event that is counted.
func (d *eventIDs) remember(id uint64, at, watermark int64) {
	if d.tables == nil {
		d.makeTables()
	}
	d.put(tableOf(id), fingerprintOf(id), d.expiry(at, watermark), d.tickOf(watermark))
}

// put sets when a fingerprint expires, or adds it. now is the tick of the watermark.
func (d *eventIDs) put(table int, fingerprint uint64, expiry, now int64) {
	t := &d.tables[table]
	if expiry-t.base > furthestTick {
		d.sweep(t, now, 0, now)
	}
	entry := fingerprint | uint64(expiry)&tickMask
	if place, found := t.find(fingerprint); found {
		t.entries[place] = entry
		return
	}
	if t.full() {
		d.makeRoom(t, growthStep(table), now)
	}
	t.put(entry)
	d.count++
}

// sweep is idTable.sweep, and keeps the count.
func (d *eventIDs) sweep(t *idTable, before int64, also uint32, now int64) {
	d.count -= uint64(t.used)
	t.sweep(before, also, now)
	d.count += uint64(t.used)
}

// makeRoom drops what has expired, and if that is little makes the table larger; at its largest, it forgets the ids that expire next. Afterwards at
// least a sixteenth of the table is free, mostly more than an eighth, so that it is not swept again soon.
func (d *eventIDs) makeRoom(t *idTable, step uint32, now int64) {
	d.sweep(t, now, 0, now)
	largest := homesFor(d.most)
	switch capacity := t.homes * maxLoad / maxLoadOf; {
	case t.used < capacity/8 && t.homes > smallTable:
		t.rebuild(homesFor(2*t.used+1), firstSpill)
	case t.homes >= largest:
		d.forgetOldest(t, now)
	case t.used >= capacity*13/16:
		t.rebuild(min(t.grown(step), largest), firstSpill)
	}
}

// smallTable is how many homes a table may have that holds next to nothing.
const smallTable = 64

// homesFor is how many homes a table needs for so many entries.
func homesFor(entries uint32) uint32 { return (entries*maxLoadOf + maxLoad - 1) / maxLoad }

// forgetOldest gives up ids of a table that has nearly as many as it may have, those that expire next, until it is 15/16 full: not just one, since
// it takes a look at all of them.
func (d *eventIDs) forgetOldest(t *idTable, now int64) {
	kept := d.most - d.most/16
	if t.used <= kept {
		return
	}
	if d.expiring == nil {
		d.expiring = make([]uint32, furthestTick+1)
	}
	for _, e := range t.entries {
		if e != 0 {
			d.expiring[t.expiry(e)-now]++
		}
	}
	surplus, tick := t.used-kept, 0
	d.forgotten += uint64(surplus)
	for ; surplus > d.expiring[tick]; tick++ {
		surplus -= d.expiring[tick]
	}
	for _, e := range t.entries {
		if e != 0 {
			d.expiring[t.expiry(e)-now] = 0
		}
	}
	d.sweep(t, now+int64(tick), surplus, now)
}

// address is where an id's entry should be.
func (d *eventIDs) address(id uint64) uintptr {
	t := &d.tables[tableOf(id)]
	return addressOf(&t.entries[t.home(uint32(fingerprintOf(id)>>32))])
}

func (d *eventIDs) footprint() uint64 {
	sum := sizeOf(d.tables) + sizeOf(d.expiring)
	for i := range d.tables {
		if d.tables[i].homes > 0 {
			sum += sizeOf(d.tables[i].entries)
		}
	}
	return sum
}
