package state

import (
	"math"
	"testing"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"
)

// TestEpisodeCountersAreAMap holds the counters to a map by what they keep of a hash, for all numbers that an episode can have.
func TestEpisodeCountersAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, model := newEpisodeCounters(), map[uint64]uint16{}
		episodes := rapid.OneOf(rapid.Uint16Range(0, 3), rapid.Uint16Range(math.MaxUint16-2, math.MaxUint16), rapid.Uint16())
		held := []uint64{1}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "n") {
					hash, episode := hashes().Draw(t, "hash"), episodes.Draw(t, "episode")
					c.put(hash, episode)
					if model[hash>>8] = max(model[hash>>8], episode); model[hash>>8] == 0 {
						delete(model, hash>>8)
					}
					held = append(held, hash)
				}
			},
			"take": func(t *rapid.T) {
				hash := rapid.SampledFrom(held).Draw(t, "hash")
				if got := c.take(hash); got != model[hash>>8] {
					t.Fatalf("%x: episode %d, want %d", hash, got, model[hash>>8])
				}
				delete(model, hash>>8)
			},
			"": func(t *rapid.T) {
				entries := 0
				for i := range c.tables {
					entries += checkTable(t, &c.tables[i])
				}
				if c.count != len(model) || entries != len(model) {
					t.Fatalf("%d counters and %d entries, want %d", c.count, entries, len(model))
				}
			},
		})
		for hash, want := range model {
			if got := c.take(hash << 8); got != want {
				t.Fatalf("%x: episode %d, want %d", hash, got, want)
			}
		}
	})
}

// TestTheLastEpisodeThereCanBeIsRemembered forgets a user at the scorer's limit, where no further episode begins, and has them come back.
func TestTheLastEpisodeThereCanBeIsRemembered(t *testing.T) {
	u := newUsers()
	id, hash := []byte("u"), xxhash.Sum64String("u")
	n, s, _ := u.findOrCreate(id, hash, noSlot)
	s.user.Episode = math.MaxUint16
	u.remove(n)
	if _, s, _ = u.findOrCreate(id, hash, noSlot); s.user.Episode != math.MaxUint16 || u.episodes.count != 0 {
		t.Errorf("episode %d, %d counters", s.user.Episode, u.episodes.count)
	}
}

// checkTable returns how many entries there are, each in order and with no gap before it back to its home.
func checkTable(t *rapid.T, table *sortedTable) (n int) {
	last := uint32(0)
	for i, e := range table.entries {
		if e == 0 {
			continue
		}
		n++
		key := uint32(e >> 32)
		if key < last {
			t.Fatalf("key %x after %x", key, last)
		}
		last = key
		for j := int(table.home(key)); j < i; j++ {
			if table.entries[j] == 0 {
				t.Fatalf("key %x at %d, behind a gap at %d", key, i, j)
			}
		}
	}
	if n != int(table.used) || table.entries[len(table.entries)-1] != 0 {
		t.Fatalf("%d entries, used says %d; the last place holds %x", n, table.used, table.entries[len(table.entries)-1])
	}
	return n
}
