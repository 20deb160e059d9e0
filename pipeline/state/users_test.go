package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// TestUsersKeepTheirTracks lets users come, grow, shrink and go until compaction has moved all of them several times, each found by the id
// in the block alone.
func TestUsersKeepTheirTracks(t *testing.T) {
	const most, steps = 4000, 600_000
	u, random, want := newUsers(), rand.New(rand.NewPCG(1, 2)), map[string][]byte{}
	for step := range steps {
		id := fmt.Appendf(nil, "user-%d", random.IntN(most))
		switch n, known := u.lookUp(id, xxhash.Sum64(id)); {
		case known && random.IntN(40) == 0:
			u.bury(n)
			delete(want, string(id))
		case known && len(want[string(id)]) > 200:
			want[string(id)] = want[string(id)][150:]
			u.write(n, id, want[string(id)])
			u.blocks.trim(n)
		default:
			want[string(id)] = append(want[string(id)], bytes.Repeat([]byte{byte(step)}, random.IntN(12))...)
			n, _ := u.find(id, xxhash.Sum64(id), nobody)
			u.write(n, id, want[string(id)])
		}
	}
	for id, track := range want {
		n, found := u.lookUp([]byte(id), xxhash.Sum64String(id))
		if !found {
			t.Fatalf("%s is gone", id)
		}
		if _, got := u.parts(u.slot(n)); !bytes.Equal(got, track) {
			t.Fatalf("%s has %x, want %x", id, got, track)
		}
	}
	if moved := u.blocks.cleared * granule; u.count() != len(want) || u.index.users != len(want) || moved < 4*most*200 {
		t.Fatalf("%d users, %d in the index, want %d; %d bytes moved", u.count(), u.index.users, len(want), moved)
	}
}

// write makes a user's track this one.
func (u *users) write(n uint32, id, track []byte) {
	s := u.slot(n)
	_, old := u.parts(s)
	if len(track) > cap(old) {
		u.blocks.reserve(n, len(track)-len(old))
		_, old = u.parts(s)
	}
	u.keep(s, id, append(old[:0], track...))
}
