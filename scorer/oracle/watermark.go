package oracle

import (
	"math"
	"slices"
)

// Clock says how the watermark of a partition follows its events.
type Clock struct {
	Lateness int64 // by so much the watermark trails the largest time that is believed
	MaxJump  int64 // one user alone moves the watermark ahead by at most this; 0 believes everybody
}

// mostDoubted is how many users' events are doubted at a time, by docs/mapping.md. It is the bound of the real one too: without it the two
// would differ where more clocks are broken than that.
const mostDoubted = 16

// watermark is where a Clock stands. The first event of all is believed. A later one that is more than MaxJump ahead of the watermark is
// doubted until an event of another user lies within MaxJump of it: one that comes later, or one that is doubted as well. What was believed
// before it came does not speak for it. Of each user the last event that was doubted counts, until it lies no longer ahead of all that is
// believed.
type watermark struct {
	Clock
	newest  int64 // the largest time believed
	doubted []Event
}

func newWatermark(c Clock) *watermark { return &watermark{Clock: c, newest: math.MinInt64} }

// at is the watermark; there must have been an event.
func (w *watermark) at() int64 { return w.newest - w.Lateness }

// see takes note of the next event.
func (w *watermark) see(e Event) {
	believed := w.MaxJump == 0 || w.newest == math.MinInt64
	for _, d := range w.doubted {
		if d.User != e.User && d.Time-e.Time <= w.MaxJump && e.Time-d.Time <= w.MaxJump {
			w.newest, believed = max(w.newest, d.Time), true
		}
	}
	if believed || e.Time <= w.at()+w.MaxJump {
		w.newest = max(w.newest, e.Time)
	} else if e.Time > w.newest {
		w.doubt(e)
	}
	w.doubted = slices.DeleteFunc(w.doubted, func(d Event) bool { return d.Time <= w.newest })
}

// doubt remembers an event. Whose events have been doubted on end for the longest is forgotten when there are too many.
func (w *watermark) doubt(e Event) {
	if i := slices.IndexFunc(w.doubted, func(d Event) bool { return d.User == e.User }); i >= 0 {
		w.doubted[i] = e
		return
	}
	w.doubted = append(w.doubted, e)
	if len(w.doubted) > mostDoubted {
		w.doubted = w.doubted[1:]
	}
}
