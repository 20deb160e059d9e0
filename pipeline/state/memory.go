package state

// memory gives out pieces of 2 MiB. Once there are many, they are cut from chunks for which the system is asked to use huge pages:
// at ten million users a look-up meets a miss of the address translation at every step, and a quarter of its time is that.
type memory struct {
	chunk []byte // what is left of the last one
	given int    // pieces
}

const (
	pieceBytes = 2 << 20
	mostPieces = 16 // in a chunk: 32 MiB, of which at most one huge page is lost at the edges
)

func (m *memory) take() []byte {
	if len(m.chunk) == 0 {
		pieces := min(max(1, m.given/4), mostPieces)
		m.chunk = make([]byte, pieces*pieceBytes)
		if pieces > 1 {
			adviseHugePages(m.chunk)
		}
	}
	piece := m.chunk[:pieceBytes:pieceBytes]
	m.chunk = m.chunk[pieceBytes:]
	m.given++
	return piece
}
