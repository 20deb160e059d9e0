package state

import "encoding/binary"

// bucket is a cache line of entries: 40 bits each, a tag above the slot's number plus one. An empty place is 0.
type bucket struct {
	low  [bucketPlaces]uint32
	high [16]uint8 // the entries' upper bytes, looked through eight at a time; in the place after them how many entries are away
}

const (
	bucketPlaces = 12
	entryBits    = 40
	away         = bucketPlaces // the place in high: entries whose home this is and that lie elsewhere
	mostAway     = 255          // from here on they are not counted any more, and looked for always
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
	ones = 0x0101_0101_0101_0101
	tops = 0x80 * ones
)

// likely is a bit for each place that may hold this upper byte; of the others hardly one in 256 has a bit.
func (b *bucket) likely(high uint8) uint64 {
	first := binary.LittleEndian.Uint64(b.high[:8]) ^ ones*uint64(high)
	last := binary.LittleEndian.Uint64(b.high[8:]) ^ ones*uint64(high)
	return gather((first-ones)&^first&tops) | gather((last-ones)&^last&tops)<<8&(1<<bucketPlaces-1)
}

// gather makes a byte of the top bits of eight.
func gather(tops uint64) uint64 { return tops >> 7 * 0x0102_0408_1020_4080 >> 56 }

// has reports whether the entry in a place is the wanted one but for the number, which it returns.
func (b *bucket) has(place int, want uint64, numbers uint32) (number uint32, fits bool) {
	low := b.low[place]
	number = low & numbers
	return number, low&^numbers == uint32(want) && b.high[place] == uint8(want>>32) && number != 0
}

// leave and comeBack count the entries that are away.
func (b *bucket) leave() {
	if b.high[away] < mostAway {
		b.high[away]++
	}
}

func (b *bucket) comeBack() {
	if b.high[away] < mostAway {
		b.high[away]--
	}
}
