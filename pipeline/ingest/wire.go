package ingest

import "encoding/binary"

// wire reads big-endian values. Past the end it gives zeros and notes that the message was short.
type wire struct {
	rest  []byte
	short bool
}

func (w *wire) take(n int) []byte {
	if n < 0 || n > len(w.rest) {
		w.short, w.rest = true, nil
		return nil
	}
	taken := w.rest[:n:n]
	w.rest = w.rest[n:]
	return taken
}

func (w *wire) int16() int16 {
	if b := w.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (w *wire) int32() int32 {
	if b := w.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (w *wire) int64() int64 {
	if b := w.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// What follows is the encoding of the newer, "flexible" versions: lengths are unsigned varints of the length plus one, 0 for null, and every
// structure ends in tagged fields.

func (w *wire) uvarint() uint64 {
	u, n := binary.Uvarint(w.rest)
	if n <= 0 {
		w.short, w.rest = true, nil
		return 0
	}
	w.rest = w.rest[n:]
	return u
}

// length reads the length of a string or an array, 0 for null. Each element takes a byte at least, so that a length beyond the rest is a fault.
func (w *wire) length() int {
	u := w.uvarint()
	if u > uint64(len(w.rest))+1 {
		w.short, w.rest = true, nil
		return 0
	}
	return max(0, int(u)-1)
}

func (w *wire) compact() []byte { return w.take(w.length()) }

// tags passes over the tagged fields.
func (w *wire) tags() {
	for n := w.uvarint(); n > 0 && !w.short; n-- {
		w.uvarint()
		if size := w.uvarint(); size <= uint64(len(w.rest)) {
			w.take(int(size))
		} else {
			w.short, w.rest = true, nil
		}
	}
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
}

func appendLength(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)+1) }

func appendCompact(b []byte, text string) []byte { return append(appendLength(b, len(text)), text...) }

const noTags = 0
