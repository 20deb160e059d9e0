package state

import (
	"math/bits"
	"slices"
)

// timers are a calendar: a ring of borders, each with a list of the slots that are due there. The lists are kept in chunks. Setting and moving a
// timer costs the same whatever the number of users; a border at which nobody is due costs one read; and all who are due at a border are read
// chunk by chunk, not from one user to the next.
type timers struct {
	ends    []uint32 // by border, modulo the ring's length: the place of the last slot in its list, 0 if it is empty
	mask    uint32   // the ring's length less one
	count   int      // slots whose timer is set, those taken and not yet unset included
	timerOf func(slot uint32) *timer

	pages        []*calendarPage // the memory of the chunks; a place is a number over all of it
	chunksIssued uint32          // chunks ever given out
	freeChunks   uint32          // the first one of a list of free chunks, 0 if there is none
	sortBits     []uint64        // reused by sort; all 0 between two calls
}

// timer is when a slot is due, and where the calendar has it.
type timer struct {
	due   uint32 // the border; 0 for a timer that is not set
	place uint32 // in the list of border due; 0 if the calendar does not have it, because it is not set or was taken
}

// A chunk has places for some slots of one list. Its first place holds no slot, but the place of the last slot of the chunk before it in the list,
// which is full, or 0; in a free chunk it holds the next free one. So the place of a list's last slot leads to all of it.
const (
	chunkBits        = 6
	chunkPlaces      = 1 << chunkBits
	calendarPageBits = 12 // 16 KiB
	wordsPerSlot     = 64 // sort uses bits up to so many words of bits for each slot: passing over an empty word is that much quicker than a comparison
)

type calendarPage [1 << calendarPageBits]uint32

// newTimers returns an empty calendar for slots that are due up to horizon borders ahead, mostly.
func newTimers(horizon uint32, timerOf func(slot uint32) *timer) timers {
	size := uint32(1)
	for size < min(horizon+2, 1<<18) {
		size *= 2
	}
	return timers{ends: make([]uint32, size), mask: size - 1, timerOf: timerOf}
}

// entry is what stands in a place.
func (t *timers) entry(place uint32) *uint32 {
	return &t.pages[place>>calendarPageBits][place%(1<<calendarPageBits)]
}

// set makes a slot, whose timer is not set, due at a border. If that is more than the ring's length away, the slot shares its list with slots of
// nearer borders.
func (t *timers) set(slot, due uint32) {
	t.count++
	t.link(slot, due)
}

// link puts a slot at the end of a border's list.
func (t *timers) link(slot, due uint32) {
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

// unset takes a slot out, if its timer is set. The last slot of the list goes to its place.
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

// pop takes the last place off a list, and frees its chunk if that was the only slot in it.
func (t *timers) pop(end *uint32) {
	if *end--; *end%chunkPlaces == 0 {
		chunk := *end
		*end = *t.entry(chunk)
		t.freeChunk(chunk)
	}
}

// takeDue takes the slots that are due at a border out of its list and appends them, in order of their numbers. Their timers stay set until they
// are unset.
func (t *timers) takeDue(border uint32, slots []uint32) []uint32 {
	from, end := len(slots), &t.ends[border&t.mask]
	for *end != 0 {
		first := *end&^(chunkPlaces-1) + 1
		slots = append(slots, t.pages[first>>calendarPageBits][first%(1<<calendarPageBits):][:*end+1-first]...)
		*end = first
		t.pop(end)
	}
	t.sort(slots[from:])
	return slots[:from+t.separateDue(border, slots[from:])]
}

// sort sorts slots, no two of which are the same. Many are sorted by setting a bit for each instead of by comparing (BenchmarkTakeDue), because
// however many are due at a border, they are sorted at once.
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

// separateDue puts those slots back into the list that are due a round of the ring later, and moves the others to the beginning. It returns how many
// the others are.
func (t *timers) separateDue(border uint32, slots []uint32) (n int) {
	var lines [prefetchGroup]uintptr
	for i, slot := range slots {
		if i%prefetchGroup == 0 {
			some := slots[i:min(i+prefetchGroup, len(slots))]
			for k, slot := range some {
				lines[k] = addressOf(t.timerOf(slot))
			}
			prefetch(lines[:len(some)])
		}
		x := t.timerOf(slot)
		if x.due != border {
			t.link(slot, x.due)
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
	chunk := t.chunksIssued << chunkBits // from the second one on: place 0 stands for no place
	if int(chunk>>calendarPageBits) >= len(t.pages) {
		t.pages = append(t.pages, new(calendarPage))
	}
	return chunk
}

func (t *timers) freeChunk(chunk uint32) {
	*t.entry(chunk) = t.freeChunks
	t.freeChunks = chunk
}
