package state

// slotIndex finds a user's slot by the hash of the id. The hash's top byte chooses a table, so that each grows by itself and none
// stalls the partition; the next 24 bits are the key there. Of ten million users one in 430 meets a wrong slot first.
type slotIndex struct {
	tables [segments]buckets
	users  int
}

// newSlotIndex has tables that share one empty array until they get an entry.
func newSlotIndex() (x slotIndex) {
	none := make([]bucket, reach)
	for i := range x.tables {
		x.tables[i].all = none
	}
	return x
}

func (x *slotIndex) table(hash uint64) (t *buckets, key uint32) {
	return &x.tables[hash>>56], uint32(hash>>(56-keyBits)) & (1<<keyBits - 1)
}

// home is where a search for the hash begins, and nearly always ends, for bringing it into the cache.
func (x *slotIndex) home(hash uint64) uintptr {
	t, key := x.table(hash)
	home, _ := t.split(key)
	return addressOf(&t.all[home])
}

// probe returns the first slot that may be the one, without a look at it; find says which one it is.
func (x *slotIndex) probe(hash uint64) (slot uint32, found bool) {
	t, key := x.table(hash)
	return t.probe(key)
}

// find returns the slot with this hash that same accepts.
func (x *slotIndex) find(hash uint64, same func(slot uint32) bool) (slot uint32, found bool) {
	t, key := x.table(hash)
	if slot, found = t.probe(key); found && !same(slot) {
		slot, _, _, found = t.seek(key, same)
	}
	return slot, found
}

// put adds a slot that find did not find, below the largest uint32.
func (x *slotIndex) put(hash uint64, slot uint32) {
	t, key := x.table(hash)
	t.put(key, slot+1, uint32(hash>>56))
	x.users++
}

// remove takes a slot out. It reports whether it was there.
func (x *slotIndex) remove(hash uint64, slot uint32) bool {
	t, key := x.table(hash)
	if !t.remove(key, slot) {
		return false
	}
	x.users--
	return true
}
