package state

// blocks keep a run of bytes for every owner, in blocks of any size: a log-structured arena. A block that outgrows its place is
// laid anew at a front and leaves a hole; when holes make up too much of the pages, the emptiest pages are cleared, some blocks at
// a time (see compact). A block begins with its class alone: who owns it, its bytes can tell.
//
// Slices of blocks are void after anything that takes, moves or gives back a block.
type blocks struct {
	pages
	refOf   func(owner uint32) *ref // where an owner's ref is kept
	owners  func(of []owned)        // whose blocks these are, by what they hold; all have an owner
	found   [batch]owned            // reused by clear
	fronts  [2]front
	victim  victim
	dice    uint32 // which pages are looked at when a victim is chosen
	larges  [][]byte
	spares  []uint32 // numbers of large blocks that are free
	moved   uint64   // granules moved by growth
	cleared uint64   // granules moved by compaction
}

const (
	growing = 0 // the front of users who come again
	settled = 1 // the front of blocks that compaction moved: they are likely to stay, and their pages to stay full
)

// owned is a block met in its page, and whose it is.
type owned struct{ place, owner uint32 }

func newBlocks(refOf func(owner uint32) *ref, owners func(of []owned)) blocks {
	return blocks{refOf: refOf, owners: owners}
}

// content is what lies at a place, from its block's first byte on.
func (b *blocks) content(place uint32) []byte { return b.bytes(place)[headerBytes:] }

// get returns a block's bytes; its capacity ends with the block. It is nil without a block.
func (b *blocks) get(r ref) []byte {
	switch {
	case r.isLarge():
		return b.larges[r.place]
	case r.size == 0:
		return nil
	}
	bytes := b.bytes(r.place)
	return bytes[headerBytes : headerBytes+int(r.size&lengthMask) : granules(r.class())*granule]
}

// setLength says how many of a block's bytes are in use, at most its capacity.
func (b *blocks) setLength(r *ref, length int) {
	if r.isLarge() {
		b.larges[r.place] = b.larges[r.place][:length]
		return
	}
	r.size = r.size&^lengthMask | uint32(length)
}

// reserve gives the owner's block room for need more bytes.
func (b *blocks) reserve(owner uint32, need int) {
	r := b.refOf(owner)
	length := len(b.get(*r)) + need
	if length <= cap(b.get(*r)) || b.extend(r, length) {
		return
	}
	b.compact(compactPerByte * length / granule)
	bytes := b.get(*r)
	taken := b.take(length, growing)
	b.setLength(&taken, copy(b.get(taken)[:length], bytes))
	b.moved += uint64(len(bytes) / granule)
	b.give(*r)
	*r = taken
}

// extend makes a block larger in its place, if it is the last of the front that grows.
func (b *blocks) extend(r *ref, length int) bool {
	f := &b.fronts[growing]
	if r.size == 0 || r.isLarge() || length > maxShared || !f.open || r.place+granules(r.class()) != f.page<<pageBits+f.at {
		return false
	}
	class := classFor(min(ample(length), maxShared))
	more := granules(class) - granules(r.class())
	if r.place>>pageBits != f.page || f.at+more > pageGranules {
		return false
	}
	b.lay(f, more)
	b.resize(r, class)
	return true
}

func (b *blocks) resize(r *ref, class uint8) {
	b.bytes(r.place)[0] = class
	*r = newRef(r.place, class, int(r.size&lengthMask))
}

// take lays a block for so many bytes, and room to grow.
func (b *blocks) take(length, front int) ref {
	if length > maxShared {
		return b.takeLarge(length)
	}
	class := classFor(min(ample(length), maxShared))
	place, as, found := b.layInHole(class)
	if found {
		class = as
	} else {
		place = b.lay(&b.fronts[front], granules(class))
	}
	b.bytes(place)[0] = class
	return newRef(place, class, 0)
}

// give gives a block back.
func (b *blocks) give(r ref) {
	switch {
	case r.isLarge():
		b.larges[r.place] = nil
		b.spares = append(b.spares, r.place)
	case r.size != 0:
		b.dropBlock(r.place, granules(r.class()))
	}
}

func (b *blocks) dropBlock(place, n uint32) {
	if b.drop(place, n, &b.fronts) && place>>pageBits == b.victim.page {
		b.victim.chosen = false
	}
}

// keepShare is how much a block may have lost, one part in so many, and keep its room.
const keepShare = 8

// remove gives back the block of an owner who is no more.
func (b *blocks) remove(owner uint32) {
	r := b.refOf(owner)
	b.compact(compactPerByte * cap(b.get(*r)) / granule)
	b.give(*r)
	*r = ref{}
}

// trim gives back what the block has beyond its bytes and room to grow: its end, in place. A block that has lost little keeps its room,
// for whoever goes on as before needs it again.
func (b *blocks) trim(owner uint32) {
	r := b.refOf(owner)
	switch {
	case r.isLarge():
		b.trimLarge(r)
		return
	case r.size == 0:
		return
	}
	if length := ample(int(r.size & lengthMask)); keepShare*granules(classFor(min(length, maxShared))) < (keepShare-1)*granules(r.class()) {
		b.shrink(r, length)
	}
}

// shrink gives back what a shared block has beyond so many bytes, at least those in use: the block moves into a hole that fits, and leaves
// one that others will need more than an end of a few granules. Without such a hole it gives back its end.
func (b *blocks) shrink(r *ref, length int) {
	class := classFor(min(length, maxShared))
	less := granules(class)
	if less >= granules(r.class()) {
		return
	}
	if place, as, found := b.layInHole(class); found {
		b.bytes(place)[0] = as
		moved := newRef(place, as, copy(b.content(place), b.get(*r)))
		b.give(*r)
		*r = moved
		return
	}
	place, n := r.place+less, granules(r.class())-less
	b.resize(r, class)
	b.dropBlock(place, n)
}
