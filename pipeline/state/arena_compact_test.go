package state

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// BenchmarkClearVictim moves full pages of users' blocks, their owners found and their refs changed: nanoseconds a block.
func BenchmarkClearVictim(b *testing.B) {
	const users = 1_000_000
	u, random := newUsers(), rand.New(rand.NewPCG(1, 2))
	for range users {
		id := fmt.Appendf(nil, "u%08d", random.IntN(100_000_000))
		n, s, _ := u.findOrCreate(id, xxhash.Sum64(id), noSlot)
		u.blocks.reserve(n, 100+random.IntN(80))
		s.setTrackLength(make([]byte, 100))
	}
	v := &u.blocks.victim
	for b.Loop() {
		for !v.chosen || v.walked == pageGranules {
			page := uint32(random.IntN(len(u.blocks.used)))
			*v = victim{page: page, chosen: u.blocks.used[page] != freePage && !u.blocks.isOpen(page)}
		}
		u.blocks.clearVictim()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*compactBatch), "ns/block")
}
