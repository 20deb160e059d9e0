package state

// pageAllocator gives out pieces of 2 MiB, for slots and for pages of blocks. Once there are many, they are cut from larger chunks, for which the
// system is asked to use huge pages: among ten million users every step of a look-up misses the cache of the address translation, which is a
// quarter of its time.
type pageAllocator struct {
	chunk     []byte // what is left of the last chunk
	pieces    int    // given out so far
	hugePages bool   // the last chunk was to have them
}

const (
	pieceBytes     = 2 << 20
	maxChunkPieces = 8 // pieces of the largest chunk, 16 MiB: at most one huge page of it is lost at the edges, and 8 MiB wait unused on average
	chunkOneIn     = 8 // a chunk is at most one part in so many of all that was given out
)

// allocate returns a piece that is all zero. Of a chunk with huge pages it has the system provide the piece's memory at once, by a call that the
// garbage collector need not wait for. If the memory came with the first access instead, the collector could not stop the partition meanwhile: a huge
// page takes 0.2 ms, and 8 ms where the machine is a virtual one that has never used that memory before.
func (a *pageAllocator) allocate() []byte {
	if len(a.chunk) == 0 {
		pieces := min(max(1, a.pieces/chunkOneIn), maxChunkPieces)
		a.chunk = make([]byte, pieces*pieceBytes)
		if a.hugePages = pieces > 1; a.hugePages {
			adviseHugePages(a.chunk)
		}
	}
	piece := a.chunk[:pieceBytes:pieceBytes]
	if a.hugePages {
		populate(piece)
	}
	a.chunk = a.chunk[pieceBytes:]
	a.pieces++
	return piece
}
