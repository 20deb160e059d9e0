package state

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTimersAreAMap holds the calendar to a map from slot to border, while borders are drained some slots at a time.
func TestTimersAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const users, horizon = 50, 40
		all := make([]timer, users)
		calendar := newTimers(horizon, func(slot uint32) *timer { return &all[slot] })
		model, now := map[uint32]uint32{}, uint32(1)
		slots := rapid.Uint32Range(0, users-1)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					slot, due := slots.Draw(t, "slot"), now+rapid.Uint32Range(0, 4*horizon).Draw(t, "in")
					calendar.unset(slot)
					calendar.set(slot, due)
					model[slot] = due
				}
			},
			"unset": func(t *rapid.T) {
				slot := slots.Draw(t, "slot")
				calendar.unset(slot)
				delete(model, slot)
			},
			"take some": func(t *rapid.T) {
				most, due := rapid.IntRange(0, 12).Draw(t, "most"), countDue(model, now)
				taken := calendar.take(now, most, []uint32{users})[1:]
				if len(taken) != min(most, due) {
					t.Fatalf("took %d of %d, want %d", len(taken), due, min(most, due))
				}
				if left := calendar.waiting(now); left != (due > most) {
					t.Fatalf("took %d of %d; waiting says %v", len(taken), due, left)
				}
				forgetTaken(t, model, taken, now)
			},
			"pass": func(t *rapid.T) {
				for range rapid.IntRange(1, 10).Draw(t, "borders") {
					due, taken := countDue(model, now), calendar.take(now, users, nil)
					if len(taken) != due {
						t.Fatalf("border %d: took %d, want %d", now, len(taken), due)
					}
					forgetTaken(t, model, taken, now)
					now++
				}
			},
			"": func(t *rapid.T) {
				if calendar.count != len(model) {
					t.Fatalf("%d timers, want %d", calendar.count, len(model))
				}
				for slot := range all {
					if all[slot].due != model[uint32(slot)] {
						t.Fatalf("slot %d is due at %d, want %d", slot, all[slot].due, model[uint32(slot)])
					}
				}
			},
		})
	})
}

func countDue(model map[uint32]uint32, border uint32) (n int) {
	for _, due := range model {
		if due == border {
			n++
		}
	}
	return n
}

func forgetTaken(t *rapid.T, model map[uint32]uint32, taken []uint32, border uint32) {
	slices.Sort(taken)
	if len(slices.Compact(taken)) != len(taken) {
		t.Fatalf("a slot was taken twice: %v", taken)
	}
	for _, slot := range taken {
		if model[slot] != border {
			t.Fatalf("slot %d was taken at %d and is due at %d", slot, border, model[slot])
		}
		delete(model, slot)
	}
}
