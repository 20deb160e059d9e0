package state

import "unsafe"

// slotIndex finds a user's slot by the hash of the id. The hash's top byte chooses a table, the next 32 bits are the key there,
// and beside the key stands the slot's number plus one: a wrong slot is looked at once in 2^40 users.
type slotIndex struct {
	tables [segments]table
	users  int
}

func newSlotIndex() slotIndex { return slotIndex{tables: newTables()} }

func (x *slotIndex) table(hash uint64) (t *table, key uint32) {
	return &x.tables[hash>>56], uint32(hash >> 24)
}

// home is where a search for the hash begins, for bringing it into the cache.
func (x *slotIndex) home(hash uint64) unsafe.Pointer {
	t, key := x.table(hash)
	return unsafe.Pointer(&t.entries[t.home(key)])
}

// probe returns the first slot that may be the one, without a look at it; find says which one it is.
func (x *slotIndex) probe(hash uint64) (slot uint32, found bool) {
	t, key := x.table(hash)
	e := t.entries[t.seek(key)]
	return uint32(e) - 1, e != 0 && uint32(e>>32) == key
}

// find returns the slot with this hash that same accepts.
func (x *slotIndex) find(hash uint64, same func(slot uint32) bool) (slot uint32, found bool) {
	t, key := x.table(hash)
	for i := t.seek(key); ; i++ {
		e := t.entries[i]
		if e == 0 || uint32(e>>32) != key {
			return 0, false
		}
		if same(uint32(e) - 1) {
			return uint32(e) - 1, true
		}
	}
}

// put adds a slot that find did not find, below the largest uint32.
func (x *slotIndex) put(hash uint64, slot uint32) {
	t, key := x.table(hash)
	t.insert(uint64(key)<<32|uint64(slot+1), uint32(hash>>56)%8)
	x.users++
}

// remove takes a slot out. It reports whether it was there.
func (x *slotIndex) remove(hash uint64, slot uint32) bool {
	t, key := x.table(hash)
	for i := t.seek(key); ; i++ {
		e := t.entries[i]
		if e == 0 || uint32(e>>32) != key {
			return false
		}
		if uint32(e) == slot+1 {
			t.remove(i)
			x.users--
			return true
		}
	}
}
