package state

import "encoding/binary"

// A block ends with its tail: the owner's id, and behind it the id's length, which is read first, from the end. The last byte is the length,
// or says that it stands in the four bytes before. So the id lies next to the track's end, and an event, which compares the one and
// changes the other, mostly waits for one line of memory, not for two.

const (
	shortLength = 1
	longLength  = 5
	longID      = 1<<8 - 1 // the shortest id whose length takes longLength bytes; and the last of these
)

// tailRoom is how many bytes an id takes as a tail.
func tailRoom(id []byte) int {
	if len(id) < longID {
		return len(id) + shortLength
	}
	return len(id) + longLength
}

// putTail ends a block with an id. There must be room for it.
func putTail(block, id []byte) {
	last := len(block) - 1
	if block[last] = byte(min(len(id), longID)); len(id) >= longID {
		binary.LittleEndian.PutUint32(block[len(block)-longLength:], uint32(len(id)))
	}
	copy(block[len(block)-tailRoom(id):], id)
}

// idIn is where a block has its id, before its beginning if the block is too short for what it says.
func idIn(block []byte) (from, to int) {
	to = len(block) - shortLength
	n := int(block[to])
	if n == longID {
		return longIDIn(block)
	}
	return to - n, to
}

func longIDIn(block []byte) (from, to int) {
	if to = len(block) - longLength; to < 0 {
		return to, to
	}
	return to - int(binary.LittleEndian.Uint32(block[to:])), to
}

// idOf returns the id that a block ends with.
func idOf(block []byte) []byte {
	from, to := idIn(block)
	return block[from:to:to]
}

// tailFits reports whether a block's tail leaves so many bytes to what is before it.
func tailFits(block []byte, length int) bool {
	if len(block) == 0 {
		return false
	}
	from, _ := idIn(block)
	return from >= length
}
