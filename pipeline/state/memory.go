package state

// memory gives out pieces of 2 MiB. Once there are many, they are cut from chunks for which the system is asked to use huge pages:
// at ten million users a look-up meets a miss of the address translation at every step, and a quarter of its time is that.
type memory struct {
	chunk []byte // what is left of the last one
	given int    // pieces
	huge  bool
}

const (
	pieceBytes = 2 << 20
	mostPieces = 8 // in a chunk: 16 MiB, of which at most one huge page is lost at the edges, and 8 MiB wait unused on average
	chunkShare = 8 // a chunk is at most such a share of what there is
)

// take fetches a piece's memory from the system at once, in a call that the garbage collector need not wait for. If it came with the
// first touch instead, the collector could not stop the partition meanwhile: a huge page takes 0.2 ms, and where the machine is a
// virtual one that has never used that memory before, 8 ms.
func (m *memory) take() []byte {
	if len(m.chunk) == 0 {
		pieces := min(max(1, m.given/chunkShare), mostPieces)
		m.chunk = make([]byte, pieces*pieceBytes)
		if m.huge = pieces > 1; m.huge {
			adviseHugePages(m.chunk)
		}
	}
	piece := m.chunk[:pieceBytes:pieceBytes]
	if m.huge {
		fetch(piece)
	}
	m.chunk = m.chunk[pieceBytes:]
	m.given++
	return piece
}
