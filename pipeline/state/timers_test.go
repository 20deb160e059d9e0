package state

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTimersAreAMap holds the calendar to a map from slot to border, while those due at one are taken and judged some at a time.
func TestTimersAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const users, horizon = 300, 40 // several chunks at a border
		all := make([]timer, users)
		calendar := newTimers(horizon, func(slot uint32) *timer { return &all[slot] })
		model, now := map[uint32]uint32{}, uint32(1)
		var taken []uint32 // of border now
		slots := rapid.Uint32Range(0, users-1)
		set := func(slot, due uint32) {
			calendar.unset(slot)
			calendar.set(slot, due)
			model[slot] = due
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					set(slots.Draw(t, "slot"), now+1+rapid.Uint32Range(0, 4*horizon).Draw(t, "in"))
				}
			},
			"set many": func(t *rapid.T) {
				from, due := slots.Draw(t, "from"), now+1+rapid.Uint32Range(0, 3).Draw(t, "in")
				for slot := range rapid.Uint32Range(0, users-from).Draw(t, "n") {
					set(from+slot, due)
				}
			},
			"unset": func(t *rapid.T) {
				slot := slots.Draw(t, "slot")
				calendar.unset(slot)
				delete(model, slot)
			},
			"judge some": func(t *rapid.T) {
				n := rapid.IntRange(0, len(taken)).Draw(t, "n")
				for _, slot := range taken[:n] {
					if all[slot].due == now {
						calendar.unset(slot)
						delete(model, slot)
					}
				}
				taken = taken[n:]
			},
			"pass": func(t *rapid.T) {
				for range rapid.IntRange(1, 10).Draw(t, "borders") {
					for slot, due := range model {
						if due == now {
							calendar.unset(slot)
							delete(model, slot)
						}
					}
					now++
					want := dueAt(model, now)
					if taken = calendar.takeDue(now, []uint32{users})[1:]; !slices.Equal(taken, want) {
						t.Fatalf("border %d: took %v, want %v", now, taken, want)
					}
					if again := calendar.takeDue(now, nil); len(again) > 0 {
						t.Fatalf("border %d: took %v twice", now, again)
					}
				}
			},
			"": func(t *rapid.T) {
				if calendar.count != len(model) {
					t.Fatalf("%d timers, want %d", calendar.count, len(model))
				}
				places := map[uint32]bool{}
				for slot, x := range all {
					if x.due != model[uint32(slot)] {
						t.Fatalf("slot %d is due at %d, want %d", slot, x.due, model[uint32(slot)])
					}
					if inList := x.due > now; inList != (x.place != 0) || inList && !calendar.lists(x.due, x.place, uint32(slot)) || inList && places[x.place] {
						t.Fatalf("slot %d, due at %d, stands at %d, which is not so", slot, x.due, x.place)
					}
					places[x.place] = true
				}
			},
		})
	})
}

// TestTheCalendarReusesItsChunks moves slots about for long: what a border gives back, others take.
func TestTheCalendarReusesItsChunks(t *testing.T) {
	const users, horizon = 10_000, 200
	all := make([]timer, users)
	calendar := newTimers(horizon, func(slot uint32) *timer { return &all[slot] })
	for border := uint32(1); border < 2000; border++ {
		for slot := border % 7; slot < users; slot += 7 {
			calendar.unset(slot)
			calendar.set(slot, border+1+(slot*border)%horizon)
		}
		for _, slot := range calendar.takeDue(border+1, nil) {
			calendar.unset(slot)
		}
	}
	if most := uint32(users/(chunkPlaces-1) + horizon + 1); calendar.chunksIssued > most {
		t.Errorf("%d chunks for %d slots at %d borders, want at most %d", calendar.chunksIssued, users, horizon, most)
	}
}

// TestSortIsSlicesSort sorts slots that stand close together, far apart, and alone.
func TestSortIsSlicesSort(t *testing.T) {
	var calendar timers
	rapid.Check(t, func(t *rapid.T) {
		spread := rapid.SampledFrom([]uint32{1, 3, 1_000, 1_000_000}).Draw(t, "spread")
		slots := rapid.SliceOfDistinct(rapid.Uint32Range(0, 300), func(n uint32) uint32 { return n }).Draw(t, "slots")
		for i := range slots {
			slots[i] *= spread
		}
		want := slices.Sorted(slices.Values(slots))
		if calendar.sort(slots); !slices.Equal(slots, want) {
			t.Fatalf("got %v, want %v", slots, want)
		}
		if slices.Max(append(calendar.sortBits, 0)) != 0 {
			t.Fatal("a bit is left")
		}
	})
}

// BenchmarkTakeDue is what a border costs before anybody is judged, where some of a million users are due.
func BenchmarkTakeDue(b *testing.B) {
	const users = 1_000_000
	for _, due := range []int{100, 2_500, 100_000, users} {
		b.Run(fmt.Sprintf("due=%d", due), func(b *testing.B) {
			all, slots := make([]slot, users), rand.New(rand.NewPCG(1, 2)).Perm(users)[:due]
			calendar := newTimers(100, func(slot uint32) *timer { return &all[slot].timer })
			var taken []uint32
			for border := uint32(1); b.Loop(); border++ {
				b.StopTimer()
				for _, slot := range slots {
					calendar.unset(uint32(slot))
					calendar.set(uint32(slot), border)
				}
				b.StartTimer()
				if taken = calendar.takeDue(border, taken[:0]); len(taken) != due {
					b.Fatal(len(taken))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(due), "ns/user")
		})
	}
}

func dueAt(model map[uint32]uint32, border uint32) (slots []uint32) {
	for slot, due := range model {
		if due == border {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	return slots
}
