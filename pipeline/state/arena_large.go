package state

// allocateLarge returns a block that is too large to share a page: a slice of its own, whose number is used again when it has been released.
func (b *blocks) allocateLarge(length int) ref {
	bytes := make([]byte, length+length/8)
	if last := len(b.freeLarges) - 1; last >= 0 {
		number := b.freeLarges[last]
		b.freeLarges = b.freeLarges[:last]
		b.larges[number] = bytes
		return ref{place: number, size: largeFlag}
	}
	b.larges = append(b.larges, bytes)
	return ref{place: uint32(len(b.larges) - 1), size: largeFlag}
}

// trimLarge moves a large block that is at most half full into a smaller one.
func (b *blocks) trimLarge(r *ref) {
	if length := b.usedBytes(*r); 2*length <= len(b.larges[r.place]) {
		b.move(r, b.allocate(length, pageForGrowing))
	}
}
