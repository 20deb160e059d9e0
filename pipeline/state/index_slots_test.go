package state

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// hashes are few and alike, so that keys, homes and tables coincide: the last home, one key for many, and anything.
func hashes() *rapid.Generator[uint64] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) uint64 { return 0x2a<<56 | rapid.Uint64Range(0, 40).Draw(t, "same key") }),
		rapid.Custom(func(t *rapid.T) uint64 { return 0x2a<<56 | rapid.Uint64Range(0, 40).Draw(t, "neighbour")<<24 }),
		rapid.Custom(func(t *rapid.T) uint64 {
			return 0x2aff_ffff_ff00_0000 - rapid.Uint64Range(0, 9).Draw(t, "last home")<<24
		}),
		rapid.Uint64(),
	)
}

// TestSlotIndexIsAMap holds the index to a map through random sequences of all it can do.
func TestSlotIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model, next := newSlotIndex(), map[uint64][]uint32{}, uint32(0)
		held := []uint64{}
		some := func(t *rapid.T) uint64 {
			if len(held) > 0 && rapid.Bool().Draw(t, "held") {
				return rapid.SampledFrom(held).Draw(t, "of the held")
			}
			return hashes().Draw(t, "hash")
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "n") {
					hash := some(t)
					x.put(hash, next)
					model[hash] = append(model[hash], next)
					held = append(held, hash)
					next++
				}
			},
			"remove": func(t *rapid.T) {
				hash := some(t)
				slots := model[hash]
				if len(slots) == 0 {
					if x.remove(hash, next) {
						t.Fatalf("%x: removed a slot that was never put", hash)
					}
					return
				}
				if !x.remove(hash, slots[0]) {
					t.Fatalf("%x: slot %d is gone", hash, slots[0])
				}
				if model[hash] = slots[1:]; len(slots) == 1 {
					delete(model, hash)
				}
			},
			"": func(t *rapid.T) { compareIndex(t, &x, model) },
		})
	})
}

func compareIndex(t *rapid.T, x *slotIndex, model map[uint64][]uint32) {
	users := 0
	for hash, slots := range model {
		users += len(slots)
		if _, found := x.probe(hash); !found {
			t.Fatalf("%x: probe finds nothing", hash)
		}
		for _, want := range slots {
			if got, found := x.find(hash, func(slot uint32) bool { return slot == want }); !found || got != want {
				t.Fatalf("%x: slot %d, %v, want %d", hash, got, found, want)
			}
		}
	}
	entries := 0
	for i := range x.tables {
		entries += checkTable(t, &x.tables[i])
	}
	if x.users != users || entries != users {
		t.Fatalf("%d users and %d entries, want %d", x.users, entries, users)
	}
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

// TestSlotIndexSize bounds the bytes a user costs, whatever the number of users.
func TestSlotIndexSize(t *testing.T) {
	x, random := newSlotIndex(), rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for n := range 1_000_000 {
		x.put(random.Uint64(), uint32(n))
		if n >= 100_000 && n%10_000 == 0 {
			worst = max(worst, float64(indexBytes(&x))/float64(n))
		}
	}
	t.Logf("%.2f bytes a user at the worst, %.2f at a million", worst, float64(indexBytes(&x))/1e6)
	if worst > 11.5 {
		t.Errorf("%.2f bytes a user, want at most 11.5", worst)
	}
}

func indexBytes(x *slotIndex) (n int) {
	for i := range x.tables {
		n += 8 * len(x.tables[i].entries)
	}
	return n
}
