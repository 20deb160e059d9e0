package state

import (
	"testing"
	"unsafe"
)

// TestMemoryIsDealtOut takes pieces past the first chunks: each is empty, its own, and of the full size.
func TestMemoryIsDealtOut(t *testing.T) {
	var m memory
	seen := map[*byte]bool{}
	for n := range 3 * mostPieces {
		piece := m.take()
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
	if spare := len(m.chunk); spare >= mostPieces*pieceBytes {
		t.Errorf("%d bytes wait", spare)
	}
}
