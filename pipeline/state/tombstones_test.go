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
