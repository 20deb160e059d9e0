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
	lane := sessionLane(r)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		times := make([]int64, 1+rng.IntN(60))
		for i := range times {
			times[i] = 1_700_000_000_000 + rng.Int64N(20)*r.gap + rng.Int64N(3) - 1
		}
		cells := make([]Cell, 0, len(times)+1)
		for _, at := range times {
			cells, _ = r.addSession(cells, lane, at, 0)
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
	id := sessionLane(r)
	cells := make([]Cell, 0, 64)
	at := int64(1_700_000_000_000)
	first := r.GrainOf(at)
	for range 60 * 48 { // 60 days of an event each half hour, to the millisecond
		cells = r.expire(&User{}, cells, r.GrainOf(at))
		cells, _ = r.addSession(cells, id, at, 0)
		at += r.gap
	}
	if len(cells) != 1 || cells[0].Grain != first {
		t.Errorf("%d sessions, the first at grain %d: want one from grain %d", len(cells), cells[0].Grain, first)
	}
	at += 1
	cells = r.expire(&User{}, cells, r.GrainOf(at)+1+r.Reach(1))
	if len(cells) != 0 {
		t.Errorf("%d cells left after the session ended", len(cells))
	}
}

// TestALateEventJoinsASessionThatBeganBeforeTheWindows makes room between a session and the oldest event that is still accepted: what
// has been dropped must not make that event a session of its own.
func TestALateEventJoinsASessionThatBeganBeforeTheWindows(t *testing.T) {
	config := Defaults()
	config.Metrics = []Metric{{Name: "visits", Types: []string{"view"}, Adds: Sessions, Core: true}}
	config.Activity = []string{"visits"}
	r := compile(t, config)
	id := sessionLane(r)
	first := r.GrainOf(1_700_000_000_000)
	border := int64(first+1) * r.grain
	next := first + 1 + r.Reach(1) // an event at border is just not too late
	for _, test := range []struct {
		name       string
		ends, late int64 // Unix milliseconds
	}{
		{"over the edge", border + 1, border + 1 + r.gap},
		{"before the edge", border - 1, border - 1 + r.gap},
		{"too far", border - 1, border + r.gap},
		{"apart", border + 1, border + 2 + r.gap},
	} {
		t.Run(test.name, func(t *testing.T) {
			cells, _ := r.addSession(make([]Cell, 0, 8), id, border-r.gap+1, 0)
			cells, _ = r.addSession(cells, id, test.ends, 0)
			cells, grain := r.addSession(r.expire(&User{}, cells, next), id, test.late, 0)
			inside := 0
			for i := range cells {
				if cells[i].Grain > first {
					inside++
				}
			}
			joins := test.late-test.ends <= r.gap
			if joins != (grain == first) || (inside == 0) != joins {
				t.Errorf("%d cells, %d in the windows, the event's session begins at grain %d (the first one's is %d)", len(cells), inside, grain, first)
			}
		})
	}
	cells, _ := r.addSession(make([]Cell, 0, 8), id, border-r.gap-1, 0)
	if cells = r.expire(&User{}, cells, next); len(cells) != 0 {
		t.Error("a session that nothing can join any more is kept")
	}
}

func sessionLane(r *Rules) uint8 {
	return uint8(slices.IndexFunc(r.lanes, func(l lane) bool { return l.sum == Sessions }))
}
