package state

import (
	"math/bits"
	"slices"
)

// timers is a calendar of borders: a ring of lists of slots in chunks. Setting and moving a timer costs the same whatever the number of
// users, a border at which nobody is due costs one look, and all who are due at one are read from end to end, without waiting for one of
// them to learn of the next.
type timers struct {
	ends    []uint32 // by border: the place of the last one in its list, 0 if there is none
	mask    uint32
	count   int
	timerOf func(slot uint32) *timer

	pieces       []*calendarPiece
	chunksIssued uint32   // ever given out
	freeChunks   uint32   // a list of chunks that are
	sortBits     []uint64 // reused by sort, all 0 between
}

// timer is when a slot is due, and where the calendar says so.
type timer struct {
	due   uint32 // border; 0 means unset
	place uint32 // 0: not in the calendar, because nothing is set or the border has been taken
}

// A chunk is some slots of one border. Before them, in the first place, stands the place of the last slot of the chunk before it, which is
// full; of a free chunk the next free one. A list's end and the chunks behind it say all about it.
const (
	chunkBits   = 6
	chunkPlaces = 1 << chunkBits
	pieceBits   = 12 // 16 KiB

	wordsPerSlot = 64 // a word without a slot costs sort so much less than comparing a slot with others
)

type calendarPiece [1 << pieceBits]uint32

func newTimers(horizon uint32, at func(slot uint32) *timer) timers {
	size := uint32(1)
	for size < min(horizon+2, 1<<18) {
		size *= 2
	}
	return timers{ends: make([]uint32, size), mask: size - 1, timerOf: at}
}

func (t *timers) entry(place uint32) *uint32 {
	return &t.pieces[place>>pieceBits][place%(1<<pieceBits)]
}

// set puts the slot, whose timer is unset, at a border. One that is due later than a ring's length from now shares its list with nearer
// ones.
func (t *timers) set(slot, due uint32) {
	t.count++
	t.append(slot, due)
}

func (t *timers) append(slot, due uint32) {
	end := &t.ends[due&t.mask]
	if *end%chunkPlaces == 0 || *end%chunkPlaces == chunkPlaces-1 {
		chunk := t.allocateChunk()
		*t.entry(chunk) = *end
		*end = chunk
	}
	*end++
	*t.entry(*end) = slot
	*t.timerOf(slot) = timer{due, *end}
}

// unset takes the slot out; the last one of its border goes to its place.
func (t *timers) unset(slot uint32) {
	x := t.timerOf(slot)
	if x.due == 0 {
		return
	}
	if x.place != 0 {
		end := &t.ends[x.due&t.mask]
		if last := *t.entry(*end); last != slot {
			*t.entry(x.place) = last
			t.timerOf(last).place = x.place
		}
		t.pop(end)
	}
	*x = timer{}
	t.count--
}

// pop shortens a list by one.
func (t *timers) pop(end *uint32) {
	if *end--; *end%chunkPlaces == 0 {
		chunk := *end
		*end = *t.entry(chunk)
		t.freeChunk(chunk)
	}
}

// take takes the slots that are due at a border out of the calendar, in their order, and appends them. They stay due until they are unset.
func (t *timers) takeDue(border uint32, slots []uint32) []uint32 {
	from, end := len(slots), &t.ends[border&t.mask]
	for *end != 0 {
		first := *end&^(chunkPlaces-1) + 1
		slots = append(slots, t.pieces[first>>pieceBits][first%(1<<pieceBits):][:*end+1-first]...)
		*end = first
		t.pop(end)
	}
	t.sort(slots[from:])
	return slots[:from+t.separateDue(border, slots[from:])]
}

// sort puts slots, each there once, in their order: where they are many, by a bit for each instead of by comparing (BenchmarkTake), because
// all who are due at a border are sorted at once, however many there are.
func (t *timers) sort(slots []uint32) {
	if len(slots) == 0 {
		return
	}
	words := int(slices.Max(slots))/64 + 1
	if words > wordsPerSlot*len(slots) {
		slices.Sort(slots)
		return
	}
	if words > len(t.sortBits) {
		t.sortBits = make([]uint64, words+words/4)
	}
	for _, slot := range slots {
		t.sortBits[slot/64] |= 1 << (slot % 64)
	}
	next := slots[:0]
	for i, w := range t.sortBits[:words] {
		for ; w != 0; w &= w - 1 {
			next = append(next, uint32(i*64+bits.TrailingZeros64(w)))
		}
	}
	clear(t.sortBits[:words])
}

// detach puts those back that are due a round of the ring later, and brings the others to the front. It returns how many they are.
func (t *timers) separateDue(border uint32, slots []uint32) (n int) {
	var lines [prefetchGroup]uintptr
	for i, slot := range slots {
		if i%prefetchGroup == 0 {
			some := slots[i:min(i+prefetchGroup, len(slots))]
			for k, ahead := range some {
				lines[k] = addressOf(t.timerOf(ahead))
			}
			prefetch(lines[:len(some)])
		}
		x := t.timerOf(slot)
		if x.due != border {
			t.append(slot, x.due)
			continue
		}
		x.place = 0
		slots[n] = slot
		n++
	}
	return n
}

func (t *timers) allocateChunk() uint32 {
	if chunk := t.freeChunks; chunk != 0 {
		t.freeChunks = *t.entry(chunk)
		return chunk
	}
	t.chunksIssued++
	chunk := t.chunksIssued << chunkBits // the first one of all is nobody's: its places would be taken for none
	if int(chunk>>pieceBits) >= len(t.pieces) {
		t.pieces = append(t.pieces, new(calendarPiece))
	}
	return chunk
}

func (t *timers) freeChunk(chunk uint32) {
	*t.entry(chunk) = t.freeChunks
	t.freeChunks = chunk
}
