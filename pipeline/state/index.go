package state

// index finds a user's slot by the hash of the id. It is an open table with linear probing; an entry holds the upper half of the
// hash and the slot's number plus one, so that most probes end without touching a slot.
type index struct {
	table []uint64
	used  int
}

const firstTable = 1 << 10

func newIndex() index { return index{table: make([]uint64, firstTable)} }

// find returns the slot with this hash that same accepts.
func (x *index) find(hash uint64, same func(slot uint32) bool) (slot uint32, found bool) {
	mask := uint64(len(x.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		entry := x.table[i]
		if entry == 0 {
			return 0, false
		}
		if entry>>32 == hash>>32 && same(uint32(entry)-1) {
			return uint32(entry) - 1, true
		}
	}
}

// put adds a slot that find did not find. hashOf tells the hashes of the slots already there when the table must grow.
func (x *index) put(hash uint64, slot uint32, hashOf func(slot uint32) uint64) {
	if 4*(x.used+1) > 3*len(x.table) {
		x.grow(hashOf)
	}
	x.used++
	x.set(hash, slot)
}

func (x *index) set(hash uint64, slot uint32) {
	mask := uint64(len(x.table) - 1)
	i := hash & mask
	for x.table[i] != 0 {
		i = (i + 1) & mask
	}
	x.table[i] = hash>>32<<32 | uint64(slot+1)
}

func (x *index) grow(hashOf func(slot uint32) uint64) {
	old := x.table
	x.table = make([]uint64, 2*len(old))
	for _, entry := range old {
		if entry != 0 {
			slot := uint32(entry) - 1
			x.set(hashOf(slot), slot)
		}
	}
}
