package state

import "unsafe"

// blocks keep some bytes for every owner, in a block of its own. A block begins with a header, its size class; then come its data, which grow, the
// room that is left for them, and the tail, which is the owner's id (see arena_tail.go).
//
// A block that outgrows its place is moved: into a hole that fits, or else to the end of a page that is being filled. Where it was, a hole is left.
// When holes make up too much of the pages, the emptiest pages are cleared, a few blocks at a time (see compact).
//
// Slices of a block's bytes are void after any call that allocates, moves or releases a block, be it another one's.
type blocks struct {
	pages
	refOf             func(owner uint32) *ref  // where an owner's ref is kept
	findOwners        func(of []ownedBlock)    // fills in whose blocks these are, by the ids in them; each has an owner
	found             [compactBatch]ownedBlock // reused by clearVictim
	openPages         [2]openPage              // pageForGrowing, pageForSettled
	victim            victim
	random            uint32   // state of the generator that picks the candidates for a victim; part of snapshots
	larges            [][]byte // blocks that share no page, by number; nil if the number is in freeLarges
	freeLarges        []uint32 // numbers to be used again
	movedByGrowth     uint64   // granules
	movedByCompaction uint64   // granules
}

// The pages that are being filled.
const (
	pageForGrowing = iota // blocks of users who come again, which will be moved again
	pageForSettled        // blocks that compaction has moved: they are likely to stay, and so their pages stay full
)

// ownedBlock is a block that was come across in its page, and whose it is.
type ownedBlock struct{ place, owner uint32 }

func newBlocks(refOf func(owner uint32) *ref, findOwners func(of []ownedBlock)) blocks {
	return blocks{refOf: refOf, findOwners: findOwners}
}

// bodyAt is the body of the block at a place of a page.
func (b *blocks) bodyAt(place uint32) []byte {
	bytes := b.bytesAt(place)
	return bytes[headerBytes : granules(bytes[0])*granule]
}

// body is all of a block behind its header: data, room and tail. It is nil for the zero ref.
func (b *blocks) body(r ref) []byte {
	if int32(r.size) <= 0 { // large, or none
		return b.largeBody(r)
	}
	slab, at := b.locate(r.place)
	return slab[at+headerBytes : at+r.granules()*granule]
}

// span is where a block's body lies.
func (b *blocks) span(r ref) (begin, size uintptr) {
	if int32(r.size) <= 0 { // large, or none
		block := b.largeBody(r)
		return uintptr(unsafe.Pointer(unsafe.SliceData(block))), uintptr(len(block))
	}
	slab, at := b.locate(r.place)
	return uintptr(unsafe.Pointer(unsafe.SliceData(slab))) + uintptr(at) + headerBytes, uintptr(r.granules()*granule) - headerBytes
}

// largeBody is the body of a block that shares no page; nil for the zero ref.
func (b *blocks) largeBody(r ref) []byte {
	if r.isLarge() {
		return b.larges[r.place]
	}
	return nil
}

// idAndData are the owner's id and the data of a block. The data's capacity goes up to the id. r must not be the zero ref.
func (b *blocks) idAndData(r ref) (id, data []byte) {
	block := b.body(r)
	from, to := idRange(block)
	return block[from:to:to], block[:r.length():from]
}

// usedBytes is how many bytes the data and the tail take together.
func (b *blocks) usedBytes(r ref) int {
	block := b.body(r)
	from, _ := idRange(block)
	return r.length() + len(block) - from
}

// create gives a block without data to an owner who has none, with the id and at least so much room, bytes.
func (b *blocks) create(owner uint32, id []byte, room int) {
	length := tailBytes(id) + room
	b.compact(compactPerByte * length / granule)
	r := b.allocate(length, pageForGrowing)
	writeTail(b.body(r), id)
	*b.refOf(owner) = r
}

// reserve makes room for need more bytes of data in the owner's block.
func (b *blocks) reserve(owner uint32, need int) {
	r := b.refOf(owner)
	length := b.usedBytes(*r) + need
	if length <= len(b.body(*r)) || b.extendInPlace(r, length) {
		return
	}
	b.compact(compactPerByte * length / granule)
	b.movedByGrowth += uint64((length - need) / granule)
	b.move(r, b.allocate(length, pageForGrowing))
}

// move replaces an owner's block by one that was just allocated, and releases the old one.
func (b *blocks) move(r *ref, to ref) {
	to = b.copyContents(to, *r)
	b.release(*r)
	*r = to
}

// copyContents copies a block's data to the beginning of another one, and its tail to the other one's end. The other one may lie in the same place
// and end elsewhere.
func (b *blocks) copyContents(to, from ref) ref {
	source, target := b.body(from), b.body(to)
	id, _ := idRange(source)
	tail := source[id:]
	copy(target, source[:from.length()])
	copy(target[len(target)-len(tail):], tail)
	to.setLength(from.length())
	return to
}

// extendInPlace makes a block larger where it is, if it is the last one in the page for growing blocks and the page has room.
func (b *blocks) extendInPlace(r *ref, length int) bool {
	f := &b.openPages[pageForGrowing]
	if r.isLarge() || length > maxSharedBytes || !f.open || r.place+r.granules() != f.page<<pageBits+f.used {
		return false
	}
	class := classFor(min(withSlack(length), maxSharedBytes))
	more := granules(class) - r.granules()
	if r.place>>pageBits != f.page || f.used+more > pageGranules {
		return false
	}
	b.allocateAtEnd(f, more)
	b.moveEnd(r, class)
	return true
}

// moveEnd makes a block end elsewhere, with its tail.
func (b *blocks) moveEnd(r *ref, class uint8) {
	*r = b.copyContents(b.writeHeader(r.place, class), *r)
}

// writeHeader begins a block of a class, without data, at a place.
func (b *blocks) writeHeader(place uint32, class uint8) ref {
	b.bytesAt(place)[0] = class
	return newRef(place, class, 0)
}

// allocate returns a block for so many bytes of data and tail, and some room to grow, in a hole or at the end of one of the open pages.
func (b *blocks) allocate(length, page int) ref {
	if length > maxSharedBytes {
		return b.allocateLarge(length)
	}
	class := classFor(min(withSlack(length), maxSharedBytes))
	place, as, found := b.allocateInHole(class)
	if found {
		class = as
	} else {
		place = b.allocateAtEnd(&b.openPages[page], granules(class))
	}
	return b.writeHeader(place, class)
}

// release gives back a block; the zero ref has none.
func (b *blocks) release(r ref) {
	switch {
	case r.isLarge():
		b.larges[r.place] = nil
		b.freeLarges = append(b.freeLarges, r.place)
	case r.size != 0:
		b.freeGranules(r.place, r.granules())
	}
}

// freeGranules gives back a part of a page. A victim that is empty by that is one no more.
func (b *blocks) freeGranules(place, n uint32) {
	if b.free(place, n, &b.openPages) && place>>pageBits == b.victim.page {
		b.victim.chosen = false
	}
}

// remove gives back the block of an owner who is removed.
func (b *blocks) remove(owner uint32) {
	r := b.refOf(owner)
	b.compact(compactPerByte * len(b.body(*r)) / granule)
	b.release(*r)
	*r = ref{}
}

// keepOneIn: trim leaves a block as it is if that would make it smaller by less than one part in so many.
const keepOneIn = 8

// trim gives back what the owner's block has beyond its data, its tail and some room to grow. A block that would become only a little smaller
// keeps its room, since a user who goes on as before needs it again.
func (b *blocks) trim(owner uint32) {
	r := b.refOf(owner)
	switch {
	case r.isLarge():
		b.trimLarge(r)
		return
	case r.size == 0:
		return
	}
	if length := withSlack(b.usedBytes(*r)); keepOneIn*granules(classFor(min(length, maxSharedBytes))) < (keepOneIn-1)*r.granules() {
		b.shrink(r, length)
	}
}

// shrink makes a block that shares a page smaller, down to so many bytes of data, tail and room. It moves into a hole that fits if there is one,
// because the hole that it leaves is of more use to others than an end of a few granules; else it gives back its end.
func (b *blocks) shrink(r *ref, length int) {
	class := classFor(min(length, maxSharedBytes))
	less := granules(class)
	if less >= r.granules() {
		return
	}
	if place, as, found := b.allocateInHole(class); found {
		b.move(r, b.writeHeader(place, as))
		return
	}
	place, n := r.place+less, r.granules()-less
	b.moveEnd(r, class)
	b.freeGranules(place, n)
}
