package state

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
)

// users are the partition's users: each has a slot, found by the hash of the id, and a block with the track and the id.
type users struct {
	index       slotIndex
	slots       [][]slot // pieces of slotPiece each; the first one is shorter while it is the only one
	slotsIssued uint32   // slots ever given out: those below are in use or in freeSlots
	freeSlots   []uint32 // slots of users who have been removed; all zero, and the last one is given out first
	blocks      blocks
	episodes    episodeCounters // of users who have been removed
}

// slot is a user: one cache line without pointers.
type slot struct {
	user  scorer.User
	block ref // the zero ref says that the slot is free
	timer timer
	_     [4]byte // to the line's end
}

const (
	slotBytes       = int(unsafe.Sizeof(slot{}))
	slotPiece       = pieceBytes / slotBytes
	firstSlots      = 1 << 10
	firstTrackBytes = 10 // what most first events take: a newcomer's block is not moved at once
)

func newUsers() *users {
	u := &users{index: newSlotIndex(), episodes: newEpisodeCounters()}
	u.blocks = newBlocks(func(n uint32) *ref { return &u.slot(n).block }, u.findOwners)
	return u
}

// slot returns a slot by its number. The pointer is void once another slot has been given out, which may move the first piece: see addSlots.
func (u *users) slot(n uint32) *slot { return &u.slots[n/uint32(slotPiece)][n%uint32(slotPiece)] }

func (u *users) timer(n uint32) *timer { return &u.slot(n).timer }

func (u *users) count() int { return int(u.slotsIssued) - len(u.freeSlots) }

// idAndTrack are a user's; both are void once a block has been allocated, moved or released.
func (u *users) idAndTrack(s *slot) (id, track []byte) { return u.blocks.idAndData(s.block) }

// setTrackLength notes how long the user's track is after it has been written in place.
func (s *slot) setTrackLength(track []byte) { s.block.setLength(len(track)) }

// lookUp finds a user's slot, if there is such a user.
func (u *users) lookUp(id []byte, hash uint64) (n uint32, found bool) {
	return u.index.find(hash, func(n uint32) bool { return u.isUser(n, id) })
}

// isUser reports whether a slot is the user's who has this id.
func (u *users) isUser(n uint32, id []byte) bool {
	return string(idOf(u.blocks.body(u.slot(n).block))) == string(id)
}

// findOrCreate returns a user's slot and track, of a new user if there was none with this id. Who was forgotten goes on with the next episode.
// guess is the slot to be looked at first, or noSlot.
func (u *users) findOrCreate(id []byte, hash uint64, guess uint32) (n uint32, s *slot, track []byte) {
	if guess != noSlot {
		if s := u.slot(guess); s.block != (ref{}) {
			if own, track := u.idAndTrack(s); string(own) == string(id) {
				return guess, s, track
			}
		}
	}
	n, found := u.lookUp(id, hash)
	if !found {
		n = u.create(id, hash)
	}
	s = u.slot(n)
	_, track = u.idAndTrack(s)
	return n, s, track
}

func (u *users) create(id []byte, hash uint64) (n uint32) {
	n = u.allocateSlot()
	u.blocks.create(n, id, firstTrackBytes)
	u.slot(n).user.Episode = u.episodes.take(hash)
	u.index.insert(hash, n)
	return n
}

func (u *users) allocateSlot() uint32 {
	if last := len(u.freeSlots) - 1; last >= 0 {
		n := u.freeSlots[last]
		u.freeSlots = u.freeSlots[:last]
		return n
	}
	if int(u.slotsIssued) == u.capacity() {
		u.addSlots()
	}
	u.slotsIssued++
	return u.slotsIssued - 1
}

// capacity is how many slots there is memory for.
func (u *users) capacity() int {
	if len(u.slots) == 1 {
		return len(u.slots[0])
	}
	return len(u.slots) * slotPiece
}

// addSlots adds a piece of slots. The first piece begins small and doubles, which moves its slots, so that a small partition stays small.
func (u *users) addSlots() {
	switch {
	case len(u.slots) == 0:
		u.slots = append(u.slots, make([]slot, firstSlots))
	case len(u.slots[0]) < slotPiece:
		u.slots[0] = append(make([]slot, 0, 2*len(u.slots[0])), u.slots[0]...)[:2*len(u.slots[0])]
	default:
		u.slots = append(u.slots, unsafe.Slice((*slot)(unsafe.Pointer(unsafe.SliceData(u.blocks.allocator.allocate()))), slotPiece))
	}
}

// remove forgets a user whose timer is unset. Only the number of their last episode is kept.
func (u *users) remove(n uint32) {
	s := u.slot(n)
	id, _ := u.idAndTrack(s)
	hash := xxhash.Sum64(id)
	u.blocks.remove(n) // before the index forgets the user: compaction may come across the block, and asks the index for its owner
	u.index.remove(hash, n)
	u.episodes.put(hash, s.user.Episode)
	*s = slot{}
	u.freeSlots = append(u.freeSlots, n)
}

// findOwners finds whose blocks these are. The id that a block ends with leads to slots by its hash, and of these the owner's has its block there.
func (u *users) findOwners(of []ownedBlock) {
	var hashes [compactBatch]uint64
	var lines [compactBatch]uintptr
	for i, f := range of {
		hashes[i] = xxhash.Sum64(idOf(u.blocks.bodyAt(f.place)))
		lines[i] = u.index.homeAddress(hashes[i])
	}
	prefetch(lines[:len(of)])
	for i := range of {
		n, _ := u.index.probe(hashes[i])
		of[i].owner = n
		lines[i] = addressOf(u.slot(n))
	}
	prefetch(lines[:len(of)])
	for i, f := range of {
		if has := func(n uint32) bool { return u.slot(n).block.liesAt(f.place) }; !has(f.owner) {
			n, found := u.index.find(hashes[i], has)
			if !found {
				panic("state: a block that nobody owns")
			}
			of[i].owner = n
		}
	}
}
