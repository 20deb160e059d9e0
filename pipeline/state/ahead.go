package state

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// Batch is how many events AddAll takes at a time.
const Batch = 256

// group is how many events go from one step of the look-ahead to the next together: about as many lines as can be on their way to the
// cache at once.
const group = 16

// ahead is what is found out about a batch of events before they are added.
type ahead struct {
	hashes [Batch]uint64
	slots  [Batch]uint32 // the user's, most likely; nobody if there is none
	lines  [2 * trackLines * group]uintptr
}

const nobody = ^uint32(0)

// AddAll adds events as Add does, one by one in their order. reasons has a place for each. The events' users must stay as they are during
// the call.
//
// Among many users adding an event is mostly waiting for memory, in three steps that need one another: the index tells the slot, the
// slot the block. So while a group of events is added, the blocks of the next are on their way, the slots of the one after that, and what
// the index says of the third.
func (p *Partition) AddAll(events []schemas.Event, reasons []schemas.Reason, out *Outbox) {
	a := &p.ahead
	for len(events) > 0 {
		n := min(len(events), Batch)
		for at := 0; at < n+3*group; at += group {
			a.askIndex(p.users, events, at, min(at+group, n))
			a.askSlots(p.users, max(0, at-group), min(at, n))
			a.askBlocks(p.users, max(0, at-2*group), min(at-group, n))
			for i := max(0, at-3*group); i < min(at-2*group, n); i++ {
				reasons[i] = p.add(&events[i], a.hashes[i], a.slots[i], out)
			}
		}
		events, reasons = events[n:], reasons[n:]
	}
}

// askIndex brings into the cache what the index has of some users.
func (a *ahead) askIndex(u *users, events []schemas.Event, from, to int) {
	lines := a.lines[:0]
	for i := from; i < to; i++ {
		a.hashes[i] = xxhash.Sum64(events[i].User)
		lines = append(lines, u.index.home(a.hashes[i]))
	}
	prefetch(lines)
}

// askSlots finds their slots and brings them.
func (a *ahead) askSlots(u *users, from, to int) {
	lines := a.lines[:0]
	for i := from; i < to; i++ {
		slot, found := u.index.probe(a.hashes[i])
		if a.slots[i] = nobody; found {
			a.slots[i] = slot
			lines = append(lines, addressOf(u.slot(slot)))
		}
	}
	prefetch(lines)
}

// askBlocks brings their blocks: the track's end and the id, most often in one line.
func (a *ahead) askBlocks(u *users, from, to int) {
	lines := a.lines[:0]
	for i := from; i < to; i++ {
		if a.slots[i] == nobody {
			continue
		}
		if r := u.slot(a.slots[i]).block; r != (ref{}) {
			lines = appendEnds(lines, &u.blocks, r)
		}
	}
	prefetch(lines)
}

// appendEnds adds where a block's front and the block end, without a look at what is there.
func appendEnds(lines []uintptr, b *blocks, r ref) []uintptr {
	begin, size := b.span(r)
	front, end := begin+uintptr(max(r.length(), 1)-1), begin+size-1
	if lines = append(lines, front); front/cacheLine == end/cacheLine {
		return lines
	}
	return append(lines, end)
}

// addressOf is where a value lies.
func addressOf[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }

// trackLines is how many cache lines of a track are fetched before it is read: as many as most have.
const trackLines = 4

// askDue brings what judging the next users will read, in the same way: the ids and tracks of the next group, from
// their blocks' ends back, and the slots of the one after it.
func (a *ahead) askDue(u *users, due []uint32, from int) {
	slots, tracks := from+2*group, from+group
	if from == 0 {
		slots, tracks = 0, 0
	}
	lines := a.lines[:0]
	for _, n := range due[min(slots, len(due)):min(from+3*group, len(due))] {
		lines = append(lines, addressOf(u.slot(n)))
	}
	prefetch(lines)
	lines = lines[:0]
	for _, n := range due[min(tracks, len(due)):min(from+2*group, len(due))] {
		begin, size := u.blocks.span(u.slot(n).block)
		for at := begin + size; at > begin+size-min(size, trackLines*cacheLine); at -= cacheLine {
			lines = append(lines, at-1)
		}
	}
	prefetch(lines)
}

const cacheLine = 64
