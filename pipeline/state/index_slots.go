package state

// slotIndex finds a user's slot by the hash of the id. The hash's top byte chooses a table, so that each grows by itself and none
// stalls the partition; the next 24 bits are the key in it. Users may share a key: among ten million, one look-up in 430 meets another one's slot
// first.
type slotIndex struct {
	tables [segments]bucketTable
	users  int // entries in all tables
}

// newSlotIndex returns an index whose tables share one empty array until they get an entry.
func newSlotIndex() (x slotIndex) {
	none := make([]bucket, maxProbe)
	for i := range x.tables {
		x.tables[i].buckets = none
	}
	return x
}

// table returns the table that a hash belongs to, and its key there.
func (x *slotIndex) table(hash uint64) (t *bucketTable, key uint32) {
	return &x.tables[hash>>56], uint32(hash>>(56-keyBits)) & (1<<keyBits - 1)
}

// homeAddress is the address of the bucket in which a search for the hash begins, and nearly always ends: for fetching it into the cache.
func (x *slotIndex) homeAddress(hash uint64) uintptr {
	t, key := x.table(hash)
	home, _ := t.split(key)
	return addressOf(&t.buckets[home])
}

// probe returns the first slot that may be the one. It does not look at the slot; find makes sure.
func (x *slotIndex) probe(hash uint64) (slot uint32, found bool) {
	t, key := x.table(hash)
	return t.probe(key)
}

// find returns the slot with this hash that same accepts.
func (x *slotIndex) find(hash uint64, same func(slot uint32) bool) (slot uint32, found bool) {
	t, key := x.table(hash)
	if slot, found = t.probe(key); found && !same(slot) {
		slot, _, _, found = t.find(key, same)
	}
	return slot, found
}

// insert adds a slot that is not in the index. Its number is below the largest uint32.
func (x *slotIndex) insert(hash uint64, slot uint32) {
	t, key := x.table(hash)
	t.insert(key, slot+1, uint32(hash>>56))
	x.users++
}

// remove takes a slot out. It reports whether it was there under this hash.
func (x *slotIndex) remove(hash uint64, slot uint32) bool {
	t, key := x.table(hash)
	if !t.remove(key, slot) {
		return false
	}
	x.users--
	return true
}
