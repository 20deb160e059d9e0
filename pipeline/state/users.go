package state

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
)

// users are the partition's people: slots found by the hash of the id, and for each a block with the track and the id.
type users struct {
	index  slotIndex
	slots  [][]slot // in pieces
	made   uint32   // slots ever given out
	free   []uint32 // slots of users who are no more
	blocks blocks
	graves tombstones
}

// slot is a user: one cache line without pointers. A slot without a block is free.
type slot struct {
	user  scorer.User
	block ref
	timer timer
	_     [4]byte // to the line's end
}

const (
	slotBytes  = int(unsafe.Sizeof(slot{}))
	slotPiece  = pieceBytes / slotBytes
	firstSlots = 1 << 10
	firstTrack = 10 // bytes that most first events take, so that a newcomer's block is not moved at once
)

func newUsers() *users {
	u := &users{index: newSlotIndex(), graves: newTombstones()}
	u.blocks = newBlocks(func(n uint32) *ref { return &u.slot(n).block }, u.owners)
	return u
}

// slot is void, for the first slots of all, once another one has been given out: see addSlots.
func (u *users) slot(n uint32) *slot { return &u.slots[n/uint32(slotPiece)][n%uint32(slotPiece)] }

func (u *users) timer(n uint32) *timer { return &u.slot(n).timer }

func (u *users) count() int { return int(u.made) - len(u.free) }

// parts are a user's id and track; both are void once a block is taken, moved or given back.
func (u *users) parts(s *slot) (id, track []byte) { return u.blocks.parts(s.block) }

// keep notes how long the user's track is now.
func (s *slot) keep(track []byte) { s.block.setLength(len(track)) }

// lookUp finds a user who is there.
func (u *users) lookUp(id []byte, hash uint64) (n uint32, found bool) {
	return u.index.find(hash, func(n uint32) bool { return u.is(n, id) })
}

// is reports whether a slot is this user's.
func (u *users) is(n uint32, id []byte) bool {
	return string(idOf(u.blocks.get(u.slot(n).block))) == string(id)
}

// find finds a user, with their track, or makes one. Whoever was forgotten goes on with the next episode. guess is a slot to be looked at
// first, or nobody.
func (u *users) find(id []byte, hash uint64, guess uint32) (n uint32, s *slot, track []byte) {
	if guess != nobody {
		if s := u.slot(guess); s.block != (ref{}) {
			if own, track := u.parts(s); string(own) == string(id) {
				return guess, s, track
			}
		}
	}
	n, found := u.lookUp(id, hash)
	if !found {
		n = u.make(id, hash)
	}
	s = u.slot(n)
	_, track = u.parts(s)
	return n, s, track
}

func (u *users) make(id []byte, hash uint64) (n uint32) {
	n = u.next()
	u.blocks.begin(n, id, firstTrack)
	u.slot(n).user.Episode = uint16(u.graves.take(hash))
	u.index.put(hash, n)
	return n
}

func (u *users) next() uint32 {
	if last := len(u.free) - 1; last >= 0 {
		n := u.free[last]
		u.free = u.free[:last]
		return n
	}
	if int(u.made) == u.room() {
		u.addSlots()
	}
	u.made++
	return u.made - 1
}

// room is how many slots there are.
func (u *users) room() int {
	if len(u.slots) == 1 {
		return len(u.slots[0])
	}
	return len(u.slots) * slotPiece
}

// addSlots adds a piece of slots. The first one doubles until it is whole, so that a small partition stays small.
func (u *users) addSlots() {
	switch {
	case len(u.slots) == 0:
		u.slots = append(u.slots, make([]slot, firstSlots))
	case len(u.slots[0]) < slotPiece:
		u.slots[0] = append(make([]slot, 0, 2*len(u.slots[0])), u.slots[0]...)[:2*len(u.slots[0])]
	default:
		u.slots = append(u.slots, unsafe.Slice((*slot)(unsafe.Pointer(unsafe.SliceData(u.blocks.memory.take()))), slotPiece))
	}
}

// bury removes a user whose timer is unset. Of the episodes the number stays.
func (u *users) bury(n uint32) {
	s := u.slot(n)
	id, _ := u.parts(s)
	hash := xxhash.Sum64(id)
	u.blocks.remove(n) // which may meet the block, and asks the index for its owner
	u.index.remove(hash, n)
	u.graves.put(hash, uint32(s.user.Episode))
	*s = slot{}
	u.free = append(u.free, n)
}

// owners finds whose blocks these are: the ids they end with lead to slots, and the slot that says it has its block there is the one.
func (u *users) owners(of []owned) {
	var hashes [batch]uint64
	var lines [batch]uintptr
	for i, f := range of {
		hashes[i] = xxhash.Sum64(idOf(u.blocks.met(f.place)))
		lines[i] = u.index.home(hashes[i])
	}
	prefetch(lines[:len(of)])
	for i := range of {
		n, _ := u.index.probe(hashes[i])
		of[i].owner = n
		lines[i] = addressOf(u.slot(n))
	}
	prefetch(lines[:len(of)])
	for i, f := range of {
		if has := func(n uint32) bool { return u.slot(n).block.is(f.place) }; !has(f.owner) {
			n, found := u.index.find(hashes[i], has)
			if !found {
				panic("state: a block that nobody owns")
			}
			of[i].owner = n
		}
	}
}
