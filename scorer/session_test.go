package scorer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSessionsAgreeWithSorting adds events in any order and compares with the sessions of the sorted times.
func TestSessionsAgreeWithSorting(t *testing.T) {
	config := Defaults()
	config.Metrics = []Metric{{Name: "visits", Types: []string{"view"}, Adds: Sessions, Core: true}, {Name: "views", Types: []string{"view"}, Adds: Count}}
	config.Activity = []string{"visits"}
	r := compile(t, config)
	var lane uint8
	for i := range r.lanes {
		if r.lanes[i].sum == Sessions {
			lane = uint8(i)
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		times := make([]int64, 1+rng.IntN(60))
		for i := range times {
			times[i] = 1_700_000_000_000 + rng.Int64N(20)*r.gap + rng.Int64N(3) - 1
		}
		cells := make([]Cell, 0, len(times)+1)
		for _, at := range times {
			cells, _ = r.addSession(cells, lane, at)
		}
		slices.Sort(times)
		var want []span
		for _, at := range times {
			if n := len(want); n > 0 && at-want[n-1].end <= r.gap {
				want[n-1].end = at
				continue
			}
			want = append(want, span{at, at})
		}
		var got []span
		for i := range cells {
			got = append(got, r.spanOf(&cells[i]))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("sessions %v, want %v", got, want)
		}
	}
}

// TestALongSessionOutlivesTheWindows keeps a session that never pauses one session, however long it lasts.
func TestALongSessionOutlivesTheWindows(t *testing.T) {
	config := Defaults()
	config.Metrics = []Metric{{Name: "visits", Types: []string{"view"}, Adds: Sessions, Core: true}}
	config.Activity = []string{"visits"}
	r := compile(t, config)
	id := r.byType[1][len(r.byType[1])-1]
	cells := make([]Cell, 0, 64)
	at := int64(1_700_000_000_000)
	first := r.GrainOf(at)
	for range 60 * 48 { // 60 days of an event each half hour, to the millisecond
		cells = r.Expire(cells, r.GrainOf(at))
		cells, _ = r.addSession(cells, id, at)
		at += r.gap
	}
	if len(cells) != 1 || cells[0].Grain != first {
		t.Errorf("%d sessions, the first at grain %d: want one from grain %d", len(cells), cells[0].Grain, first)
	}
	at += 1
	cells = r.Expire(cells, r.GrainOf(at)+r.Reach())
	if len(cells) != 0 {
		t.Errorf("%d cells left after the session ended", len(cells))
	}
}
