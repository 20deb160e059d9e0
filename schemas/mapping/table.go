package mapping

import (
	"encoding/binary"
	"math/bits"
)

// table finds a byte string among a few names: a hash table that compares the first eight bytes as one word, several times
// faster on short names than a map.
type table struct {
	entries []entry // a power of two, at most half full
	shift   uint
}

type entry struct {
	head  uint64
	name  string
	index int // of the name in the list the table was made from; -1: the entry is free
}

// newTable indexes the names; each must be there once.
func newTable(names []string) table {
	width := max(1, bits.Len(uint(2*len(names))))
	t := table{entries: make([]entry, 1<<width), shift: uint(64 - width)}
	for i := range t.entries {
		t.entries[i].index = -1
	}
	for i, name := range names {
		head := headOf([]byte(name))
		at := t.start(head, len(name))
		for t.entries[at].index >= 0 {
			at = (at + 1) & (len(t.entries) - 1)
		}
		t.entries[at] = entry{head, name, i}
	}
	return t
}

func (t *table) start(head uint64, length int) int {
	return int((head ^ uint64(length)<<57) * 0x9e3779b97f4a7c15 >> t.shift)
}

// find returns the index of the key, whose head is headOf it, or -1.
func (t *table) find(key []byte, head uint64) int {
	for at := t.start(head, len(key)); ; at++ {
		e := &t.entries[at&(len(t.entries)-1)]
		if e.index < 0 {
			return -1
		}
		if e.head == head && len(e.name) == len(key) && (len(key) <= 8 || e.name[8:] == string(key[8:])) {
			return e.index
		}
	}
}

// headOf returns the first eight bytes, zeros where there are fewer. Where the memory goes on behind a short key, it is read
// as one word and cut.
func headOf(b []byte) uint64 {
	switch {
	case len(b) >= 8:
		return binary.LittleEndian.Uint64(b)
	case cap(b) >= 8:
		return binary.LittleEndian.Uint64(b[:8]) & (1<<(8*len(b)) - 1)
	}
	var head uint64
	for i, c := range b {
		head |= uint64(c) << (8 * i)
	}
	return head
}
