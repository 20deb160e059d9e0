package track

import "encoding/binary"

// writer writes records from the lowest bit up: each part before what is read before it.
type writer struct {
	schema  *Schema
	shapes  *shapeDictionary
	track   []byte
	pending uint64 // bits that are not in the track yet
	n       int    // how many
}

// put writes up to 64 bits.
func (w *writer) put(v uint64, n int) {
	w.pending |= v << (w.n & 63)
	if w.n += n; w.n >= 64 {
		w.track = binary.LittleEndian.AppendUint64(w.track, w.pending)
		w.n -= 64
		w.pending = v >> ((n - w.n) & 127)
	}
}

// number writes v by an order.
func (w *writer) number(v uint64, order, most int) {
	code, n := numberCode(v, order, most)
	if n == escaped {
		w.escape(v, most+1)
		return
	}
	w.put(code, n)
}

// escape writes a number that has no code.
func (w *writer) escape(v uint64, zeros int) {
	w.put(v, 64)
	w.put(1, zeros+1)
}

// plainSum writes a number that often is 0.
func (w *writer) plainSum(v uint64, order int) {
	code, n := sumCode(v, order)
	if n == escaped {
		w.escape(v, maxZeros+2)
		return
	}
	w.put(code, n)
}

// gap writes how far a record is from the one before it, and that one's shift if it is another.
func (w *writer) gap(grains uint32, shift, before int8) {
	switch {
	case shift != before:
		w.number(uint64(grains), gapOrder, gapZeros)
		w.put(uint64(uint8(before)), shiftBits)
		w.put(1, 1)
		w.number(0, gapOrder, gapZeros)
	case grains == 0:
		w.put(0, 1)
		w.number(0, gapOrder, gapZeros)
	default:
		w.number(uint64(grains), gapOrder, gapZeros)
	}
}

// records writes cells of any records behind a record, unless they are the track's first. It returns the last one's head.
func (w *writer) records(cells []Cell, before Head, first bool) Head {
	for len(cells) > 0 {
		n, head := sameRecord(cells), Head{cells[0].Grain, cells[0].Shift}
		if !first {
			w.gap(head.Newest-before.Newest, head.Shift, before.Shift)
		}
		w.record(cells[:n])
		before, first, cells = head, false, cells[n:]
	}
	return before
}

// sameRecord is how many of the cells, from the first on, share a record.
func sameRecord(cells []Cell) int {
	n := 1
	for n < len(cells) && cells[n].Grain == cells[0].Grain && cells[n].Shift == cells[0].Shift && cells[n].Lane > cells[n-1].Lane {
		n++
	}
	return n
}

// shapeOf is the shape of a record of these cells.
func shapeOf(cells []Cell) (shape Shape) {
	for i := range cells {
		shape.add(&cells[i])
	}
	return shape
}

// record writes the cells of one record.
func (w *writer) record(cells []Cell) {
	for i := range cells {
		w.sum(w.schema.kind(cells[i].Lane), cells[i].Sum)
	}
	for i := range cells {
		if n := cells[i].Count; n > 1 {
			w.number(uint64(n-2), countOrder, maxZeros)
		}
	}
	shape := shapeOf(cells)
	number := w.shapes.number(shape)
	if number == 0 {
		w.put(shape.Many, len(w.schema.lanes))
		w.put(shape.Lanes, len(w.schema.lanes))
	}
	w.number(number, shapeOrder, maxZeros)
}

func (w *writer) sum(kind SumKind, v int64) {
	switch kind {
	case SignedSum:
		w.plainSum(zigzag(v), sumOrders[kind])
	case UnsignedSum:
		w.plainSum(uint64(v), sumOrders[kind])
	case SpanSum:
		w.plainSum(uint64(v)&(1<<spanBits-1), lengthOrder)
		w.plainSum(uint64(v)>>spanBits, sumOrders[kind])
	}
}

// copy writes a track's bits from one place to another.
func (w *writer) copy(track []byte, from, to int) {
	const most = 56
	for ; from < to; from += most {
		n, first := min(most, to-from), from/8
		bits := uint64(0)
		if first+8 <= len(track) {
			bits = binary.LittleEndian.Uint64(track[first:])
		} else {
			for i, b := range track[first:] {
				bits |= uint64(b) << (8 * i)
			}
		}
		w.put(bits>>(from%8)&(1<<n-1), n)
	}
}

// sealed returns what was written, with the 1 above the newest record.
func (w *writer) sealed() []byte {
	w.track = binary.LittleEndian.AppendUint64(w.track, w.pending|1<<w.n)
	return w.track[:len(w.track)-8+w.n/8+1]
}
