package state

import (
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// Batch is how many events AddAll looks ahead.
const Batch = 64

// ahead is what is found out about a batch of events before the first of them is added.
type ahead struct {
	hashes [Batch]uint64
	slots  [Batch]uint32 // the user's, most likely; nobody if there is none
	lines  [trackLines * Batch]unsafe.Pointer
}

const nobody = ^uint32(0)

// AddAll adds events as Add does, one by one in their order, after their users' state has been fetched together. reasons has a place
// for each. The events' users must stay as they are during the call.
func (p *Partition) AddAll(events []schemas.Event, reasons []schemas.Reason, out *Outbox) {
	a := &p.ahead
	for len(events) > 0 {
		n := min(len(events), Batch)
		for i := range n {
			a.hashes[i] = xxhash.Sum64(events[i].User)
		}
		a.fetch(p.users, n)
		for i := range n {
			reasons[i] = p.add(&events[i], a.hashes[i], a.slots[i], out)
		}
		events, reasons = events[n:], reasons[n:]
	}
}

// fetch brings what adding events of these users will touch into the cache, step by step for all of them, so that they wait for memory
// together and not one after the other.
func (a *ahead) fetch(u *users, n int) {
	lines := a.lines[:0]
	for _, hash := range a.hashes[:n] {
		lines = append(lines, u.index.home(hash))
	}
	prefetch(lines)
	lines = lines[:0]
	for i, hash := range a.hashes[:n] {
		slot, found := u.index.probe(hash)
		if a.slots[i] = nobody; found {
			a.slots[i] = slot
			lines = append(lines, unsafe.Pointer(u.slot(slot)))
		}
	}
	prefetch(lines)
	lines = lines[:0]
	for _, slot := range a.slots[:n] {
		if slot == nobody {
			continue
		}
		if block := u.blocks.get(u.slot(slot).block); len(block) > 0 {
			lines = append(lines, unsafe.Pointer(&block[0]), unsafe.Pointer(&block[len(block)-1]))
		}
	}
	prefetch(lines)
}

// trackLines is how many cache lines of a track are fetched before it is read: as many as most have.
const trackLines = 4

// fetchTracks brings what judging these users will read into the cache. Tracks are read from their end.
func (a *ahead) fetchTracks(u *users, slots []uint32) {
	lines := a.lines[:0]
	for _, n := range slots {
		lines = append(lines, unsafe.Pointer(u.slot(n)))
	}
	prefetch(lines)
	lines = lines[:0]
	for _, n := range slots {
		block := u.blocks.get(u.slot(n).block)
		for at := len(block) - 1; at >= max(0, len(block)-trackLines*cacheLine); at -= cacheLine {
			lines = append(lines, unsafe.Pointer(&block[at]))
		}
	}
	prefetch(lines)
}

const cacheLine = 64
