package state

import (
	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// Batch is how many events AddAll looks ahead.
const Batch = 64

// ahead is what is found out about a batch of events before the first of them is added.
type ahead struct {
	hashes  [Batch]uint64
	slots   [Batch]uint32
	touched uint64 // keeps the compiler from dropping reads that are there to fill the cache
}

// AddAll adds events as Add does, one by one in their order, after their users' state has been fetched together. reasons has a place
// for each. The events' users must stay as they are during the call.
func (p *Partition) AddAll(events []schemas.Event, reasons []schemas.Reason, out *Outbox) {
	for len(events) > 0 {
		n := min(len(events), Batch)
		for i := range n {
			p.ahead.hashes[i] = xxhash.Sum64(events[i].User)
		}
		p.ahead.touched += p.users.prefetch(p.ahead.hashes[:n], p.ahead.slots[:n])
		for i := range n {
			reasons[i] = p.add(&events[i], p.ahead.hashes[i], p.ahead.slots[i], out)
		}
		events, reasons = events[n:], reasons[n:]
	}
}
