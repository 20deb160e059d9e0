package state

import "encoding/binary"

// bucket is a cache line with places for twelve entries of 40 bits: the number of a slot plus one in the lower bits, a tag above it. An entry whose
// lower 32 bits are 0 is an empty place.
//
// An entry that found its bucket, its home, full is displaced into another one. The home counts them, so that a search knows whether to go on.
type bucket struct {
	low  [bucketPlaces]uint32
	high [16]uint8 // the entries' upper bytes, searched eight at a time; in displacedPlace the number of entries displaced from here
}

const (
	bucketPlaces   = 12
	entryBits      = 40
	displacedPlace = bucketPlaces
	maxDisplaced   = 255 // a count that has come to this stays there, since it may be larger: searches always go on then
)

func (b *bucket) at(place int) uint64 { return uint64(b.high[place])<<32 | uint64(b.low[place]) }

func (b *bucket) set(place int, entry uint64) {
	b.low[place], b.high[place] = uint32(entry), uint8(entry>>32)
}

// add puts an entry into an empty place. It reports whether there was one.
func (b *bucket) add(entry uint64) bool {
	for place := range b.low {
		if b.low[place] == 0 {
			b.set(place, entry)
			return true
		}
	}
	return false
}

const (
	ones = 0x0101_0101_0101_0101 // a 1 in each of eight bytes
	tops = 0x80 * ones           // the top bit of each
)

// candidates has a bit for each place whose upper byte is this one, and now and then for another. It is the usual search for a zero byte in eight.
func (b *bucket) candidates(high uint8) uint64 {
	first := binary.LittleEndian.Uint64(b.high[:8]) ^ ones*uint64(high)
	last := binary.LittleEndian.Uint64(b.high[8:]) ^ ones*uint64(high)
	return gatherTopBits((first-ones)&^first&tops) | gatherTopBits((last-ones)&^last&tops)<<8&(1<<bucketPlaces-1)
}

// gatherTopBits makes one byte of the top bits of eight bytes.
func gatherTopBits(tops uint64) uint64 { return tops >> 7 * 0x0102_0408_1020_4080 >> 56 }

// match reports whether the entry in a place has the wanted tag, and returns its number. numbers masks the number in an entry.
func (b *bucket) match(place int, want uint64, numbers uint32) (number uint32, fits bool) {
	low := b.low[place]
	number = low & numbers
	return number, low&^numbers == uint32(want) && b.high[place] == uint8(want>>32) && number != 0
}

// addDisplaced and removeDisplaced count the entries whose home this is and that lie elsewhere.
func (b *bucket) addDisplaced() {
	if b.high[displacedPlace] < maxDisplaced {
		b.high[displacedPlace]++
	}
}

func (b *bucket) removeDisplaced() {
	if b.high[displacedPlace] < maxDisplaced {
		b.high[displacedPlace]--
	}
}
