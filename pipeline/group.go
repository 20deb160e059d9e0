package pipeline

import (
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
)

// recordGroup holds events on their way into the state: as many as are looked up together.
type recordGroup struct {
	open    schemas.Record // the record that the decoder is at
	records [state.AddBatch]schemas.Record
	events  [state.AddBatch]schemas.Event
	reasons [state.AddBatch]schemas.Reason
	ids     []byte // the users' ids: an event points to its decoder's memory only until the next one is decoded
	count   int    // events that were decoded
}

// decode reads and decodes the next events of a batch's records and reports whether there may be more. What cannot be decoded is refused at
// once. A record of many events may fill the group: the next call goes on inside of it, so that at the batch's end every record has been read
// as a whole.
func (w *worker) decode(batch *ingest.Batch) bool {
	g := &w.group
	g.count, g.ids = 0, g.ids[:0]
	for g.count < state.AddBatch {
		event := &g.events[g.count]
		reason, found := w.decoder.Next(event)
		switch {
		case found && reason != schemas.Accepted:
			w.refuse(w.decoder.Record(), reason, event)
		case found:
			g.take(w.decoder.Record(), event)
		case batch.Read(&g.open):
			w.decoder.Open(&g.open)
		default:
			return g.count > 0
		}
	}
	return true
}

// take keeps the event that has been decoded, and the record that it is by itself.
func (g *recordGroup) take(r *schemas.Record, e *schemas.Event) {
	from := len(g.ids)
	g.ids = append(g.ids, e.User...)
	e.User = g.ids[from:]
	g.records[g.count] = *r
	g.count++
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
