package scorer

import (
	"encoding/binary"
	"math/bits"
)

// tip is what is to stand at the end of a track, from the beginning of some byte on, the lowest bit first. It is no longer than two words,
// so that an event is added to a track in registers; what would be longer goes the way over unpacked cells.
type tip struct {
	low, high uint64
	n         int // bits; above mostTip they are not all there
}

const (
	mostTip = 127 // the last one is for what ends a track
	endless = 1 << 10
)

// tipOf begins with those of the lowest so many bits of a track that share a byte with what is put next.
func tipOf(track []byte, bit int) (t tip) {
	if t.n = bit % 8; t.n > 0 {
		t.low = uint64(track[bit/8]) & (1<<t.n - 1)
	}
	return t
}

// put adds up to 64 bits.
func (t tip) put(v uint64, n int) tip {
	if t.n < 64 {
		return tip{t.low | v<<t.n, t.high | v>>(64-t.n), t.n + n}
	}
	return tip{t.low, t.high | v<<(t.n-64), t.n + n}
}

// number adds v by an order.
func (t tip) number(v uint64, order, most int) tip {
	code, n := numberCode(v, order, most)
	return t.put(code, n)
}

// value adds a sum by its kind. A session's span never comes here: sessions go the way over unpacked cells.
func (t tip) value(kind sumKind, v int64) tip {
	switch kind {
	case signedSum:
		return t.sum(uint64(v)<<1^uint64(v>>63), orders[kind])
	case plainSum:
		return t.sum(uint64(v), orders[kind])
	}
	return t
}

func (t tip) sum(v uint64, order int) tip {
	code, n := sumCode(v, order)
	return t.put(code, n)
}

// count adds how many events a cell has, unless it is one.
func (t tip) count(n uint32) tip {
	if n == 1 {
		return t
	}
	return t.number(uint64(n-2), countOrder, mostZeros)
}

// shape adds a record's shape, and its number if it has one.
func (t tip) shape(lanes int, s Shape, number uint64) tip {
	if number == 0 {
		t = t.put(s.Many, lanes).put(s.Lanes, lanes)
	}
	return t.number(number, shapeOrder, mostZeros)
}

// gap adds how far a record is from the one before it, at least one grain, and that one's shift if it is another.
func (t tip) gap(grains uint32, shift, before int8) tip {
	t = t.number(uint64(grains), gapOrder, gapZeros)
	if shift != before {
		t = t.put(uint64(uint8(before)), shiftBits).put(1, 1).number(0, gapOrder, gapZeros)
	}
	return t
}

// copy adds a track's bits from one place to another.
func (t tip) copy(track []byte, from, to int) tip {
	if n := to - from; n <= sure {
		return t.put(window(track, to)>>(64-n), n)
	}
	return tip{n: endless}
}

// lay ends a track with the tip, from a byte on. need is how many bytes of capacity it lacks; with any, nothing has been changed. fits is
// false for a tip that is too long.
func (t tip) lay(track []byte, from int) (_ []byte, need int, fits bool) {
	if t.n > mostTip {
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

// numberCode is how v is written by an order, and in how many bits: endless for a number that has no code.
func numberCode(v uint64, order, most int) (code uint64, n int) {
	if v >= 1<<(order+most+1)-1<<order {
		return 0, endless
	}
	v += 1 << order
	return v, 2*bits.Len64(v) - 1 - order
}

// sumCode is how a number is written that often is 0.
func sumCode(v uint64, order int) (code uint64, n int) {
	switch {
	case v == 0:
		return 1, zeroZeros + 1
	case v >= 1<<(order+mostZeros+1)-1<<order:
		return 0, endless
	}
	v += 1 << order
	if n = 2*bits.Len64(v) - 1 - order; n > order+2*zeroZeros {
		n++
	}
	return v, n
}
