package train

import "testing"

func TestDataIsCompleteUntilAllButOneInAThousandEventsHaveCome(t *testing.T) {
	for name, c := range map[string]struct {
		perDay map[int64]int // events
		end    int64         // days
		want   int64
	}{
		"no events":                       {nil, 50, 50},
		"to the last day":                 {map[int64]int{1: 5000, 2: 5000}, 3, 3},
		"the last day is not over":        {map[int64]int{1: 5000, 2: 5000}, 2, 2},
		"a clock that runs ahead":         {map[int64]int{1: 5000, 2: 5000, 9000: 3}, 9001, 3},
		"one who stays":                   {map[int64]int{1: 5000, 2: 4995, 60: 1, 90: 1, 120: 1, 121: 1, 122: 1, 123: 1}, 124, 3},
		"more than a few":                 {map[int64]int{1: 5000, 2: 5000, 90: 11}, 91, 91},
		"few of few are more than a few":  {map[int64]int{1: 50, 2: 50, 90: 1}, 91, 91},
		"in between there may be nothing": {map[int64]int{1: 5000, 300: 5000}, 301, 301},
	} {
		s := &Samples{}
		for day := range int64(10_000) {
			for range c.perDay[day] {
				s.Seen(day*dayLength + 5)
			}
		}
		if got := s.CompleteUntil(c.end * dayLength); got != c.want*dayLength {
			t.Errorf("%s: complete up to day %v, want %d", name, float64(got)/dayLength, c.want)
		}
	}
}
