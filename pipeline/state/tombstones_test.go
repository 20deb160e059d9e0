package state

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTombstonesAreAMap holds the tombstones to a map by what they keep of a hash.
func TestTombstonesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := newTombstones(), map[uint64]uint32{}
		numbers := rapid.OneOf(rapid.Uint32Range(0, 3), rapid.Uint32Range(inMany-2, inMany+2), rapid.Uint32())
		held := []uint64{1}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "n") {
					hash, episodes := hashes().Draw(t, "hash"), numbers.Draw(t, "episodes")
					s.put(hash, episodes)
					if model[hash>>8] = max(model[hash>>8], episodes); model[hash>>8] == 0 {
						delete(model, hash>>8)
					}
					held = append(held, hash)
				}
			},
			"take": func(t *rapid.T) {
				hash := rapid.SampledFrom(held).Draw(t, "hash")
				if got := s.take(hash); got != model[hash>>8] {
					t.Fatalf("%x: %d episodes, want %d", hash, got, model[hash>>8])
				}
				delete(model, hash>>8)
			},
			"": func(t *rapid.T) {
				entries := 0
				for i := range s.tables {
					entries += checkTable(t, &s.tables[i])
				}
				if s.count != len(model) || entries != len(model) {
					t.Fatalf("%d tombstones and %d entries, want %d", s.count, entries, len(model))
				}
			},
		})
		for hash, want := range model {
			if got := s.take(hash << 8); got != want {
				t.Fatalf("%x: %d episodes, want %d", hash, got, want)
			}
		}
		if len(s.many) > 0 {
			t.Fatalf("%d numbers of nobody", len(s.many))
		}
	})
}

// checkTable returns how many entries there are, each in order and with no gap before it back to its home.
func checkTable(t *rapid.T, table *table) (n int) {
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
