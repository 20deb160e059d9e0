package state

import (
	"testing"
	"unsafe"
)

// TestPiecesAreEmptyAndApart allocates pieces past the first chunks: each is empty, shared with no other, and of the full size.
func TestPiecesAreEmptyAndApart(t *testing.T) {
	var a pageAllocator
	seen := map[*byte]bool{}
	for n := range 3 * maxChunkPieces {
		piece := a.allocate()
		if len(piece) != pieceBytes || cap(piece) != pieceBytes || seen[unsafe.SliceData(piece)] {
			t.Fatalf("piece %d: %d bytes of %d, or given out before", n, len(piece), cap(piece))
		}
		seen[unsafe.SliceData(piece)] = true
		for i := 0; i < len(piece); i += 1 << 10 {
			if piece[i] != 0 {
				t.Fatalf("piece %d is not empty at %d", n, i)
			}
			piece[i] = byte(n + 1)
		}
	}
	if left := len(a.chunk); left >= maxChunkPieces*pieceBytes {
		t.Errorf("%d bytes of a chunk wait, from which a piece was cut", left)
	}
}
