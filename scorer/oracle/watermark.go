package oracle

import (
	"math"
	"slices"
)

// Clock says how the watermark of a partition follows its events.
type Clock struct {
	Lateness  int64 // by so much the watermark trails the largest time that is believed
	MaxJump   int64 // fewer users than Witnesses move the watermark ahead by at most this; 0 believes everybody
	Witnesses int64 // how many users must agree on more
}

// mostDoubted is how many users' events are doubted at a time, by docs/mapping.md, where two must agree; there is room for one more for each
// further one who must. It is the bound of the real one too: without it the two would differ where more clocks are broken than that.
const mostDoubted = 16

// watermark is where a Clock stands. The first event of all is believed. A later one that is more than MaxJump ahead of the watermark is
// doubted until events of so many users lie in a stretch of MaxJump together with it: some that come later, or some that are doubted as well.
// What was believed before it came does not speak for it. Of each user the last event that was doubted counts, until it lies no longer ahead of
// all that is believed. Where fewer users have ever been seen than must agree, all of them must.
type watermark struct {
	Clock
	newest  int64 // the largest time believed
	doubted []Event
	users   map[string]bool // who has been seen
}

func newWatermark(c Clock) *watermark {
	return &watermark{Clock: c, newest: math.MinInt64, users: map[string]bool{}}
}

// at is the watermark; there must have been an event.
func (w *watermark) at() int64 { return w.newest - w.Lateness }

// see takes note of the next event.
func (w *watermark) see(e Event) {
	w.users[e.User] = true
	believed := w.MaxJump == 0 || w.newest == math.MinInt64
	if last, agreed := w.agreed(e); agreed {
		w.newest, believed = max(w.newest, last), true
	}
	if believed || e.Time <= w.at()+w.MaxJump {
		w.newest = max(w.newest, e.Time)
	} else if e.Time > w.newest {
		w.doubt(e)
	}
	w.doubted = slices.DeleteFunc(w.doubted, func(d Event) bool { return d.Time <= w.newest })
}

// agreed returns the last time of all the stretches that hold the event and enough other users' events that are doubted. A stretch is tried from
// each of these events on.
func (w *watermark) agreed(e Event) (last int64, agreed bool) {
	all := []Event{e}
	for _, d := range w.doubted {
		if d.User != e.User {
			all = append(all, d)
		}
	}
	needed := min(w.Witnesses, int64(len(w.users)))
	for _, first := range all {
		within := slices.DeleteFunc(slices.Clone(all), func(d Event) bool { return d.Time < first.Time || d.Time > first.Time+w.MaxJump })
		if !slices.ContainsFunc(within, func(d Event) bool { return d.User == e.User }) || int64(len(within)) < needed {
			continue
		}
		for _, d := range within {
			last, agreed = max(last, d.Time), true
		}
	}
	return last, agreed
}

// doubt remembers an event. Whose events have been doubted on end for the longest is forgotten when there are too many.
func (w *watermark) doubt(e Event) {
	if i := slices.IndexFunc(w.doubted, func(d Event) bool { return d.User == e.User }); i >= 0 {
		w.doubted[i] = e
		return
	}
	w.doubted = append(w.doubted, e)
	if int64(len(w.doubted)) > mostDoubted+w.Witnesses-2 {
		w.doubted = w.doubted[1:]
	}
}
