package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestTheWatermarkBelievesWhatTwoUsersSay(t *testing.T) {
	type seen struct {
		user string
		day  int64
		want int64 // the watermark after it, days
	}
	for name, events := range map[string][]seen{
		"in small steps one user will do":       {{"u", 0, 0}, {"u", 1, 1}, {"u", 2, 2}},
		"a jump waits":                          {{"u", 0, 0}, {"v", 5, 0}, {"v", 6, 0}, {"u", 1, 1}},
		"a later event of another confirms it":  {{"u", 0, 0}, {"v", 5, 0}, {"u", 4, 5}},
		"so does another jump":                  {{"u", 0, 0}, {"v", 5, 0}, {"w", 6, 6}},
		"one too far away does not":             {{"u", 0, 0}, {"v", 5, 0}, {"w", 7, 0}, {"u", 6, 7}},
		"of a user the last jump counts":        {{"u", 0, 0}, {"v", 5, 0}, {"v", 20, 0}, {"u", 5, 0}, {"u", 20, 20}},
		"what was believed before is no word":   {{"u", 0, 0}, {"u", 1, 1}, {"v", 3, 1}},
		"caught up with, it says nothing more":  {{"u", 0, 0}, {"v", 2, 0}, {"u", 1, 2}, {"v", 4, 2}, {"u", 0, 2}},
		"the first event of all is believed":    {{"u", 90, 90}, {"v", 0, 90}},
		"a second user's small step is no jump": {{"u", 0, 0}, {"v", 9, 0}, {"w", 1, 1}},
	} {
		w := newWatermark(Clock{MaxJump: day, Witnesses: 2})
		for i, e := range events {
			w.see(Event{User: e.user, Time: e.day * day})
			if w.at() != e.want*day {
				t.Errorf("%s: after event %d the watermark is at %v days, want %d", name, i, float64(w.at())/float64(day), e.want)
			}
		}
	}
}

func TestTheWatermarkBelievesWhatThreeUsersSay(t *testing.T) {
	type seen struct {
		user string
		day  int64
		want int64 // the watermark after it, days
	}
	for name, events := range map[string][]seen{
		"in small steps one user will do":           {{"u", 0, 0}, {"u", 1, 1}, {"u", 2, 2}},
		"one who has always been alone is believed": {{"u", 0, 0}, {"u", 9, 9}},
		"two who have always been alone both":       {{"u", 0, 0}, {"v", 9, 0}, {"v", 9, 0}, {"u", 9, 9}},
		"of three, two will not do":                 {{"u", 0, 0}, {"v", 9, 0}, {"w", 9, 0}, {"v", 9, 0}, {"w", 10, 0}},
		"three will":                                {{"u", 0, 0}, {"v", 9, 0}, {"w", 9, 0}, {"x", 9, 9}},
		"one of them may take no jump":              {{"u", 0, 0}, {"v", 2, 0}, {"w", 2, 0}, {"x", 1, 2}},
		"three in a row are not near each other":    {{"u", 0, 0}, {"v", 8, 0}, {"w", 9, 0}, {"x", 10, 0}},
		"nor is one between two":                    {{"u", 0, 0}, {"v", 8, 0}, {"w", 10, 0}, {"x", 9, 0}},
		"the latest three move it":                  {{"u", 0, 0}, {"v", 8, 0}, {"w", 9, 0}, {"x", 10, 0}, {"y", 9, 10}},
		"one phone, seen eight times":               {{"u", 0, 0}, {"v", 1, 1}, {"w", 9, 1}, {"w", 9, 1}, {"w", 9, 1}, {"w", 9, 1}, {"w", 9, 1}, {"w", 10, 1}, {"w", 10, 1}, {"w", 10, 1}, {"v", 2, 2}},
	} {
		w := newWatermark(Clock{MaxJump: day, Witnesses: 3})
		for i, e := range events {
			w.see(Event{User: e.user, Time: e.day * day})
			if w.at() != e.want*day {
				t.Errorf("%s: after event %d the watermark is at %v days, want %d", name, i, float64(w.at())/float64(day), e.want)
			}
		}
	}
}

// BreakClocks must make what a test of max_jump needs: jumps that wait and are confirmed, and more of them than are remembered.
func TestBrokenClocksAreOfAllKinds(t *testing.T) {
	cfg, seen := testConfig(), map[string]int{}
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 5))
		w := newWatermark(Clock{Lateness: 5 * minute, MaxJump: 6 * hour, Witnesses: int64(2 + seed%2)})
		for _, e := range BreakClocks(rng, Random(rng, cfg, 60, 100), 6*hour) {
			before, doubted := w.newest, len(w.doubted)
			jump := before > 0 && e.Time > w.at()+6*hour
			w.see(e)
			seen[fmt.Sprintf("a jump %v, believed %v, as many as can wait %v", jump, w.newest > before, int64(doubted) == mostDoubted+w.Witnesses-2)]++
		}
	}
	for _, kind := range []string{
		"a jump true, believed true, as many as can wait false", "a jump true, believed false, as many as can wait false",
		"a jump true, believed false, as many as can wait true", "a jump false, believed true, as many as can wait false",
	} {
		if seen[kind] < 100 {
			t.Errorf("%s: %d times", kind, seen[kind])
		}
	}
}
