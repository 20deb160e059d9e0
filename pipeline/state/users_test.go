package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// TestUsersKeepTheirTracksThroughCompaction lets users come, grow, shrink and go until compaction has moved all of them many times, each found by the id
// in the block alone.
func TestUsersKeepTheirTracksThroughCompaction(t *testing.T) {
	const most, steps = 4000, 2_800_000
	u, random, want := newUsers(), rand.New(rand.NewPCG(1, 2)), map[string][]byte{}
	for step := range steps {
		id := fmt.Appendf(nil, "user-%d", random.IntN(most))
		switch n, known := u.lookUp(id, xxhash.Sum64(id)); {
		case known && random.IntN(40) == 0:
			u.remove(n)
			delete(want, string(id))
		case known && len(want[string(id)]) > 200:
			want[string(id)] = want[string(id)][150:]
			u.write(n, want[string(id)])
			u.blocks.trim(n)
		default:
			want[string(id)] = append(want[string(id)], bytes.Repeat([]byte{byte(step)}, random.IntN(12))...)
			n, _, _ := u.findOrCreate(id, xxhash.Sum64(id), noSlot)
			u.write(n, want[string(id)])
		}
	}
	for id, track := range want {
		n, found := u.lookUp([]byte(id), xxhash.Sum64String(id))
		if !found {
			t.Fatalf("%s is gone", id)
		}
		if _, got := u.idAndTrack(u.slot(n)); !bytes.Equal(got, track) {
			t.Fatalf("%s has %x, want %x", id, got, track)
		}
	}
	if moved := u.blocks.movedByCompaction * granule; u.count() != len(want) || u.index.users != len(want) || moved < 10*most*200 {
		t.Fatalf("%d users, %d in the index, want %d; %d bytes moved", u.count(), u.index.users, len(want), moved)
	}
}

// TestABlockThatDoesNotFitIsRefused changes a user's block or what the slot says of it, as a snapshot with a right checksum might have it.
func TestABlockThatDoesNotFitIsRefused(t *testing.T) {
	lies := map[string]func(b *blocks, r *ref){
		"an id longer than the block": func(b *blocks, r *ref) { b.body(*r)[len(b.body(*r))-1]++ },
		"an id of four GB":            func(b *blocks, r *ref) { copy(b.body(*r)[len(b.body(*r))-longLength:], "\xff\xff\xff\xff\xff") },
		"a track that covers the id":  func(_ *blocks, r *ref) { r.setLength(r.length() + 1) },
		"a track beyond the block":    func(b *blocks, r *ref) { r.setLength(len(b.body(*r)) + 1) },
		"another place":               func(_ *blocks, r *ref) { r.place = 1 << 20 },
		"another size":                func(_ *blocks, r *ref) { r.size ^= 1 << sizeShift },
		"no class":                    func(b *blocks, r *ref) { *r = b.writeHeader(r.place, 0); r.setLength(1) },
	}
	for _, bytes := range []int{40, maxSharedBytes} {
		for name, lie := range lies {
			u, n, used := fullBlock(bytes)
			s := u.slot(n)
			if err := u.checkBlock(n, s, used); err != nil {
				t.Fatal(err)
			}
			if (name == "another size" || name == "no class") && s.block.isLarge() {
				continue
			}
			if lie(&u.blocks, &s.block); u.checkBlock(n, s, used) == nil {
				t.Errorf("%s, beside a track of %d bytes: no error", name, bytes)
			}
		}
	}
}

// fullBlock is a user with a track of so many bytes, and with as many more as there is room for.
func fullBlock(bytes int) (u *users, n uint32, used []uint32) {
	u = newUsers()
	n, s, _ := u.findOrCreate([]byte("user"), xxhash.Sum64String("user"), noSlot)
	u.write(n, make([]byte, bytes))
	_, track := u.idAndTrack(s)
	s.setTrackLength(track[:cap(track)])
	return u, n, make([]uint32, len(u.blocks.used))
}

// write makes a user's track this one.
func (u *users) write(n uint32, track []byte) {
	s := u.slot(n)
	_, old := u.idAndTrack(s)
	if len(track) > cap(old) {
		u.blocks.reserve(n, len(track)-len(old))
		_, old = u.idAndTrack(s)
	}
	s.setTrackLength(append(old[:0], track...))
}
