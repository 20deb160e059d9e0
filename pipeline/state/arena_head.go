package state

import "encoding/binary"

// A user's block begins with the id, its length before it; the track follows.

// headRoom is how many bytes an id takes.
func headRoom(id []byte) int { return len(id) + binary.MaxVarintLen16 }

func appendHead(block, id []byte) []byte {
	return append(binary.AppendUvarint(block, uint64(len(id))), id...)
}

// split returns the two parts of a user's block; the track has the block's capacity.
func split(block []byte) (id, track []byte) {
	length, n := binary.Uvarint(block)
	end := n + int(length)
	return block[n:end:end], block[end:]
}

// headLength is how many bytes stand before the track.
func headLength(id []byte) int {
	if len(id) < 1<<7 {
		return 1 + len(id)
	}
	return 2 + len(id)
}
