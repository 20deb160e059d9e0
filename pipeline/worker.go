package pipeline

import (
	"context"
	"fmt"
	"time"

	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
)

// worker is one partition under way: its state, what follows from it and is not delivered yet, and how far it has come.
type worker struct {
	pipeline  *Pipeline
	session   *ingest.Session
	decoder   *mapping.Decoder
	gathered  gathered
	partition *state.Partition
	outbox    state.Outbox
	delivered map[schemas.TriggerID]struct{} // in the trigger topic since before this worker

	now       int64 // wall time, Unix milliseconds
	muted     bool  // below the committed offset: all that follows has been delivered
	committed int64 // offsets below it are delivered
	next      int64 // offsets below it have been read
	started   bool  // next is set
	shipped   int64 // wall time of the last shipment
	shipment  shipment
	lastHeard int64 // wall time of the last record
	sent      int   // triggers at the front of the outbox that are in the topic already
	fresh     []schemas.Trigger
	told      int64 // the watermark of the last insert: quiet partitions too must say how far they are
	note      note  // as of now
	noted     note  // as of the last commit
	memory    memory
	counts    deliveries
	questions chan func(*state.Partition)
}

// deliveries are totals of what left the worker.
type deliveries struct {
	triggers, decisions, rows uint64
	refused                   [schemas.ReasonCount]uint64
}

// begin notes the wall time that a batch is judged by.
func (w *worker) begin(now time.Time) {
	w.now = now.UnixMilli()
	w.partition.Limit(w.now + int64(w.pipeline.config.MaxSkew))
}

// reach ends the silence of a restored partition at its committed offset: what follows from the records below has been delivered.
func (w *worker) reach(offset int64) {
	if !w.muted {
		return
	}
	if w.memory.advance && offset >= w.memory.before {
		w.partition.Advance(w.memory.advanced, &w.outbox)
		w.memory.advance = false
	}
	if offset >= w.committed {
		w.unmute()
	}
}

// unmute ends the silence. A commit is made only when everybody due has been judged, so what that brings has been delivered too.
func (w *worker) unmute() {
	w.partition.DrainAll(&w.outbox)
	w.outbox.Reset()
	w.muted = false
}

// shorter handles a log that ends before the committed offset: the topic was made anew or lost its tail.
func (w *worker) shorter() {
	w.pipeline.parts.Log.Warn("the partition ends before the committed offset: was the topic made anew? going on from its end",
		"topic", w.session.Topic(), "partition", w.session.Partition(), "committed", w.committed, "end", w.next)
	w.committed = w.next
	w.unmute()
}

// end takes note of how far the batch went, and lets time pass where no record says so.
func (w *worker) end(batch *ingest.Batch) {
	if batch.Next > batch.From || !w.started {
		w.lastHeard, w.started = w.now, true
	}
	w.next = batch.Next
	w.reach(w.next)
	switch {
	case w.muted && batch.AtEnd():
		w.shorter()
	case w.muted:
		w.outbox.Reset()
	case w.partition.Behind():
		w.partition.Drain(&w.outbox)
	case batch.AtEnd() && w.now-w.lastHeard >= int64(w.pipeline.config.IdleAfter):
		w.note.advanced, w.note.before = w.now-int64(w.pipeline.parts.State.Lateness), w.next
		w.partition.Advance(w.note.advanced, &w.outbox)
	}
	w.pipeline.board.post(w, batch)
	w.answer()
}

// deliver sends triggers and dead letters at once, and rows when it is time.
func (w *worker) deliver(ctx context.Context) error {
	if w.muted {
		return nil
	}
	if err := w.send(ctx); err != nil {
		return err
	}
	return w.ship(ctx)
}

func (w *worker) send(ctx context.Context) error {
	partition := w.session.Partition()
	if triggers := w.unsent(); len(triggers) > 0 {
		if err := w.pipeline.parts.Triggers.Deliver(ctx, partition, triggers); err != nil {
			return fmt.Errorf("triggers: %w", err)
		}
		w.counts.triggers += uint64(len(triggers))
	}
	w.sent = len(w.outbox.Triggers)
	if len(w.outbox.DeadLetters) == 0 {
		return nil
	}
	if err := w.pipeline.parts.DeadLetters.Deliver(ctx, partition, w.outbox.DeadLetters); err != nil {
		return fmt.Errorf("dead letters: %w", err)
	}
	for _, l := range w.outbox.DeadLetters {
		w.counts.refused[l.Reason]++
	}
	clear(w.outbox.DeadLetters)
	w.outbox.DeadLetters = w.outbox.DeadLetters[:0]
	return nil
}

// unsent returns the triggers that are not in the topic yet, neither by this worker nor by one before a restart.
func (w *worker) unsent() []schemas.Trigger {
	fresh := w.outbox.Triggers[w.sent:]
	if len(w.delivered) == 0 {
		return fresh
	}
	w.fresh = w.fresh[:0]
	for _, t := range fresh {
		if _, known := w.delivered[t.ID]; !known {
			w.fresh = append(w.fresh, t)
		}
	}
	return w.fresh
}

// ship hands the rows to ClickHouse in the background once the rows before them are in, and goes on reading meanwhile. When both
// this outbox and the one under way are full, it waits: that bounds the memory.
func (w *worker) ship(ctx context.Context) error {
	if w.shipment.ready() {
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	rows := len(w.outbox.Activity) + len(w.outbox.Decisions) + len(w.outbox.Triggers) + len(w.outbox.Profiles)
	full := rows >= w.pipeline.config.FlushRows
	early := w.now-w.shipped < int64(w.pipeline.config.FlushEvery)
	if !full && (early || w.shipment.under()) {
		return nil
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	w.dispatch(ctx)
	return nil
}

// dispatch starts the insert of what the outbox holds and leaves an empty outbox. While users are still to be judged, what follows from
// the records read is not complete: the rows go, and nothing is committed after them.
func (w *worker) dispatch(ctx context.Context) {
	w.shipped = w.now
	w.note.newest = w.partition.Newest()
	to, note, until := w.next, w.note, w.partition.CompleteUntil()
	if w.partition.Behind() {
		to, note = w.committed, w.noted
	}
	w.outbox, w.shipment.outbox = w.shipment.outbox, w.outbox
	w.sent = 0
	w.shipment.rows = schemas.Rows{
		Topic: w.session.Topic(), Partition: w.session.Partition(), From: w.committed, To: to, Watermark: until,
		Activity: w.shipment.outbox.Activity, Decisions: w.shipment.outbox.Decisions, Triggers: w.shipment.outbox.Triggers,
		Profiles: w.shipment.outbox.Profiles,
	}
	w.shipment.note = note
	w.shipment.skip = w.shipment.rows.Empty() && until-w.told < int64(schemas.Minute)
	w.shipment.start(ctx, w.pipeline.parts.Rows)
}

// settle waits for the insert under way, if there is one, and then commits the offsets its rows follow from.
func (w *worker) settle(ctx context.Context) error {
	if !w.shipment.under() {
		return nil
	}
	if err := w.shipment.wait(); err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	rows := &w.shipment.rows
	if !w.shipment.skip {
		w.told = rows.Watermark
	}
	w.counts.decisions += uint64(len(rows.Decisions))
	w.counts.rows += uint64(rows.Len())
	w.shipment.outbox.Reset()
	if rows.To <= w.committed && (w.shipment.skip || w.shipment.note == w.noted) {
		return nil
	}
	if err := w.session.Commit(ctx, rows.To, w.shipment.note.String()); err != nil {
		return fmt.Errorf("commit of offset %d: %w", rows.To, err)
	}
	w.committed, w.noted = rows.To, w.shipment.note
	return nil
}

// flush delivers and commits all there is.
func (w *worker) flush(ctx context.Context) error {
	if w.muted {
		return nil
	}
	w.partition.DrainAll(&w.outbox)
	if err := w.send(ctx); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	w.dispatch(ctx)
	return w.settle(ctx)
}

// detail says in one line what was wrong with a refused record.
func (w *worker) detail(reason schemas.Reason, e *schemas.Event) string {
	if w.muted {
		return ""
	}
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
