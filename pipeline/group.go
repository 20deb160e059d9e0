package pipeline

import (
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
)

// recordGroup holds records on their way into the state: as many as are looked up together.
type recordGroup struct {
	records [state.AddBatch]schemas.Record
	events  [state.AddBatch]schemas.Event
	reasons [state.AddBatch]schemas.Reason
	ids     []byte // the users' ids: an event points to its decoder's memory only until the next one is decoded
	count   int    // records that were decoded
}

// decode reads and decodes the next records of a batch and reports whether there were any. What cannot be decoded is refused at once.
func (w *worker) decode(batch *ingest.Batch) bool {
	g, read := &w.group, false
	g.count, g.ids = 0, g.ids[:0]
	for g.count < state.AddBatch {
		record, event := &g.records[g.count], &g.events[g.count]
		if !batch.Read(record) {
			return read
		}
		read = true
		if reason := w.decoder.Decode(record, event); reason != schemas.Accepted {
			w.refuse(record, reason, event)
			continue
		}
		from := len(g.ids)
		g.ids = append(g.ids, event.User...)
		event.User = g.ids[from:]
		g.count++
	}
	return read
}

// add gives the events to the partition's state.
func (w *worker) add() {
	g := &w.group
	w.partition.AddAll(g.events[:g.count], g.reasons[:g.count], w.delivery.Outbox())
	for i, reason := range g.reasons[:g.count] {
		if reason != schemas.Accepted {
			w.refuse(&g.records[i], reason, &g.events[i])
		}
	}
}
