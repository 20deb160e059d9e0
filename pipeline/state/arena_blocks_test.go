package state

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestClassOfIsTheSmallestThatFits(t *testing.T) {
	last := uint32(0)
	for class := uint8(1); granules(class) < maxClassGranules; class++ {
		for n := last + 1; n <= granules(class); n++ {
			if got := classOf(n); got != class {
				t.Fatalf("%d granules in class %d of %d, want class %d of %d", n, got, granules(got), class, granules(class))
			}
		}
		if granules(class) > exactClasses && 17*last < 16*granules(class) {
			t.Fatalf("class %d is %d granules, the one below %d: more than a sixteenth is wasted", class, granules(class), last)
		}
		last = granules(class)
	}
	if got := granules(classOf(maxClassGranules)); got != maxClassGranules || classOf(maxClassGranules) >= firstDeadClass {
		t.Fatalf("the largest class is %d, of %d granules, want %d", classOf(maxClassGranules), got, maxClassGranules)
	}
}

// checkedArena is blocks with their owners' refs, and what each owner should have. An id begins with the owner's number.
type checkedArena struct {
	blocks   blocks
	refs     []ref
	want     [][]byte
	idFor    func(owner uint32) []byte
	nextByte byte
}

func newCheckedArena(users int, idFor func(owner uint32) []byte) *checkedArena {
	h := &checkedArena{refs: make([]ref, users), want: make([][]byte, users), idFor: idFor}
	h.blocks = newBlocks(func(owner uint32) *ref { return &h.refs[owner] }, func(of []ownedBlock) {
		for i, f := range of {
			of[i].owner = h.ownerAt(f.place)
		}
	})
	return h
}

// idOfAnyLength is now and then one whose length takes more than a byte.
func idOfAnyLength(owner uint32) []byte {
	length := 4 + int(owner%13)
	if owner%40 == 7 {
		length = longID - 10 + int(owner/40%60)
	}
	return idOfLength(owner, length)
}

func idOfLength(owner uint32, length int) []byte {
	id := bytes.Repeat([]byte{byte(owner), 0xff}, length)[:length]
	binary.LittleEndian.PutUint32(id, owner)
	return id
}

func (h *checkedArena) ownerAt(place uint32) uint32 {
	return binary.LittleEndian.Uint32(idOf(h.blocks.bodyAt(place)))
}

// append adds bytes to an owner's, no two runs alike, and writes over the room that is left.
func (h *checkedArena) append(owner uint32, n int) {
	run := bytes.Repeat([]byte{h.nextByte}, n)
	if h.nextByte += 7; h.refs[owner] == (ref{}) {
		h.blocks.create(owner, h.idFor(owner), n*int(owner%3)/2)
	}
	h.blocks.reserve(owner, len(run))
	r := &h.refs[owner]
	_, front := h.blocks.idAndData(*r)
	front = append(front, run...)
	r.setLength(len(front))
	for room := front[len(front):cap(front)]; len(room) > 0; room = room[1:] {
		room[0] = h.nextByte
	}
	h.want[owner] = append(h.want[owner], run...)
}

// expire drops an owner's oldest bytes.
func (h *checkedArena) dropOldest(owner uint32, n int) {
	r, want := &h.refs[owner], h.want[owner]
	if n = min(n, len(want)); n <= 0 {
		return
	}
	_, front := h.blocks.idAndData(*r)
	r.setLength(copy(front, front[n:]))
	h.want[owner] = want[n:]
}

func (h *checkedArena) remove(owner uint32) {
	h.blocks.remove(owner)
	h.want[owner] = nil
}

// TestArenaHoldsWhatASliceAUserWould holds the arena to one slice a user, through growth, shrinking, eviction, and the compaction that follows.
func TestArenaHoldsWhatASliceAUserWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SampledFrom([]int{1, 40, 4000}).Draw(t, "users")
		h := newCheckedArena(users, idOfAnyLength)
		owners := rapid.Uint32Range(0, uint32(users-1))
		sizes := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 40), rapid.IntRange(0, 1500), rapid.IntRange(maxSharedBytes-20, maxSharedBytes+20))
		some := func(t *rapid.T, most int) int { return rapid.IntRange(1, most).Draw(t, "so many") }
		t.Repeat(map[string]func(*rapid.T){
			"grow one": func(t *rapid.T) { h.append(owners.Draw(t, "owner"), sizes.Draw(t, "bytes")) },
			"grow many": func(t *rapid.T) {
				from, n, step := owners.Draw(t, "from"), rapid.IntRange(0, 60).Draw(t, "bytes"), uint32(some(t, 3))
				for o := from; o < uint32(users); o += step {
					h.append(o, n+int(o%5))
				}
			},
			"expire": func(t *rapid.T) { h.dropOldest(owners.Draw(t, "owner"), sizes.Draw(t, "bytes")) },
			"trim": func(t *rapid.T) {
				for range some(t, 50) {
					h.blocks.trim(owners.Draw(t, "owner"))
				}
			},
			"expire and trim many": func(t *rapid.T) {
				from, n := owners.Draw(t, "from"), sizes.Draw(t, "bytes")
				for o := from; o < uint32(users); o += 2 {
					h.dropOldest(o, n)
					h.blocks.trim(o)
				}
			},
			"remove": func(t *rapid.T) { h.remove(owners.Draw(t, "owner")) },
			"remove many": func(t *rapid.T) {
				for o := owners.Draw(t, "from"); o < uint32(users); o += 3 {
					h.remove(o)
				}
			},
			"": func(t *rapid.T) { h.check(t) },
		})
	})
}

func (h *checkedArena) check(t *rapid.T) {
	b := &h.blocks
	for owner, want := range h.want {
		h.checkParts(t, uint32(owner), want)
	}
	live, dead, spare := uint64(0), uint64(0), 0
	for page := range uint32(len(b.used)) {
		if b.used[page] == freePage {
			spare++
			continue
		}
		l, d := h.walk(t, page)
		if l != uint32(b.used[page]) {
			t.Fatalf("page %d: %d live granules, counted %d", page, l, b.used[page])
		}
		live, dead = live+uint64(l), dead+uint64(d)
	}
	if live != b.live || dead != b.dead || spare != len(b.freePages) {
		t.Fatalf("%d live, %d dead, %d spare pages; counted %d, %d, %d", live, dead, spare, b.live, b.dead, len(b.freePages))
	}
	h.checkHoles(t)
	for number, bytes := range b.larges {
		if bytes == nil != slices.Contains(b.freeLarges, uint32(number)) {
			t.Fatalf("large block %d is both free and used, or neither", number)
		}
	}
}

// checkParts compares what an owner has with what they should have, and with how much there is room for.
func (h *checkedArena) checkParts(t *rapid.T, owner uint32, want []byte) {
	r := h.refs[owner]
	if r == (ref{}) {
		if len(want) > 0 {
			t.Fatalf("owner %d has no block, want %d bytes", owner, len(want))
		}
		return
	}
	id, front := h.blocks.idAndData(r)
	if !bytes.Equal(front, want) || !bytes.Equal(id, h.idFor(owner)) {
		t.Fatalf("owner %d is %x and has %d bytes, want %d; or they differ", owner, id, len(front), len(want))
	}
	if all := len(h.blocks.body(r)); cap(front)+tailBytes(id) != all || h.blocks.usedBytes(r) != len(front)+tailBytes(id) {
		t.Fatalf("owner %d: room for %d bytes beside an id of %d, of %d; %d in use", owner, cap(front), len(id), all, h.blocks.usedBytes(r))
	}
}

// checkHoles makes sure that what may be filled is dead from end to end, and listed once.
func (h *checkedArena) checkHoles(t *rapid.T) {
	b, taken := &h.blocks, map[uint32]bool{}
	for class, list := range b.holes.lists {
		if listed := b.holes.nonEmpty[class/64]>>(class%64)&1 == 1; listed != (len(list) > 0) {
			t.Fatalf("class %d has %d holes, listed %t", class, len(list), listed)
		}
		for _, hole := range list {
			if b.isStale(hole) {
				continue
			}
			end := hole.place + uint32(hole.size)
			for at := hole.place; at < end; {
				piece := b.bytesAt(at)[0]
				if at += granules(piece); piece < firstDeadClass || taken[at] || at > end {
					t.Fatalf("hole %+v has a piece of class %d before %d, or one that is another's", hole, piece, at)
				}
				taken[at] = true
			}
			if granules(uint8(class)) > uint32(hole.size) {
				t.Fatalf("hole %+v is in class %d", hole, class)
			}
		}
	}
}

// walk adds up a page's blocks, each of whose owners must know it.
func (h *checkedArena) walk(t *rapid.T, page uint32) (live, dead uint32) {
	end := uint32(pageGranules)
	for _, f := range h.blocks.openPages {
		if f.open && f.page == page {
			end = f.used
		}
	}
	at := uint32(0)
	for at < end {
		place := page<<pageBits + at
		class := h.blocks.bytesAt(place)[0]
		at += granules(class)
		if class >= firstDeadClass {
			dead += granules(class)
			continue
		}
		live += granules(class)
		owner := h.ownerAt(place)
		if r := h.refs[owner]; !r.liesAt(place) || r.class() != class {
			t.Fatalf("block at %d of class %d says owner %d, whose ref is %+v", place, class, owner, r)
		}
	}
	if at != end {
		t.Fatalf("page %d: the blocks end at %d, want %d", page, at, end)
	}
	return live, dead
}
