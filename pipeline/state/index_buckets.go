package state

import (
	"iter"
	"math/bits"
	"slices"
)

// buckets are a table of slots by keys of 24 bits. A key's home is its share of the table, and what of the key the home does not
// tell is in the entry's tag, exactly: so the table grows without a look at anybody's id. An entry that finds its home full lies in
// one of the next buckets, and its tag says in which; if those are full too, it lies in rest, with its key.
type buckets struct {
	all      []bucket // the homes, and those past the last home
	homes    uint32
	used     uint32
	leftOut  uint8 // bits of the product that tell nothing more, see split
	slotBits uint8 // of an entry; the tag has the others
	rest     []uint64
}

const (
	keyBits     = 24
	reach       = 8 // buckets in which an entry may lie, its home the first of them
	reachBits   = 3
	fullest     = 8 // tables are at most 8/10 full, so that hardly anybody is away, and grow by an eighth, more or less: some 7 bytes an entry
	fullestOf   = 10
	growthOf    = 64
	leastGrowth = 4
)

// split is a key's home, and the rest of the key: of two keys with one home the products differ by at least homes, and so do their
// rests when as many bits are left out as homes has behind its first one.
func (t *buckets) split(key uint32) (home uint32, rest uint64) {
	product := uint64(key) * uint64(t.homes)
	return uint32(product >> keyBits), product & (1<<keyBits - 1) >> (t.leftOut & 31)
}

// join makes a key of what split made of it.
func (t *buckets) join(home uint32, rest uint64) (key uint32) {
	least := uint64(home)<<keyBits | rest<<t.leftOut
	return uint32((least + uint64(t.homes) - 1) / uint64(t.homes))
}

// shape sets the number of homes and what follows from it. Tables that grow alike leave room for the numbers of all their slots, and
// half as many again.
func (t *buckets) shape(homes uint32) {
	t.homes, t.leftOut, t.slotBits = homes, leftOut(homes), slotBits(homes)
}

func leftOut(homes uint32) uint8  { return uint8(bits.Len32(homes|1)) - 1 }
func slotBits(homes uint32) uint8 { return min(32, entryBits-reachBits-keyBits+leftOut(homes)) }

// entry is what stands for a slot so many buckets behind the home: how many, the rest of the key, the number.
func (t *buckets) entry(rest uint64, behind, number uint32) uint64 {
	return (uint64(behind)<<((keyBits-t.leftOut)&31)|rest)<<(t.slotBits&63) | uint64(number)
}

// parts takes an entry apart that lies in a bucket.
func (t *buckets) parts(entry uint64, in int) (key, number uint32) {
	tag, restBits := entry>>t.slotBits, keyBits-t.leftOut
	return t.join(uint32(in)-uint32(tag>>restBits), tag&(1<<restBits-1)), uint32(entry) & t.numbers()
}

// numbers masks the number in an entry.
func (t *buckets) numbers() uint32 { return uint32(1<<(t.slotBits&63) - 1) }

// put adds a slot's number plus one. salt makes tables of the same size grow by different steps.
func (t *buckets) put(key, number, salt uint32) {
	if uint64(t.used)*fullestOf >= uint64(t.homes)*bucketPlaces*fullest || bits.Len32(number) > int(t.slotBits) {
		t.grow(number, salt)
	}
	t.place(key, number)
	t.used++
}

func (t *buckets) place(key, number uint32) {
	home, rest := t.split(key)
	for behind := range uint32(reach) {
		if t.all[home+behind].add(t.entry(rest, behind, number)) {
			return
		}
		if behind == 0 {
			t.all[home].leave()
		}
	}
	t.rest = append(t.rest, uint64(key)<<32|uint64(number))
}

// grow makes room for one more, and for numbers as large as this one.
func (t *buckets) grow(number, salt uint32) {
	homes := t.homes
	for homes == t.homes || bits.Len32(number) > int(slotBits(homes)) {
		homes += 1 + homes*(leastGrowth+(homes+salt)%8)/growthOf
	}
	old := *t
	t.all = slices.Grow([]bucket(nil), int(homes)+reach-1)
	t.all = t.all[:cap(t.all)] // which the allocator has rounded up
	t.rest = nil
	t.shape(uint32(len(t.all)) - reach + 1)
	t.layOut(&old)
}

// layOut places first who finds room at home, so that few are away.
func (t *buckets) layOut(old *buckets) {
	for key, number := range old.entries() {
		if home, rest := t.split(key); !t.all[home].add(t.entry(rest, 0, number)) {
			t.rest = append(t.rest, uint64(key)<<32|uint64(number))
		}
	}
	homeless := t.rest
	t.rest = nil
	for _, e := range homeless {
		t.place(uint32(e>>32), uint32(e))
	}
}

// entries are the keys with their slots' numbers plus one.
func (t *buckets) entries() iter.Seq2[uint32, uint32] {
	return func(yield func(key, number uint32) bool) {
		for in := range t.all {
			for place := range bucketPlaces {
				e := t.all[in].at(place)
				if e == 0 {
					continue
				}
				if key, number := t.parts(e, in); !yield(key, number) {
					return
				}
			}
		}
		for _, e := range t.rest {
			if !yield(uint32(e>>32), uint32(e)) {
				return
			}
		}
	}
}

// seek returns the first slot with the key that same accepts, and where its entry is: in a bucket, or in rest if that is nil.
func (t *buckets) seek(key uint32, same func(slot uint32) bool) (slot uint32, in *bucket, place int, found bool) {
	home, rest := t.split(key)
	for behind := range uint32(reach) {
		b, numbers := &t.all[home+behind], t.numbers()
		want := t.entry(rest, behind, 0)
		for likely := b.likely(uint8(want >> 32)); likely != 0; likely &= likely - 1 {
			place = bits.TrailingZeros64(likely)
			if number, fits := b.has(place, want, numbers); fits && same(number-1) {
				return number - 1, b, place, true
			}
		}
		if t.all[home].high[away] == 0 {
			return 0, nil, 0, false
		}
	}
	for place, e := range t.rest {
		if slot = uint32(e) - 1; uint32(e>>32) == key && same(slot) {
			return slot, nil, place, true
		}
	}
	return 0, nil, 0, false
}

// probe returns the first slot with the key in its home, or elsewhere if there is none.
func (t *buckets) probe(key uint32) (slot uint32, found bool) {
	home, rest := t.split(key)
	b, want, numbers := &t.all[home], t.entry(rest, 0, 0), t.numbers()
	for likely := b.likely(uint8(want >> 32)); likely != 0; likely &= likely - 1 {
		if number, fits := b.has(bits.TrailingZeros64(likely), want, numbers); fits {
			return number - 1, true
		}
	}
	if b.high[away] == 0 {
		return 0, false
	}
	slot, _, _, found = t.seek(key, func(uint32) bool { return true })
	return slot, found
}

// remove takes out a slot. It reports whether it was there.
func (t *buckets) remove(key, slot uint32) bool {
	_, in, place, found := t.seek(key, func(n uint32) bool { return n == slot })
	if !found {
		return false
	}
	home, _ := t.split(key)
	if in == nil {
		last := len(t.rest) - 1
		t.rest[place], t.rest = t.rest[last], t.rest[:last]
	} else {
		in.set(place, 0)
	}
	if in != &t.all[home] {
		t.all[home].comeBack()
	}
	t.used--
	return true
}
