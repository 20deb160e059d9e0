package calibrate

import (
	"fmt"
	"math"
)

// Returns is how many come back from silences of each length, and the lengths of the lifecycle that follow.
type Returns struct {
	*Survival
	Last    int // days: the longest length that enough silences were watched for
	Longest int // days: the longest silence that can be judged, because it was watched for as long again
	Levels  [4]Level
}

// Level is a threshold of the lifecycle: the first whole day of silence after which fewer than a share return.
type Level struct {
	Path  string // of the setting
	Below float64
	Days  int   // 0 if it was not found
	Err   error // why not
}

// Returns judges the silences. It fails where they are too few to be judged at all.
func (h *History) Returns(cfg Config) (*Returns, error) {
	var lengths Lengths
	h.silences(func(days, _ int, returned bool) { lengths.Add(days, returned) })
	r := &Returns{Survival: lengths.Estimate()}
	r.Last = r.last()
	r.Longest = r.Last / 2
	returned := int64(0)
	for _, n := range lengths.Returned[min(1, len(lengths.Returned)):] {
		returned += n
	}
	switch {
	case r.Watched(1) < minWatched:
		return nil, fmt.Errorf("only %s lasted a day or longer: everybody comes all the time, or the data is too short; at least %d are needed to tell after how many days nobody returns",
			counted(int(r.Watched(1)), "silence"), minWatched)
	case returned < minReturns:
		return nil, fmt.Errorf("only %s from a silence of a day or longer: too few to tell when users are gone from when they pause; at least %d are needed, "+
			"from a longer history or more users", counted(int(returned), "return"), minReturns)
	case r.Longest < 1:
		return nil, fmt.Errorf("silences can be watched for %s only, in enough of them (%d): give a longer history", counted(r.Last, "day"), minWatched)
	}
	r.Levels = [...]Level{
		{Path: "scorer.lifecycle.silent_light", Below: lightReturn}, {Path: "scorer.lifecycle.silent_moderate", Below: moderateReturn},
		{Path: "scorer.lifecycle.silent_heavy", Below: heavyReturn}, {Path: "scorer.lifecycle.churned", Below: cfg.ReturnBelow},
	}
	before := 0
	for i := range r.Levels {
		r.find(&r.Levels[i], before, h.Days())
		before = r.Levels[i].Days
	}
	return r, nil
}

// Share is the share that returns from a silence of so many days, by the end of what can be told, and its standard error.
func (r *Returns) Share(days int) (share, err float64) { return r.Returning(days, r.Last) }

// find sets a level's days, after those of the level before it.
func (r *Returns) find(l *Level, before, history int) {
	for d := before + 1; d <= r.Longest; d++ {
		if share, _ := r.Share(d); share < l.Below {
			l.Days = d
			return
		}
	}
	share, _ := r.Share(r.Longest)
	if share >= nearlyAll {
		l.Err = fmt.Errorf("of silences of %s, the longest that enough were watched for, all but one in a hundred or fewer end in a return: a history in which users leave is needed",
			counted(r.Longest, "day"))
		return
	}
	if share < l.Below {
		l.Err = fmt.Errorf("longer than %d days, which is as far as %d days of data can tell: about %d days are needed", r.Longest, history, history+2*(before+1-r.Longest))
		return
	}
	l.Err = fmt.Errorf("of silences of %s, the longest that %d days of data can tell, %s still return: %s", counted(r.Longest, "day"), history, percent(share), r.needed(l.Below, history))
}

// nearlyAll is the share of returns from which on nobody seems to leave.
const nearlyAll = 0.99

// farthest is the longest history that is worth asking for, in days.
const farthest = 4000

// needed says how long a history would show a share, if the curve went on as it does over its last half.
func (r *Returns) needed(below float64, history int) string {
	half := r.Longest / 2
	early, _ := r.Share(half)
	late, _ := r.Share(r.Longest)
	slope := (math.Log(early) - math.Log(late)) / float64(r.Longest-half)
	days := float64(r.Longest) + math.Log(late/below)/slope
	if needed := float64(history) + 2*(days-float64(r.Longest)); slope > 0 && needed <= farthest {
		return fmt.Sprintf("about %.0f days of data are needed", 10*math.Ceil(needed/10))
	}
	return fmt.Sprintf("much more than %d days of data are needed", 2*history)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
