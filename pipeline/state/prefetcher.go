package state

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// AddBatch is how many events AddAll looks up together: callers that gather events do best to hand over so many, or a multiple.
const AddBatch = 256

// prefetchGroup is how many users are taken from one step of a look-up to the next together: about as many cache lines as can be on their way at
// once.
const prefetchGroup = 16

// prefetcher brings into the cache what adding events, and judging users, will read. What it finds out is a guess: by the time an event is added,
// its user may have moved to another slot, which findOrCreate makes sure of.
type prefetcher struct {
	hashes [AddBatch]uint64                        // of the users' ids, by the place of their event in the batch
	slots  [AddBatch]uint32                        // the slot that is likely the user's, noSlot if there is none
	lines  [2 * trackLines * prefetchGroup]uintptr // addresses to be fetched; reused
}

const (
	noSlot     = ^uint32(0) // a number that no slot has
	cacheLine  = 64
	trackLines = 4 // cache lines of a track that are fetched before it is read: as many as most tracks have
)

// AddAll adds events as Add does, one by one in their order, and puts into reasons, which is as long, what Add would return for each. The bytes
// of the events' user ids must stay as they are during the call.
//
// Among many users adding an event is mostly waiting for memory, in three steps of which each needs the one before: the index tells the slot, the
// slot tells the block, the block holds the track. So while one group of events is added, the blocks of the next group are on their way, the
// slots of the group after that, and the index's lines of the third.
func (p *Partition) AddAll(events []schemas.Event, reasons []schemas.Reason, out *Outbox) {
	f := &p.prefetcher
	for len(events) > 0 {
		n := min(len(events), AddBatch)
		for at := 0; at < n+3*prefetchGroup; at += prefetchGroup {
			f.prefetchIndex(p.users, events, at, min(at+prefetchGroup, n))
			f.prefetchIDs(&p.ids, events, max(0, at-2*prefetchGroup), min(at-prefetchGroup, n))
			f.prefetchSlots(p.users, max(0, at-prefetchGroup), min(at, n))
			f.prefetchBlocks(p.users, max(0, at-2*prefetchGroup), min(at-prefetchGroup, n))
			for i := max(0, at-3*prefetchGroup); i < min(at-2*prefetchGroup, n); i++ {
				reasons[i] = p.add(&events[i], f.hashes[i], f.slots[i], out)
			}
		}
		events, reasons = events[n:], reasons[n:]
	}
}

// prefetchIndex hashes the users' ids and fetches the lines of the index where their entries should be.
func (f *prefetcher) prefetchIndex(u *users, events []schemas.Event, from, to int) {
	lines := f.lines[:0]
	for i := from; i < to; i++ {
		f.hashes[i] = xxhash.Sum64(events[i].User)
		lines = append(lines, u.index.homeAddress(f.hashes[i]))
	}
	prefetch(lines)
}

// prefetchIDs fetches where the events' own ids should be among those that are remembered, in one step.
func (f *prefetcher) prefetchIDs(d *eventIDs, events []schemas.Event, from, to int) {
	if d.tables == nil {
		return
	}
	lines := f.lines[:0]
	for i := from; i < to; i++ {
		if id := events[i].ID; id != 0 {
			lines = append(lines, d.address(spread(id)))
		}
	}
	prefetch(lines)
}

// prefetchSlots asks the index for the users' slots and fetches these.
func (f *prefetcher) prefetchSlots(u *users, from, to int) {
	lines := f.lines[:0]
	for i := from; i < to; i++ {
		slot, found := u.index.probe(f.hashes[i])
		if f.slots[i] = noSlot; found {
			f.slots[i] = slot
			lines = append(lines, addressOf(u.slot(slot)))
		}
	}
	prefetch(lines)
}

// prefetchBlocks fetches of the users' blocks the track's end and the id, most often in one line.
func (f *prefetcher) prefetchBlocks(u *users, from, to int) {
	lines := f.lines[:0]
	for i := from; i < to; i++ {
		if f.slots[i] == noSlot {
			continue
		}
		if r := u.slot(f.slots[i]).block; r != (ref{}) {
			lines = appendBlockLines(lines, &u.blocks, r)
		}
	}
	prefetch(lines)
}

// appendBlockLines appends the addresses at which a block's data and the block itself end, without reading the block.
func appendBlockLines(lines []uintptr, b *blocks, r ref) []uintptr {
	begin, size := b.span(r)
	data, end := begin+uintptr(max(r.length(), 1)-1), begin+size-1
	if lines = append(lines, data); data/cacheLine == end/cacheLine {
		return lines
	}
	return append(lines, end)
}

// addressOf is a value's address as a number, which keeps nothing alive.
func addressOf[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }

// prefetchDue does the same for users who are due, at each group that begins at from: it fetches the tracks and ids of the group after it, from
// their blocks' ends back, and the slots of the second group after it. At the first group of all it fetches those of that group too.
func (f *prefetcher) prefetchDue(u *users, due []uint32, from int) {
	slots, tracks := from+2*prefetchGroup, from+prefetchGroup
	if from == 0 {
		slots, tracks = 0, 0
	}
	lines := f.lines[:0]
	for _, n := range due[min(slots, len(due)):min(from+3*prefetchGroup, len(due))] {
		lines = append(lines, addressOf(u.slot(n)))
	}
	prefetch(lines)
	lines = lines[:0]
	for _, n := range due[min(tracks, len(due)):min(from+2*prefetchGroup, len(due))] {
		begin, size := u.blocks.span(u.slot(n).block)
		for at := begin + size; at > begin+size-min(size, trackLines*cacheLine); at -= cacheLine {
			lines = append(lines, at-1)
		}
	}
	prefetch(lines)
}
