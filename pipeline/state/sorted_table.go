package state

// sortedTable is an open table of 8-byte entries in ascending order of their upper halves, the keys. A key's home is its share of the table,
// so that entries lie in order: a search ends at the first larger key, and growing is one pass from end to end that needs nothing but the
// entries. An entry is never 0. Make it with newTables.
type sortedTable struct {
	entries []uint64 // the homes, a spill for entries that are pushed past the last home, and a 0 that ends every search
	homes   uint32
	used    uint32 // entries that are not 0
}

const (
	segments   = 256 // tables by the hash's top byte: each grows by itself, so none stalls the partition
	firstSpill = 8
	maxLoadOf  = 20 // a table is at most 17/20 full and grows by a quarter: between 68 % and 85 %, 10.5 bytes an entry
	maxLoad    = 17
)

// newTables returns empty tables that share one empty array until they get an entry.
func newTables() (tables [segments]sortedTable) {
	none := make([]uint64, 1)
	for i := range tables {
		tables[i].entries = none
	}
	return tables
}

func (t *sortedTable) home(key uint32) uint32 { return uint32(uint64(key) * uint64(t.homes) >> 32) }

// seek returns the place of the first entry with this key, or of the end of the search if there is none.
func (t *sortedTable) seek(key uint32) uint32 {
	i := t.home(key)
	for e := t.entries[i]; e != 0 && uint32(e>>32) < key; e = t.entries[i] {
		i++
	}
	return i
}

// insert adds an entry. step, below 8, makes tables of the same size grow at different times.
func (t *sortedTable) insert(entry uint64, step uint32) {
	if t.full() {
		t.rebuild(t.grown(step), firstSpill)
	}
	t.put(entry)
}

// full reports whether one more entry would be one too many for so many homes.
func (t *sortedTable) full() bool { return maxLoadOf*(t.used+1) > maxLoad*t.homes }

// grown is how many homes the table has after it has grown.
func (t *sortedTable) grown(step uint32) uint32 { return t.homes + t.homes/4 + 8 + step }

// put adds an entry to a table that is not full.
func (t *sortedTable) put(entry uint64) {
	for !t.place(entry) {
		t.rebuild(t.homes, 2*(uint32(len(t.entries))-t.homes))
	}
	t.used++
}

// place pushes larger keys on until one falls into an empty place. It reports whether there was one.
func (t *sortedTable) place(entry uint64) bool {
	from := t.seek(uint32(entry >> 32))
	to := from
	for t.entries[to] != 0 {
		to++
	}
	if int(to) == len(t.entries)-1 {
		return false
	}
	copy(t.entries[from+1:to+1], t.entries[from:to])
	t.entries[from] = entry
	return true
}

// remove takes out the entry at a place and closes the gap.
func (t *sortedTable) remove(i uint32) {
	for {
		e := t.entries[i+1]
		if e == 0 || t.home(uint32(e>>32)) > i {
			break
		}
		t.entries[i] = e
		i++
	}
	t.entries[i] = 0
	t.used--
}

// rebuild lays the entries out over more homes, or with a longer spill.
func (t *sortedTable) rebuild(homes, spill uint32) {
	old := t.entries
	t.homes = homes
	for !t.layOut(old, spill) {
		spill *= 2
	}
}

func (t *sortedTable) layOut(old []uint64, spill uint32) bool {
	t.entries = make([]uint64, t.homes+spill)
	next := uint32(0)
	for _, e := range old {
		if e == 0 {
			continue
		}
		next = max(next, t.home(uint32(e>>32)))
		if int(next) >= len(t.entries)-1 {
			return false
		}
		t.entries[next] = e
		next++
	}
	return true
}
