package state

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// hashes are few and alike, so that keys, homes and tables coincide: the last home, one key for many, keys side by side as the index
// and as the episode counters see them, and anything.
func hashes() *rapid.Generator[uint64] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) uint64 { return 0x2a<<56 | rapid.Uint64Range(0, 40).Draw(t, "same key") }),
		rapid.Custom(func(t *rapid.T) uint64 { return 0x2a<<56 | rapid.Uint64Range(0, 40).Draw(t, "neighbour")<<24 }),
		rapid.Custom(func(t *rapid.T) uint64 {
			return 0x2a<<56 | rapid.Uint64Range(0, 40).Draw(t, "index neighbour")<<(56-keyBits)
		}),
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
					x.insert(hash, next)
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
		entries += checkBuckets(t, &x.tables[i])
	}
	if x.users != users || entries != users {
		t.Fatalf("%d users and %d entries, want %d", x.users, entries, users)
	}
}

// checkBuckets returns how many entries there are, each within reach of a home that knows how many it has elsewhere.
func checkBuckets(t *rapid.T, table *bucketTable) (n int) {
	elsewhere := map[uint32]int{}
	for in := range table.buckets {
		for place := range bucketPlaces {
			if e := table.buckets[in].at(place); e != 0 {
				key, number := table.decode(e, in)
				home, rest := table.split(key)
				if behind := uint32(in) - home; behind >= maxProbe || table.encode(rest, behind, number) != e {
					t.Fatalf("%x: an entry of home %d in bucket %d, of %d homes", e, home, in, table.homes)
				} else if behind > 0 {
					elsewhere[home]++
				}
				n++
			}
		}
	}
	for _, e := range table.overflow {
		home, _ := table.split(uint32(e >> 32))
		elsewhere[home]++
	}
	for home := range table.homes {
		if known := int(table.buckets[home].high[displacedPlace]); known != maxDisplaced && known != elsewhere[home] || elsewhere[home] > maxDisplaced && known != maxDisplaced {
			t.Fatalf("home %d of %d: %d entries are away, counted %d", home, table.homes, elsewhere[home], known)
		}
	}
	if n += len(table.overflow); n != int(table.used) {
		t.Fatalf("%d entries, used says %d", n, table.used)
	}
	return n
}

// TestEntryHoldsTheWholeKey takes keys apart and puts them together again, for tables of all sizes.
func TestEntryHoldsTheWholeKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table bucketTable
		table.shape(rapid.OneOf(rapid.Uint32Range(1, 300), rapid.Uint32Range(1, 1<<21)).Draw(t, "homes"))
		key, behind := rapid.Uint32Range(0, 1<<keyBits-1).Draw(t, "key"), rapid.Uint32Range(0, maxProbe-1).Draw(t, "behind")
		number := uint32(rapid.Uint64Range(1, 1<<table.slotBits-1).Draw(t, "number"))
		home, rest := table.split(key)
		entry := table.encode(rest, behind, number)
		if home >= table.homes || entry>>entryBits != 0 {
			t.Fatalf("key %x: home %d of %d, entry %x", key, home, table.homes, entry)
		}
		if gotKey, got := table.decode(entry, int(home+behind)); gotKey != key || got != number {
			t.Fatalf("key %x, number %d of %x, want %x and %d", gotKey, got, entry, key, number)
		}
	})
}

// TestSlotNumbersOfAllSizes puts slots far beyond what the number of entries would give.
func TestSlotNumbersOfAllSizes(t *testing.T) {
	x := newSlotIndex()
	hash := func(n int) uint64 { return uint64(n) * 0x9e37_79b9_7f4a_7c15 >> 8 }
	var slots []uint32
	for n := range 32 {
		slots = append(slots, 1<<n-1, 1<<n)
	}
	slots = append(slots, math.MaxUint32-1)
	for n, slot := range slots {
		x.insert(hash(n), slot)
	}
	for n, want := range slots {
		if got, found := x.find(hash(n), func(slot uint32) bool { return slot == want }); !found || got != want {
			t.Fatalf("slot %d, %v, want %d", got, found, want)
		}
	}
}

// TestManyUsersOfOneHashAreAllFound is what ids made to collide would do: it gets slow and stays right.
func TestManyUsersOfOneHashAreAllFound(t *testing.T) {
	x, hash := newSlotIndex(), uint64(0x2a<<56)
	for slot := range uint32(1000) {
		x.insert(hash, slot)
		x.insert(hash+uint64(slot)<<(56-keyBits), 1000+slot)
	}
	for slot := range uint32(1000) {
		if !x.remove(hash, slot) || x.remove(hash, slot) {
			t.Fatalf("slot %d is not there, or twice", slot)
		}
	}
	for slot := range uint32(1000) {
		want := 1000 + slot
		if got, found := x.probe(hash + uint64(slot)<<(56-keyBits)); !found || got != want {
			t.Fatalf("slot %d, %v, want %d", got, found, want)
		}
	}
	if x.users != 1000 {
		t.Fatalf("%d users", x.users)
	}
}

// TestIndexBytesPerUserAreBounded bounds the bytes a user costs, whatever the number of users, and counts who is not found in one cache line.
func TestIndexBytesPerUserAreBounded(t *testing.T) {
	x, random := newSlotIndex(), rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for n := range 1_000_000 {
		x.insert(random.Uint64(), uint32(n))
		if n >= 100_000 && n%10_000 == 0 {
			worst = max(worst, float64(x.footprint())/float64(n))
		}
	}
	elsewhere, rest := 0, 0
	for i := range x.tables {
		for home := range x.tables[i].homes {
			elsewhere += int(x.tables[i].buckets[home].high[displacedPlace])
		}
		rest += len(x.tables[i].overflow)
	}
	t.Logf("%.2f bytes a user at the worst, %.2f at a million; %.2f %% are not at home, %d of them in no bucket", worst, float64(x.footprint())/1e6,
		float64(elsewhere)/1e4, rest)
	if worst > 9 || float64(x.footprint()) > 7.5e6 || elsewhere > 40_000 || rest > 400 {
		t.Errorf("%.2f bytes a user, %d not at home, %d in no bucket", worst, elsewhere, rest)
	}
}
