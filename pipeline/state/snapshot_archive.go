package state

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// archive writes values, or reads them back in the same order by the same code, and keeps a checksum. After the first error it does nothing more.
type archive struct {
	out *bufio.Writer // nil while reading
	in  *bufio.Reader // nil while writing
	sum *xxhash.Digest
	err error // the first one
	buf [8]byte
}

const archiveBuffer = 1 << 16

func newArchiveWriter(w io.Writer) *archive {
	return &archive{out: bufio.NewWriterSize(w, archiveBuffer), sum: xxhash.New()}
}

func newArchiveReader(r io.Reader) *archive {
	return &archive{in: bufio.NewReaderSize(r, archiveBuffer), sum: xxhash.New()}
}

// raw writes bytes, or reads as many into b.
func (a *archive) raw(b []byte) {
	if a.err != nil {
		return
	}
	if a.in != nil {
		_, a.err = io.ReadFull(a.in, b)
		if errors.Is(a.err, io.EOF) {
			a.err = io.ErrUnexpectedEOF
		}
	} else {
		_, a.err = a.out.Write(b)
	}
	_, _ = a.sum.Write(b)
}

// word writes a number of eight bytes, or reads one, and returns it.
func (a *archive) word(v uint64) uint64 {
	binary.LittleEndian.PutUint64(a.buf[:], v)
	a.raw(a.buf[:])
	return binary.LittleEndian.Uint64(a.buf[:])
}

func (a *archive) flag(v *bool) {
	word := uint64(0)
	if *v {
		word = 1
	}
	*v = a.word(word) != 0
}

// fault notes that what was read cannot be right.
func (a *archive) fault(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

// number writes or reads a number, in eight bytes whatever its type.
func number[T ~int | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](a *archive, v *T) {
	*v = T(a.word(uint64(*v)))
}

// rawValues writes or reads values without pointers as they lie in memory, which Snapshot and Restore have made sure is little-endian.
func rawValues[T any](a *archive, values []T) {
	if len(values) > 0 {
		a.raw(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0]))))
	}
}

// slice writes or reads the number of some values without pointers, and the values. While reading it asks for memory bit by bit, so that a number
// that is wrong does not make it ask for more than there are bytes to be read.
func slice[T any](a *archive, values *[]T) {
	n := len(*values)
	if number(a, &n); a.in == nil {
		rawValues(a, *values)
		return
	}
	if n < 0 {
		a.fault("a list of %d values", n)
	}
	*values = (*values)[:0]
	for a.err == nil && len(*values) < n {
		from := len(*values)
		*values = append(*values, make([]T, min(n-from, archiveBuffer))...)
		rawValues(a, (*values)[from:])
	}
}

// mapEntries writes or reads a map in the order of its keys. value writes the value it is given, or makes one of the zero value and fills it.
func mapEntries[K cmp.Ordered, V any](a *archive, all map[K]V, value func(V) V) {
	keys := slices.Sorted(maps.Keys(all))
	slice(a, &keys)
	for _, k := range keys {
		if a.err == nil {
			all[k] = value(all[k])
		}
	}
}

// seal ends the archive with the checksum of all before it, and makes sure while reading that nothing follows.
func (a *archive) seal() {
	sum := a.sum.Sum64()
	if a.word(sum) != sum {
		a.fault("it is damaged: its checksum does not fit")
	}
	if a.err != nil {
		return
	}
	if a.out != nil {
		a.err = a.out.Flush()
	} else if _, err := a.in.ReadByte(); !errors.Is(err, io.EOF) {
		a.fault("it goes on behind its end")
	}
}
