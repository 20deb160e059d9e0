package track

import (
	"encoding/binary"
	"math/bits"
)

// cursor reads numbers from a place in a track towards its beginning. What a window shows is used up before the next one is looked at,
// because that waits for memory. It has three words, so that it stays in registers.
type cursor struct {
	window uint64 // the next bits, the highest first
	shown  int    // how many of them are sure to be the track's
	at     int    // bits of the track that have not been read
}

// sure is how many bits a window shows at least.
const sure = 57

// look takes a new window.
func (c cursor) look(track []byte) cursor { return cursor{windowAt(track, c.at), sure, c.at} }

// peek makes sure that a whole code of an order is in the window, and returns how many zeros it begins with and how many bits it takes,
// if it is not escaped.
func (c cursor) peek(track []byte, order int) (zeros, n int, _ cursor) {
	zeros = bits.LeadingZeros64(c.window)
	if n = 2*zeros + order + 1; n > c.shown {
		c = c.look(track)
		zeros = bits.LeadingZeros64(c.window)
		n = 2*zeros + order + 1
	}
	return zeros, n, c
}

// skip passes over bits that the window shows.
func (c cursor) skip(n int) cursor { return cursor{c.window << (n & 63), c.shown - n, c.at - n} }

// value decodes a code that peek has found.
func (c cursor) value(zeros, n, order int) uint64 {
	return c.window<<(zeros&63)>>((zeros-n)&63) - 1<<order
}

// endOf is how many bits of a track are records.
func endOf(track []byte) int {
	if len(track) == 0 {
		return 0
	}
	return 8*len(track) - 9 + bits.Len8(track[len(track)-1])
}

// windowAt returns the bits below a place, the highest first; below the track lie zeros.
func windowAt(track []byte, at int) uint64 {
	end := (at + 7) >> 3
	if end < 8 {
		return windowAtStart(track[:end]) << (-at & 7)
	}
	return binary.LittleEndian.Uint64(track[end-8:end]) << (-at & 7)
}

func windowAtStart(track []byte) (w uint64) {
	for _, b := range track {
		w = w>>8 | uint64(b)<<56
	}
	return w
}

// numberAt reads a number below a place.
func numberAt(track []byte, at, order, most int) (v uint64, next int) {
	w := windowAt(track, at)
	zeros := bits.LeadingZeros64(w)
	if zeros > most {
		return rawAt(track, at-zeros-1)
	}
	n := zeros + order + 1
	return w<<(zeros&63)>>(-n&63) - 1<<order, at - zeros - n
}

// rawAt reads the 64 bits of an escaped number.
func rawAt(track []byte, at int) (v uint64, next int) {
	return windowAt(track, at)&^(1<<32-1) | windowAt(track, at-32)>>32, at - 64
}

// rawShapeAt reads a shape that has no number, of so many lanes.
func rawShapeAt(track []byte, at, lanes int) (s Shape, next int) {
	return Shape{laneSetAt(track, at, lanes), laneSetAt(track, at-lanes, lanes)}, at - 2*lanes
}

func laneSetAt(track []byte, at, n int) uint64 {
	if n <= 32 {
		return windowAt(track, at) >> ((64 - n) & 63)
	}
	high := windowAt(track, at) >> ((96 - n) & 63)
	return high<<32 | windowAt(track, at-n+32)>>32
}

// countAt reads the count below a place, of a lane that counts more than one.
func countAt(track []byte, at int) (n uint32, next int) {
	v, at := numberAt(track, at, countOrder, maxZeros)
	return uint32(v) + 2, at
}

// sumAt reads the sum below a place.
func sumAt(kind SumKind, track []byte, at int) (v int64, next int) {
	n, at := plainSumAt(track, at, sumOrders[kind])
	if kind == SpanSum {
		length, at := plainSumAt(track, at, lengthOrder)
		return int64(n<<spanBits | length), at
	}
	return unzigzag(n, kind), at
}

// unzigzag moves the sign of a sum, if its kind has one, from the lowest bit to where it belongs.
func unzigzag(n uint64, kind SumKind) int64 {
	return int64(n>>signBits[kind]) ^ -int64(n&uint64(signBits[kind]))
}

func plainSumAt(track []byte, at, order int) (v uint64, next int) {
	w := windowAt(track, at)
	zeros := bits.LeadingZeros64(w)
	n := zeros + order + 1
	switch {
	case zeros < zeroZeros:
	case zeros == zeroZeros:
		return 0, at - zeroZeros - 1
	case zeros > maxZeros+1:
		return rawAt(track, at-zeros-1)
	default:
		n--
	}
	return w<<(zeros&63)>>(-n&63) - 1<<order, at - zeros - n
}
