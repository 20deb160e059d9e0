package pipeline

import (
	"fmt"
	"time"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
)

// phase is what a worker does with the records it reads. attach, rebuild and leave set it; nobody else does.
type phase uint8

const (
	recovering phase = iota // the state is rebuilt from records whose outcome has been delivered: nothing is delivered
	live                    // what follows from the records is delivered
	leaving                 // nothing is read any more; what has been read is delivered as far as time allows
)

// worker is one partition under way: its state, and how far it has come. What follows from it is the delivery's business.
type worker struct {
	pipeline  *Pipeline
	session   *ingest.Session
	decoder   *mapping.Decoder
	group     recordGroup
	partition *state.Partition
	delivery  *delivery.Driver
	lineage   lineage
	gap       gap
	phase     phase
	recovery  recovery // what is left of it while the worker is recovering

	now          int64 // wall time, Unix milliseconds
	next         int64 // offsets below it have been read
	started      bool  // a batch has been read to its end
	lastRecordAt int64 // wall time of the last record, Unix milliseconds
	queries      chan func(*state.Partition)
}

// begin notes the wall time that a batch is judged by.
func (w *worker) begin(now time.Time) {
	w.now = now.UnixMilli()
	w.partition.Limit(w.now + int64(w.pipeline.config.MaxSkew))
}

// end takes note of how far the batch went, and lets time pass where no record says so.
func (w *worker) end(batch *ingest.Batch) {
	w.read(batch)
	switch idle := w.now-w.lastRecordAt >= int64(w.pipeline.config.IdleAfter); {
	case w.partition.Behind():
		w.partition.Drain(w.delivery.Outbox())
	case idle && batch.AtEnd():
		w.advanceClock()
	}
	w.report(batch)
}

// read takes note of how far a batch went.
func (w *worker) read(batch *ingest.Batch) {
	if batch.Next > batch.From || !w.started {
		w.lastRecordAt, w.started = w.now, true
	}
	w.next = batch.Next
	w.gap.close(w)
}

// report tells others how far the worker is, between two batches.
func (w *worker) report(batch *ingest.Batch) {
	w.pipeline.statusBoard.post(w, batch)
	w.answer()
}

// advanceClock lets the wall clock move the watermark, as no record does.
func (w *worker) advanceClock() {
	if _, begun := w.partition.Watermark(); !begun {
		return
	}
	watermark := w.now - int64(w.pipeline.parts.State.Lateness)
	w.delivery.ClockAdvanced(watermark, w.next)
	w.partition.Advance(watermark, w.delivery.Outbox())
}

// refuse puts a record among the dead letters.
func (w *worker) refuse(r *schemas.Record, reason schemas.Reason, e *schemas.Event) {
	w.delivery.Outbox().Refuse(r, reason, w.detail(reason, e))
}

// detail says in one line what was wrong with a refused record.
func (w *worker) detail(reason schemas.Reason, e *schemas.Event) string {
	at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
	watermark, _ := w.partition.Watermark()
	switch reason {
	case schemas.Late:
		return fmt.Sprintf("event time %s is older than the windows reach at watermark %s", at(e.Time), at(watermark))
	case schemas.Future:
		return fmt.Sprintf("event time %s is more than max_skew after wall time %s", at(e.Time), at(w.now))
	}
	return w.decoder.Detail()
}
