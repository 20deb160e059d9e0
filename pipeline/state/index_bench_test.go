package state

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkProbe is what the index alone costs, when its lines are in the cache and when a batch of them is asked for first.
func BenchmarkProbe(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		x, random, hashes := newSlotIndex(), rand.New(rand.NewPCG(1, 2)), make([]uint64, users)
		for n := range hashes {
			hashes[n] = random.Uint64()
			x.insert(hashes[n], uint32(n))
		}
		random.Shuffle(users, func(i, j int) { hashes[i], hashes[j] = hashes[j], hashes[i] })
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			var lines [AddBatch]uintptr
			missed := 0
			for i := 0; b.Loop(); i += AddBatch {
				at := i % (users - AddBatch)
				for k, hash := range hashes[at : at+AddBatch] {
					lines[k] = x.homeAddress(hash)
				}
				prefetch(lines[:])
				for _, hash := range hashes[at : at+AddBatch] {
					if _, found := x.probe(hash); !found {
						missed++
					}
				}
			}
			if missed > b.N {
				b.Fatalf("%d not found", missed)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/AddBatch, "ns/probe")
		})
	}
}
