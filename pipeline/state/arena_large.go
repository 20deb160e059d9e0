package state

// A large block is a slice of its own, as long as there is room; its number is free again when it goes.

func (b *blocks) takeLarge(length int) ref {
	bytes := make([]byte, length+length/8)
	if last := len(b.spares) - 1; last >= 0 {
		number := b.spares[last]
		b.spares = b.spares[:last]
		b.larges[number] = bytes
		return ref{place: number, size: large}
	}
	b.larges = append(b.larges, bytes)
	return ref{place: uint32(len(b.larges) - 1), size: large}
}

// trimLarge moves a block that has shrunk by half.
func (b *blocks) trimLarge(r *ref) {
	if length := b.inUse(*r); 2*length <= len(b.larges[r.place]) {
		b.move(r, b.take(length, growing))
	}
}
