package state

import (
	"iter"
	"math/bits"
	"slices"
)

// bucketTable is a hash table of slots by keys of 24 bits. The bucket that an entry should be in, its home, and the tag of the entry together are
// the whole key, so that the table grows without reading anybody's id. An entry whose home is full lies in one of the next buckets, and its tag
// says in which; if those are full too, it lies in overflow, with its key.
type bucketTable struct {
	buckets     []bucket // homes, and maxProbe-1 more for entries that the last homes have displaced
	homes       uint32
	used        uint32   // entries, those in overflow included
	droppedBits uint8    // bits that a tag does without: see split
	slotBits    uint8    // bits of an entry that hold the number; the others hold the tag
	overflow    []uint64 // the key in the upper half, the number in the lower one; in no order
}

const (
	keyBits   = 24
	maxProbe  = 8 // buckets in which an entry may lie: its home and those behind it
	probeBits = 3 // hold a number below maxProbe

	// A table is at most 8/10 full, so that few entries are displaced, and grows by 4/64 to 11/64: some 7 bytes an entry.
	maxFill     = 8
	maxFillOf   = 10
	minGrowth   = 4
	growthShare = 64
)

// split returns a key's home and what the home does not say of the key. The key times the number of homes has the home in its upper bits and a
// remainder in the lower 24. The products of two keys with the same home differ by at least the number of homes; so their remainders still
// differ when they do without as many of their lowest bits as a number of that size has behind its first one.
func (t *bucketTable) split(key uint32) (home uint32, remainder uint64) {
	product := uint64(key) * uint64(t.homes)
	return uint32(product >> keyBits), product & (1<<keyBits - 1) >> (t.droppedBits & 31)
}

// keyOf returns the key that split has taken apart: the only one whose product is not less than these bits say, and less than a key's step more.
func (t *bucketTable) keyOf(home uint32, remainder uint64) (key uint32) {
	least := uint64(home)<<keyBits | remainder<<t.droppedBits
	return uint32((least + uint64(t.homes) - 1) / uint64(t.homes))
}

// shape sets the number of homes and what follows from it. While the tables of an index grow alike, slotBits holds the numbers of all slots in
// them, and half as many again.
func (t *bucketTable) shape(homes uint32) {
	t.homes, t.droppedBits, t.slotBits = homes, droppedBits(homes), slotBits(homes)
}

func droppedBits(homes uint32) uint8 { return uint8(bits.Len32(homes|1)) - 1 }
func slotBits(homes uint32) uint8    { return min(32, entryBits-probeBits-keyBits+droppedBits(homes)) }

// encode makes an entry: in the tag how many buckets behind its home it lies, and the key's remainder; below it the number.
func (t *bucketTable) encode(remainder uint64, behind, number uint32) uint64 {
	return (uint64(behind)<<((keyBits-t.droppedBits)&31)|remainder)<<(t.slotBits&63) | uint64(number)
}

// decode returns the key and the number of an entry, by the bucket that it lies in.
func (t *bucketTable) decode(entry uint64, in int) (key, number uint32) {
	tag, remainderBits := entry>>t.slotBits, keyBits-t.droppedBits
	return t.keyOf(uint32(in)-uint32(tag>>remainderBits), tag&(1<<remainderBits-1)), uint32(entry) & t.numbers()
}

// numbers is a mask of the number in an entry.
func (t *bucketTable) numbers() uint32 { return uint32(1<<(t.slotBits&63) - 1) }

// insert adds a slot's number plus one. salt makes tables of the same size grow by different steps.
func (t *bucketTable) insert(key, number, salt uint32) {
	if uint64(t.used)*maxFillOf >= uint64(t.homes)*bucketPlaces*maxFill || bits.Len32(number) > int(t.slotBits) {
		t.grow(number, salt)
	}
	t.insertEntry(key, number)
	t.used++
}

// insertEntry puts an entry where there is room, as near behind its home as possible.
func (t *bucketTable) insertEntry(key, number uint32) {
	home, remainder := t.split(key)
	for behind := range uint32(maxProbe) {
		if t.buckets[home+behind].add(t.encode(remainder, behind, number)) {
			return
		}
		if behind == 0 {
			t.buckets[home].addDisplaced()
		}
	}
	t.overflow = append(t.overflow, uint64(key)<<32|uint64(number))
}

// grow makes room for one more, and for numbers as large as this one.
func (t *bucketTable) grow(number, salt uint32) {
	homes := t.homes
	for homes == t.homes || bits.Len32(number) > int(slotBits(homes)) {
		homes += 1 + homes*(minGrowth+(homes+salt)%8)/growthShare
	}
	old := *t
	t.buckets = slices.Grow([]bucket(nil), int(homes)+maxProbe-1)
	t.buckets = t.buckets[:cap(t.buckets)] // all that the memory allocator gave, which rounds up
	t.overflow = nil
	t.shape(uint32(len(t.buckets)) - maxProbe + 1)
	t.rehash(&old)
}

// rehash inserts the entries of the table as it was before: first all those that find room at home, so that few are displaced.
func (t *bucketTable) rehash(old *bucketTable) {
	for key, number := range old.entries() {
		if home, remainder := t.split(key); !t.buckets[home].add(t.encode(remainder, 0, number)) {
			t.overflow = append(t.overflow, uint64(key)<<32|uint64(number))
		}
	}
	displaced := t.overflow
	t.overflow = nil
	for _, e := range displaced {
		t.insertEntry(uint32(e>>32), uint32(e))
	}
}

// entries lists the keys with their slots' numbers plus one, in no order.
func (t *bucketTable) entries() iter.Seq2[uint32, uint32] {
	return func(yield func(key, number uint32) bool) {
		for in := range t.buckets {
			for place := range bucketPlaces {
				e := t.buckets[in].at(place)
				if e == 0 {
					continue
				}
				if key, number := t.decode(e, in); !yield(key, number) {
					return
				}
			}
		}
		for _, e := range t.overflow {
			if !yield(uint32(e>>32), uint32(e)) {
				return
			}
		}
	}
}

// find returns the first slot with the key that same accepts, and the place of its entry: in a bucket, or in overflow if the bucket is nil.
func (t *bucketTable) find(key uint32, same func(slot uint32) bool) (slot uint32, in *bucket, place int, found bool) {
	home, remainder := t.split(key)
	for behind := range uint32(maxProbe) {
		b, numbers := &t.buckets[home+behind], t.numbers()
		want := t.encode(remainder, behind, 0)
		for places := b.candidates(uint8(want >> 32)); places != 0; places &= places - 1 {
			place = bits.TrailingZeros64(places)
			if number, fits := b.match(place, want, numbers); fits && same(number-1) {
				return number - 1, b, place, true
			}
		}
		if t.buckets[home].high[displacedPlace] == 0 {
			return 0, nil, 0, false
		}
	}
	for place, e := range t.overflow {
		if slot = uint32(e) - 1; uint32(e>>32) == key && same(slot) {
			return slot, nil, place, true
		}
	}
	return 0, nil, 0, false
}

// probe returns the first slot with the key, without asking whether it is the right one. It is find without a call for each entry, for the usual case
// that the entry is at home.
func (t *bucketTable) probe(key uint32) (slot uint32, found bool) {
	home, remainder := t.split(key)
	b, want, numbers := &t.buckets[home], t.encode(remainder, 0, 0), t.numbers()
	for places := b.candidates(uint8(want >> 32)); places != 0; places &= places - 1 {
		if number, fits := b.match(bits.TrailingZeros64(places), want, numbers); fits {
			return number - 1, true
		}
	}
	if b.high[displacedPlace] == 0 {
		return 0, false
	}
	slot, _, _, found = t.find(key, func(uint32) bool { return true })
	return slot, found
}

// remove takes out a slot's entry. It reports whether it was there.
func (t *bucketTable) remove(key, slot uint32) bool {
	_, in, place, found := t.find(key, func(n uint32) bool { return n == slot })
	if !found {
		return false
	}
	home, _ := t.split(key)
	if in == nil {
		last := len(t.overflow) - 1
		t.overflow[place], t.overflow = t.overflow[last], t.overflow[:last]
	} else {
		in.set(place, 0)
	}
	if in != &t.buckets[home] {
		t.buckets[home].removeDisplaced()
	}
	t.used--
	return true
}
