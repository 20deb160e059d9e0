package scorer

import "encoding/binary"

// packer writes records from the lowest bit up: each part before what is read before it.
type packer struct {
	track   []byte
	book    *book
	pending uint64 // bits that are not in the track yet
	n       int    // how many
}

// put writes up to 64 bits.
func (w *packer) put(v uint64, n int) {
	w.pending |= v << (w.n & 63)
	if w.n += n; w.n >= 64 {
		w.track = binary.LittleEndian.AppendUint64(w.track, w.pending)
		w.n -= 64
		w.pending = v >> ((n - w.n) & 127)
	}
}

// number writes v by an order.
func (w *packer) number(v uint64, order, most int) {
	code, n := numberCode(v, order, most)
	if n == endless {
		w.raw(v, most+1)
		return
	}
	w.put(code, n)
}

// raw writes a number that has no code.
func (w *packer) raw(v uint64, zeros int) {
	w.put(v, 64)
	w.put(1, zeros+1)
}

// sum writes a number that often is 0.
func (w *packer) sum(v uint64, order int) {
	code, n := sumCode(v, order)
	if n == endless {
		w.raw(v, mostZeros+2)
		return
	}
	w.put(code, n)
}

// gap writes how far a record is from the one before it, and that one's shift if it is another.
func (w *packer) gap(grains uint32, shift, before int8) {
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

// records writes cells of any records, and returns what the last one's grain and shift are. If it is the track's last it is open: it may
// still change.
func (w *packer) records(r *Rules, cells []Cell, open bool) (grain uint32, shift int8) {
	for i := 0; i < len(cells); {
		n, c := sameRecord(cells[i:]), &cells[i]
		if i > 0 {
			w.gap(c.Grain-grain, c.shift, shift)
		}
		grain, shift = c.Grain, c.shift
		shape := w.cells(r, cells[i:i+n])
		if i += n; i < len(cells) || !open {
			w.book.meet(shape)
		}
		w.shape(r, shape)
	}
	return grain, shift
}

// cells writes what the cells of a record have beside its shape.
func (w *packer) cells(r *Rules, cells []Cell) (shape Shape) {
	for i := range cells {
		shape.add(&cells[i])
		w.value(r.kindOfSum(cells[i].lane), cells[i].Sum)
	}
	for i := range cells {
		w.count(cells[i].count)
	}
	return shape
}

func (s *Shape) add(c *Cell) {
	s.Lanes |= 1 << c.lane
	if c.count > 1 {
		s.Many |= 1 << c.lane
	}
}

// count writes how many events a cell has, unless it is one.
func (w *packer) count(n uint32) {
	if n > 1 {
		w.number(uint64(n-2), countOrder, mostZeros)
	}
}

func (w *packer) shape(r *Rules, s Shape) {
	n := w.book.find(s)
	if n == 0 {
		w.put(s.Many, len(r.lanes))
		w.put(s.Lanes, len(r.lanes))
	}
	w.number(n, shapeOrder, mostZeros)
}

func (w *packer) value(kind sumKind, v int64) {
	switch kind {
	case signedSum:
		w.sum(uint64(v)<<1^uint64(v>>63), orders[kind])
	case plainSum:
		w.sum(uint64(v), orders[kind])
	case spanSum:
		w.sum(uint64(v)&(1<<spanBits-1), lengthOrder)
		w.sum(uint64(v)>>spanBits, orders[kind])
	}
}

// copy writes a track's bits from one place to another.
func (w *packer) copy(track []byte, from, to int) {
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
func (w *packer) sealed() []byte {
	w.track = binary.LittleEndian.AppendUint64(w.track, w.pending|1<<w.n)
	return w.track[:len(w.track)-8+w.n/8+1]
}
