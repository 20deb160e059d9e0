package state

import "encoding/binary"

// A block ends with its tail: the owner's id and, behind it, the id's length, which is read first, from the end. The last byte is the length, or
// longID if that stands in the four bytes before it. So the id lies close to the data's end: an event compares the one and changes the other, and
// mostly waits for one cache line, not for two.

const (
	shortLength = 1        // bytes that the length of an id shorter than longID takes
	longLength  = 5        // bytes that the length of any other takes
	longID      = 1<<8 - 1 // the shortest id whose length takes longLength bytes; and what the last of these is
)

// tailBytes is how many bytes an id takes as a tail.
func tailBytes(id []byte) int {
	if len(id) < longID {
		return len(id) + shortLength
	}
	return len(id) + longLength
}

// writeTail ends a block's body with an id. There must be room for it.
func writeTail(body, id []byte) {
	last := len(body) - 1
	if body[last] = byte(min(len(id), longID)); len(id) >= longID {
		binary.LittleEndian.PutUint32(body[len(body)-longLength:], uint32(len(id)))
	}
	copy(body[len(body)-tailBytes(id):], id)
}

// idRange says where in a body the id is. from is negative if the body is too short for the length that it ends with.
func idRange(body []byte) (from, to int) {
	to = len(body) - shortLength
	n := int(body[to])
	if n == longID {
		return longIDRange(body)
	}
	return to - n, to
}

func longIDRange(body []byte) (from, to int) {
	if to = len(body) - longLength; to < 0 {
		return to, to
	}
	return to - int(binary.LittleEndian.Uint32(body[to:])), to
}

// idOf returns the id that a body ends with.
func idOf(body []byte) []byte {
	from, to := idRange(body)
	return body[from:to:to]
}

// tailFits reports whether a body has a tail that leaves so many bytes to the data.
func tailFits(body []byte, length int) bool {
	if len(body) == 0 {
		return false
	}
	from, _ := idRange(body)
	return from >= length
}
