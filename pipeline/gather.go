package pipeline

import (
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
)

// gathered are records on their way into the state: as many as are looked up together.
type gathered struct {
	records [state.AddBatch]schemas.Record
	events  [state.AddBatch]schemas.Event
	reasons [state.AddBatch]schemas.Reason
	ids     []byte // the users' ids: an event points to its decoder's memory only until the next one is decoded
	count   int    // records that were decoded
}

// gather decodes the next records of a batch and reports whether there were any. What cannot be decoded is refused at once. A partition
// that is rebuilt goes one by one, since its silence ends at a record.
func (w *worker) gather(batch *ingest.Batch) bool {
	g, read := &w.gathered, false
	g.count, g.ids = 0, g.ids[:0]
	for limit := w.lookAhead(); g.count < limit; {
		record, event := &g.records[g.count], &g.events[g.count]
		if !batch.Read(record) {
			return read
		}
		read = true
		w.reach(record.Offset)
		if reason := w.decoder.Decode(record, event); reason != schemas.Accepted {
			w.outbox.Refuse(record, reason, w.detail(reason, event))
			continue
		}
		from := len(g.ids)
		g.ids = append(g.ids, event.User...)
		event.User = g.ids[from:]
		g.count++
	}
	return read
}

func (w *worker) lookAhead() int {
	if w.muted {
		return 1
	}
	return state.AddBatch
}

// add gives the events to the partition's state.
func (w *worker) add() {
	g := &w.gathered
	if w.muted && g.count > 0 && w.memory.refused(g.events[0].Time, w.pipeline.parts.State.MaxJump) {
		return // refused as lying in the future, and told so, before the restart
	}
	w.partition.AddAll(g.events[:g.count], g.reasons[:g.count], &w.outbox)
	for i, reason := range g.reasons[:g.count] {
		if reason != schemas.Accepted {
			w.outbox.Refuse(&g.records[i], reason, w.detail(reason, &g.events[i]))
		}
	}
}
