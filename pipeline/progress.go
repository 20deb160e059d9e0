package pipeline

import (
	"time"

	"winback/pipeline/state"
	"winback/schemas"
)

// progress is how events have moved a worker's partition on lately.
type progress struct {
	believed   uint64 // events that the clock has believed
	newest     int64  // the largest event time that it has believed, Unix milliseconds
	believedAt int64  // wall time of the last one, Unix milliseconds

	warned   state.Counts // what has been warned of
	warnedAt int64        // wall time, Unix milliseconds
}

// note takes note of a batch that has been added. Records that are refused, duplicates, and events that max_jump holds back tell no time. When no
// others come, and the partition has been read to its end, the wall clock moves the watermark: it is what a partition has to go by if too
// few users are left after a pause to agree on a jump. While they wait, an event of old tells no time either: a clock that stands still would
// hold them up for good.
func (p *progress) note(w *worker) {
	counts, newest := w.partition.Counts(), w.partition.Newest()
	believed := counts.Events - counts.JumpsHeld
	tells := believed != p.believed
	if w.partition.JumpsWaiting() > 0 {
		tells = newest > p.newest
	}
	if tells || p.believedAt == 0 {
		p.believedAt = w.now
	}
	p.believed, p.newest = believed, newest
}

// warnEvery is how often a partition's warnings are logged.
const warnEvery = int64(10 * schemas.Minute)

// warn logs what has been held back or forgotten since the last warning, once in a while.
func (p *progress) warn(w *worker) {
	counts := w.partition.Counts()
	held, forgotten := counts.JumpsHeld-min(p.warned.JumpsHeld, counts.JumpsHeld), counts.IDsForgotten-min(p.warned.IDsForgotten, counts.IDsForgotten)
	if held+forgotten == 0 || p.warnedAt != 0 && w.now-p.warnedAt < warnEvery {
		return
	}
	p.warned, p.warnedAt = counts, w.now
	log := w.pipeline.parts.Log.With("topic", w.session.Topic(), "partition", w.session.Partition())
	if held > 0 {
		watermark, _ := w.partition.Watermark()
		log.Warn("events more than state.max_jump ahead of the watermark: they count, but it does not follow until state.jump_witnesses users agree",
			"events", held, "users_waiting", w.partition.JumpsWaiting(), "watermark", time.UnixMilli(watermark).UTC())
	}
	if forgotten > 0 {
		log.Warn("ids of events were forgotten before input.dedup.span was over: duplicates of these count again: raise input.dedup.max_ids",
			"ids", forgotten, "remembered", w.partition.EventIDs())
	}
}
