package state

import "unsafe"

// blocks keep a run of bytes for every owner, in blocks of any size. A block that outgrows its place is laid in a hole that fits or at a
// front, and leaves a hole itself; when holes make up too much of the pages, the emptiest pages are cleared, some blocks at a time (see
// compact). A block begins with its class, what is in use and room to grow follow, and it ends with its tail, which says whose it
// is (see arena_tail.go) and goes wherever the block's end goes.
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

// met is the block at a place, as get returns it.
func (b *blocks) met(place uint32) []byte {
	bytes := b.bytes(place)
	return bytes[headerBytes : granules(bytes[0])*granule]
}

// get returns all of a block, from behind its class to its end, in use or not. It is nil without a block.
func (b *blocks) get(r ref) []byte {
	if int32(r.size) <= 0 {
		return b.apart(r)
	}
	slab, at := b.slab(r.place)
	return slab[at+headerBytes : at+r.granules()*granule]
}

// span is where the bytes of a block lie that get returns.
func (b *blocks) span(r ref) (begin, size uintptr) {
	if int32(r.size) <= 0 {
		block := b.apart(r)
		return uintptr(unsafe.Pointer(unsafe.SliceData(block))), uintptr(len(block))
	}
	slab, at := b.slab(r.place)
	return uintptr(unsafe.Pointer(unsafe.SliceData(slab))) + uintptr(at) + headerBytes, uintptr(r.granules()*granule) - headerBytes
}

// apart is a block that shares no page, nil for none.
func (b *blocks) apart(r ref) []byte {
	if r.isLarge() {
		return b.larges[r.place]
	}
	return nil
}

// parts are the id that a block ends with, and what is in use at its front, with a capacity up to the id. There must be a block.
func (b *blocks) parts(r ref) (id, front []byte) {
	block := b.get(r)
	from, to := idIn(block)
	return block[from:to:to], block[:r.length():from]
}

// inUse is how many bytes of a block are, the tail included.
func (b *blocks) inUse(r ref) int {
	block := b.get(r)
	from, _ := idIn(block)
	return r.length() + len(block) - from
}

// begin gives a block to an owner who has none: the id, and room for so many bytes.
func (b *blocks) begin(owner uint32, id []byte, room int) {
	length := tailRoom(id) + room
	b.compact(compactPerByte * length / granule)
	r := b.take(length, growing)
	putTail(b.get(r), id)
	*b.refOf(owner) = r
}

// reserve gives the owner's block room for need more bytes.
func (b *blocks) reserve(owner uint32, need int) {
	r := b.refOf(owner)
	length := b.inUse(*r) + need
	if length <= len(b.get(*r)) || b.extend(r, length) {
		return
	}
	b.compact(compactPerByte * length / granule)
	b.moved += uint64((length - need) / granule)
	b.move(r, b.take(length, growing))
}

// move makes a block just taken the owner's instead of the one before.
func (b *blocks) move(r *ref, taken ref) {
	taken = b.carry(taken, *r)
	b.give(*r)
	*r = taken
}

// carry copies what is in use of a block: its front to another one's front, its tail to the other one's end. The other one may be the same
// block with another end.
func (b *blocks) carry(to, from ref) ref {
	source, target := b.get(from), b.get(to)
	id, _ := idIn(source)
	tail := source[id:]
	copy(target, source[:from.length()])
	copy(target[len(target)-len(tail):], tail)
	to.setLength(from.length())
	return to
}

// extend makes a block larger in its place, if it is the last of the front that grows.
func (b *blocks) extend(r *ref, length int) bool {
	f := &b.fronts[growing]
	if r.isLarge() || length > maxShared || !f.open || r.place+r.granules() != f.page<<pageBits+f.at {
		return false
	}
	class := classFor(min(ample(length), maxShared))
	more := granules(class) - r.granules()
	if r.place>>pageBits != f.page || f.at+more > pageGranules {
		return false
	}
	b.lay(f, more)
	b.resize(r, class)
	return true
}

// resize moves a block's end.
func (b *blocks) resize(r *ref, class uint8) {
	*r = b.carry(b.mark(r.place, class), *r)
}

// mark begins a block with its class.
func (b *blocks) mark(place uint32, class uint8) ref {
	b.bytes(place)[0] = class
	return newRef(place, class, 0)
}

// take lays a block for so many bytes, the tail's among them, and room to grow.
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
	return b.mark(place, class)
}

// give gives a block back.
func (b *blocks) give(r ref) {
	switch {
	case r.isLarge():
		b.larges[r.place] = nil
		b.spares = append(b.spares, r.place)
	case r.size != 0:
		b.dropBlock(r.place, r.granules())
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
	b.compact(compactPerByte * len(b.get(*r)) / granule)
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
	if length := ample(b.inUse(*r)); keepShare*granules(classFor(min(length, maxShared))) < (keepShare-1)*r.granules() {
		b.shrink(r, length)
	}
}

// shrink gives back what a shared block has beyond so many bytes, at least those in use: the block moves into a hole that fits, and leaves
// one that others will need more than an end of a few granules. Without such a hole it gives back its end.
func (b *blocks) shrink(r *ref, length int) {
	class := classFor(min(length, maxShared))
	less := granules(class)
	if less >= r.granules() {
		return
	}
	if place, as, found := b.layInHole(class); found {
		b.move(r, b.mark(place, as))
		return
	}
	place, n := r.place+less, r.granules()-less
	b.resize(r, class)
	b.dropBlock(place, n)
}
