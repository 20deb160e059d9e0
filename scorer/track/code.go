package track

import "math/bits"

// A track is one record a grain and shift, oldest first, written from the lowest bit up, without regard for bytes. It is read from its end,
// the newest record first, because most events change that one, and because a border looks back only as far as its windows do. Above the
// newest record stands a single 1, which tells where in the last byte the records end.
//
// As it is read, from the highest bit down:
//
//	record = shape {count} {sum} [gap]
//	shape:   which lanes there are and which of them count more than one, by its number in the ShapeDictionary and shapeOrder; 0 is one
//	         that has no number (yet): a bit for each lane, twice
//	count:   of each lane that counts more than one, from the highest lane down, less two, by countOrder
//	sum:     of each lane that has one, from the highest lane down, by its kind's order
//	gap:     grains since the record before, by gapOrder; the oldest record has none. After 0 comes a flag: 0 says that the record
//	         before is of the same grain; 1 that it has another shift, which follows in eight bits, and the gap after it
//
// Counts and sums stand apart so that the reader need not ask of each lane which of them it has: a processor guesses such branches wrong.
//
// Numbers are written in exponential Golomb codes of an order k: those below 2^k take k+1 bits, those below 3*2^k two more, and so on.
// The code of v is v+2^k, with as many zeros before it as it has bits beyond k+1. A number that would need too many zeros is escaped: one
// zero more than any other number has, then a 1, and 64 bits.

const (
	shapeOrder  = 2
	countOrder  = 0
	gapOrder    = 3 // grains: hours between the visits of a daily user
	lengthOrder = 16

	maxZeros  = 12 // so that any code fits into what a window shows
	gapZeros  = 26 // the same for gaps, whose order is low: removing a record must not make the gap longer than the two it was
	zeroZeros = 5  // before a sum of nothing, which is common and whose code would be long; sums with so many zeros have one more
	shiftBits = 8
)

// sumOrders are the orders of the sums by kind: minor units and milliseconds.
var sumOrders = [SumKinds]int{SignedSum: 12, UnsignedSum: lengthOrder, SpanSum: 20}

// signBits says which sums have their sign in the lowest bit.
var signBits = [SumKinds]uint8{SignedSum: 1}

// escaped is the length that numberCode and sumCode return for a number that has no code: longer than any place has room for.
const escaped = 1 << 10

// numberCode is how v is written by an order, and in how many bits: escaped for a number that has no code.
func numberCode(v uint64, order, most int) (code uint64, n int) {
	if v >= 1<<(order+most+1)-1<<order {
		return 0, escaped
	}
	v += 1 << order
	return v, 2*bits.Len64(v) - 1 - order
}

// sumCode is how a number is written that often is 0, and in how many bits: escaped for a number that has no code.
func sumCode(v uint64, order int) (code uint64, n int) {
	switch {
	case v == 0:
		return 1, zeroZeros + 1
	case v >= 1<<(order+maxZeros+1)-1<<order:
		return 0, escaped
	}
	v += 1 << order
	if n = 2*bits.Len64(v) - 1 - order; n > order+2*zeroZeros {
		n++
	}
	return v, n
}

// zigzag puts a number's sign into its lowest bit.
func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }
