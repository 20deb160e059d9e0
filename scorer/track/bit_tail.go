package track

import (
	"encoding/binary"
	"math/bits"
)

// bitTail is what is to stand at the end of a track, from the beginning of some byte on, the lowest bit first. It is no longer than two
// words, so that most events are added to a track in registers; what would be longer is rewritten through unpacked cells.
type bitTail struct {
	low, high uint64
	n         int // bits; above maxTailBits they are not all there
}

const maxTailBits = 127 // the last one is for what ends a track

// tailFrom begins with those of the lowest so many bits of a track that share a byte with what is put next.
func tailFrom(track []byte, bit int) (t bitTail) {
	if t.n = bit % 8; t.n > 0 {
		t.low = uint64(track[bit/8]) & (1<<t.n - 1)
	}
	return t
}

// put adds up to 64 bits.
func (t bitTail) put(v uint64, n int) bitTail {
	if t.n < 64 {
		return bitTail{t.low | v<<t.n, t.high | v>>(64-t.n), t.n + n}
	}
	return bitTail{t.low, t.high | v<<(t.n-64), t.n + n}
}

// number adds v by an order.
func (t bitTail) number(v uint64, order, most int) bitTail {
	code, n := numberCode(v, order, most)
	return t.put(code, n)
}

// sum adds a sum by its kind.
func (t bitTail) sum(kind SumKind, v int64) bitTail {
	switch kind {
	case SignedSum:
		return t.plainSum(zigzag(v), sumOrders[kind])
	case UnsignedSum:
		return t.plainSum(uint64(v), sumOrders[kind])
	case SpanSum:
		return t.plainSum(uint64(v)&(1<<spanBits-1), lengthOrder).plainSum(uint64(v)>>spanBits, sumOrders[kind])
	}
	return t
}

func (t bitTail) plainSum(v uint64, order int) bitTail {
	code, n := sumCode(v, order)
	return t.put(code, n)
}

// count adds how many events a cell has, unless it is one.
func (t bitTail) count(n uint32) bitTail {
	if n == 1 {
		return t
	}
	return t.number(uint64(n-2), countOrder, maxZeros)
}

// shape adds a record's shape, of so many lanes, and its number if it has one.
func (t bitTail) shape(lanes int, s Shape, number uint64) bitTail {
	if number == 0 {
		t = t.put(s.Many, lanes).put(s.Lanes, lanes)
	}
	return t.number(number, shapeOrder, maxZeros)
}

// gap adds how far a record is from the one before it, at least one grain, and that one's shift if it is another.
func (t bitTail) gap(grains uint32, shift, before int8) bitTail {
	t = t.number(uint64(grains), gapOrder, gapZeros)
	if shift != before {
		t = t.put(uint64(uint8(before)), shiftBits).put(1, 1).number(0, gapOrder, gapZeros)
	}
	return t
}

// copy adds a track's bits from one place to another.
func (t bitTail) copy(track []byte, from, to int) bitTail {
	if n := to - from; n <= sure {
		return t.put(windowAt(track, to)>>(64-n), n)
	}
	return bitTail{n: escaped}
}

// write ends a track with the tail, from a byte on. need is how many bytes of capacity it lacks; with any, nothing has been changed. fits is
// false for a tail that is too long.
func (t bitTail) write(track []byte, from int) (_ []byte, need int, fits bool) {
	if t.n > maxTailBits {
		return track, 0, false
	}
	t = t.put(1, 1)
	to := from + (t.n+7)/8
	switch need := to - cap(track); {
	case need > 0:
		return track, need, true
	case t.n <= 64 && from+8 <= cap(track):
		binary.LittleEndian.PutUint64(track[from:from+8], t.low)
	default:
		var end [16]byte
		binary.LittleEndian.PutUint64(end[:8], t.low)
		binary.LittleEndian.PutUint64(end[8:], t.high)
		copy(track[from:to], end[:])
	}
	return track[:to], 0, true
}

// incrementInPlace adds 1 to a number in a track that does not become longer by it.
func incrementInPlace(track []byte, bit int) {
	for i, carry := bit/8, uint(1)<<(bit%8); carry > 0; i++ {
		carry += uint(track[i])
		track[i] = byte(carry)
		carry >>= 8
	}
}

// staysAsLong reports whether the code of one more than a count is the code's number and 1, in as many bits: most are.
func staysAsLong(count uint32) bool {
	n := count - 1 // as it is written, 1 above
	return n < 1<<maxZeros && n&(n+1) != 0
}

// highestLane is the highest lane of a set that has any.
func highestLane(lanes uint64) uint8 { return uint8(bits.Len64(lanes) - 1) }
