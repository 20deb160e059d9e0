package state

// archive writes each table as it lies, what has expired included, so that the tables of the partition read back are swept and grow when the
// original's do, and the same ids are forgotten for lack of room. Where the settings have changed, what is still remembered is carried over.
func (d *eventIDs) archive(a *archive, watermark int64) {
	written := *d
	number(a, &d.forgotten)
	number(a, &written.span)
	number(a, &written.tickBits)
	tables := len(d.tables)
	number(a, &tables)
	if tables != 0 && tables != idTableCount || written.tickBits > 63 {
		a.fault("%d tables of event ids, with ticks of 2^%d ms", tables, written.tickBits)
		return
	}
	if a.in != nil && tables > 0 && d.span > 0 {
		d.makeTables()
	}
	var entries []uint64
	for i := 0; i < tables && a.err == nil; i++ {
		var t idTable
		if a.in == nil {
			t = d.tables[i]
		}
		if entries = t.archive(a, entries[:0]); t.base > written.tickOf(watermark) {
			a.fault("ids of events from behind the watermark")
		}
		switch {
		case a.in == nil || a.err != nil || d.span == 0:
		case written.tickBits == d.tickBits:
			d.adopt(i, t, entries, d.tickOf(watermark))
		default:
			d.translate(i, t, entries, &written, watermark)
		}
	}
}

// archive writes the table's entries, or reads them, and returns them in the order in which they lie.
func (t *idTable) archive(a *archive, entries []uint64) []uint64 {
	number(a, &t.base)
	number(a, &t.homes)
	for _, e := range t.entries {
		if e != 0 {
			entries = append(entries, e)
		}
	}
	slice(a, &entries)
	return entries
}

// adopt lays out a table as it was, or as large as it may be now. now is the tick of the watermark.
func (d *eventIDs) adopt(number int, read idTable, entries []uint64, now int64) {
	t := &d.tables[number]
	t.base, t.used, t.homes = read.base, uint32(len(entries)), read.homes
	d.count += uint64(t.used)
	if t.homes > homesFor(d.most) || maxLoadOf*t.used > maxLoad*t.homes {
		t.homes = homesFor(t.used)
	}
	if t.homes == 0 {
		return
	}
	t.entries = entries
	t.rebuild(t.homes, firstSpill)
	if t.used > d.most {
		d.sweep(t, now, 0, now)
		d.forgetOldest(t, now)
		t.rebuild(homesFor(d.most), firstSpill)
	}
}

// translate puts into a table what is remembered by entries that were written with ticks of another length.
func (d *eventIDs) translate(number int, read idTable, entries []uint64, written *eventIDs, watermark int64) {
	for _, e := range entries {
		if expiry := read.expiry(e); e != 0 && expiry >= written.tickOf(watermark) {
			last := (expiry+1)<<written.tickBits - 1 // the last millisecond in which it is remembered
			d.put(number, e&^tickMask, min(d.tickOf(last), d.tickOf(watermark)+furthestTick), d.tickOf(watermark))
		}
	}
}
