package state

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// bareTable is a partition's memory without a scorer: index, slots of 64 bytes, blocks.
type bareTable struct {
	index  slotIndex
	slots  [][]bareSlot
	blocks blocks
}

type bareSlot struct {
	_     [44]byte
	cells ref
	_     [12]byte
}

func (p *bareTable) slot(n uint32) *bareSlot {
	return &p.slots[n/uint32(slotPiece)][n%uint32(slotPiece)]
}

// newPlain has users with tracks of log-normal lengths, some 90 bytes on average, laid in no order.
func newBareTable(users int) *bareTable {
	random := rand.New(rand.NewPCG(1, 2))
	p := &bareTable{index: newSlotIndex()}
	p.blocks = newBlocks(func(owner uint32) *ref { return &p.slot(owner).cells }, nil)
	for n := range users {
		if n%slotPiece == 0 {
			p.slots = append(p.slots, unsafe.Slice((*bareSlot)(unsafe.Pointer(unsafe.SliceData(p.blocks.allocator.allocate()))), slotPiece))
		}
		p.index.insert(xxhash.Sum64(bareID(nil, n)), uint32(n))
	}
	var id []byte
	for _, n := range random.Perm(users) {
		track := min(1+int(60*math.Exp(0.9*random.NormFloat64())), 4000)
		id = bareID(id, n)
		p.blocks.create(uint32(n), id, track)
		p.slot(uint32(n)).cells.setLength(track)
	}
	return p
}

func bareID(id []byte, n int) []byte {
	return strconv.AppendInt(append(id[:0], "user-"...), int64(10_000_000+n), 10)
}

// touch finds a user and changes the end of the track.
func (p *bareTable) touch(hash uint64, id []byte) bool {
	n, found := p.index.find(hash, func(n uint32) bool {
		return string(idOf(p.blocks.body(p.slot(n).cells))) == string(id)
	})
	if !found {
		return false
	}
	_, track := p.blocks.idAndData(p.slot(n).cells)
	track[len(track)-1]++
	return true
}

// warm brings what touch will look at into the cache, for all hashes together, stage by stage.
func (p *bareTable) prefetchAll(hashes []uint64, lines []uintptr, slots []uint32) {
	lines, slots = lines[:0], slots[:0]
	for _, hash := range hashes {
		lines = append(lines, p.index.homeAddress(hash))
	}
	prefetch(lines)
	lines = lines[:0]
	for _, hash := range hashes {
		if n, found := p.index.probe(hash); found {
			slots = append(slots, n)
			lines = append(lines, addressOf(p.slot(n)))
		}
	}
	prefetch(lines)
	lines = lines[:0]
	for _, n := range slots {
		lines = appendBlockLines(lines, &p.blocks, p.slot(n).cells)
	}
	prefetch(lines)
}

// BenchmarkLookUp finds random users, one after the other and in batches. WINBACK_BENCH_USERS sets how many there are.
func BenchmarkLookUp(b *testing.B) {
	users := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("WINBACK_BENCH_USERS")); err == nil {
		users = n
	}
	p, random := newBareTable(users), rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{1, 16, 32, 64, 128, 256} {
		b.Run(fmt.Sprintf("users=%d/batch=%d", users, size), func(b *testing.B) {
			hashes, ids := make([]uint64, 1<<17), make([][]byte, 1<<17)
			lines, slots := make([]uintptr, 2*size), make([]uint32, size)
			for i := range ids {
				ids[i] = bareID(nil, random.IntN(users))
				hashes[i] = xxhash.Sum64(ids[i])
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				k := i % len(ids)
				if size > 1 && k%size == 0 {
					p.prefetchAll(hashes[k:k+size], lines, slots)
				}
				if !p.touch(hashes[k], ids[k]) {
					b.Fatalf("%s: not found", ids[k])
				}
			}
		})
	}
}

// TestPrefetchingChangesNothing has every kind of user in a batch: known, unknown, and none at all.
func TestPrefetchingChangesNothing(t *testing.T) {
	const users = 100_000
	p := newBareTable(users)
	var hashes []uint64
	for n := users - 100; n < users+100; n++ {
		hashes = append(hashes, xxhash.Sum64(bareID(nil, n)))
	}
	p.prefetchAll(hashes, nil, nil)
	p.prefetchAll(nil, nil, nil)
	for n := range users {
		if id := bareID(nil, n); !p.touch(xxhash.Sum64(id), id) {
			t.Fatalf("%s: not found", id)
		}
	}
}
