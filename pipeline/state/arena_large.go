package state

// A large block is a slice of its own; its number is free again when it goes.

func (b *blocks) takeLarge(length int) ref {
	bytes := make([]byte, 0, length+length/8)
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
	bytes := b.larges[r.place]
	if 2*len(bytes) > cap(bytes) {
		return
	}
	taken := b.take(len(bytes), growing)
	b.setLength(&taken, copy(b.get(taken)[:len(bytes)], bytes))
	b.give(*r)
	*r = taken
}
