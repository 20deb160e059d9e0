package pipeline

import (
	"context"
	"errors"
	"fmt"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
)

// recovery is the way of a new worker's state through the log up to where its deliveries begin.
type recovery struct {
	stretches []stretch    // those still to be read
	silent    state.Outbox // what follows from records whose outcome is delivered: it is thrown away
}

// stretch is a part of the log that an owner before has read, and what it cannot tell: what the wall clock did then.
type stretch struct {
	until         int64 // it ends before this offset
	recoveredNote delivery.Note
	advances      []delivery.Advance // by the wall clock, still to be made
	undelivered   bool               // its rows may be missing: it was journalled and not committed
}

// planRecovery lists what must be read again. "Commits after delivery" means that all that follows from the records below the committed
// offset has been delivered, so they are read in silence.
func (w *worker) planRecovery(delivered delivery.Entry, repeat *delivery.Entry) {
	if w.next < delivered.To {
		s := stretch{until: delivered.To, recoveredNote: delivered.Note}
		if n := delivered.Note; n.Before > 0 {
			s.advances = []delivery.Advance{{Watermark: n.Advanced, Before: n.Before}}
		}
		w.recovery.stretches = append(w.recovery.stretches, s)
		w.pipeline.parts.Log.Info("rebuilding a partition's state from the retained log",
			"topic", w.session.Topic(), "partition", w.session.Partition(), "from", w.next, "committed", delivered.To)
	}
	if repeat != nil {
		w.recovery.stretches = append(w.recovery.stretches,
			stretch{until: repeat.To, recoveredNote: repeat.Note, advances: repeat.Advances, undelivered: true})
	}
}

// rebuild reads what an owner before has read, and the worker is live then. It ends early, without an error, when ctx does; a worker that is
// kept goes on from there. deliveryCtx is the context of deliveries.
func (w *worker) rebuild(ctx, deliveryCtx context.Context) error {
	for len(w.recovery.stretches) > 0 {
		s := &w.recovery.stretches[0]
		done, err := w.replay(ctx, s)
		if err != nil || !done {
			return err
		}
		if s.undelivered {
			w.partition.DrainAll(w.delivery.Outbox())
			err = w.delivery.Seal(deliveryCtx, w.now, w.next)
		} else {
			// A commit is made only when everybody due has been judged, so what that brings has been delivered too.
			w.partition.DrainAll(&w.recovery.silent)
		}
		if err != nil {
			return err
		}
		w.recovery.stretches = w.recovery.stretches[1:]
	}
	w.recovery, w.phase = recovery{}, live
	return nil
}

// replay reads the log to the end of a stretch, and reports whether it came there.
func (w *worker) replay(ctx context.Context, s *stretch) (done bool, err error) {
	done = s.advanceTo(w, w.next)
	if !done {
		for batch := range w.session.Batches(ctx) {
			done, err = w.replayBatch(batch, s)
			w.report(batch)
			if done || err != nil {
				break
			}
		}
		err = errors.Join(err, w.session.Err())
	}
	w.session.SeekTo(w.next)
	return done, err
}

// replayBatch goes one by one, since a stretch ends at a record. The reader comes again to the record that ends it.
func (w *worker) replayBatch(batch *ingest.Batch, s *stretch) (done bool, err error) {
	w.begin(w.pipeline.parts.Now())
	out := w.recovery.outbox(w, s)
	record, event := &w.group.records[0], &w.group.events[0]
	for batch.Read(record) {
		if s.advanceTo(w, record.Offset) {
			w.next = s.until
			return true, nil
		}
		if w.decoder.Decode(record, event) == schemas.Accepted && !s.refused(event.Time, w.pipeline.parts.State.MaxJump) {
			w.partition.Add(event, out)
		}
	}
	w.read(batch)
	w.recovery.silent.Reset()
	if s.advanceTo(w, w.next) {
		return true, nil
	}
	if batch.AtEnd() {
		return false, fmt.Errorf("the partition ends at offset %d, before the committed offset %d: it has lost its end since the start: start again to see what can be done", w.next, s.until)
	}
	return false, nil
}

// outbox is where that goes which follows from a stretch. Its dead letters have been delivered in either case: an epoch is journalled when
// they are acknowledged.
func (r *recovery) outbox(w *worker, s *stretch) *state.Outbox {
	if s.undelivered {
		return w.delivery.Outbox()
	}
	return &r.silent
}

// advanceTo makes the steps of the wall clock that were made before an offset was read, and reports whether the stretch ends there.
func (s *stretch) advanceTo(w *worker, offset int64) (end bool) {
	for len(s.advances) > 0 && offset >= s.advances[0].Before {
		if s.undelivered {
			w.delivery.ClockAdvanced(s.advances[0].Watermark, s.advances[0].Before)
		}
		w.partition.Advance(s.advances[0].Watermark, w.recovery.outbox(w, s))
		s.advances = s.advances[1:]
	}
	return offset >= s.until
}

// refused reports an event that was in the future when its record was read first, and may have become past since: believed now, it
// would move the watermark at a record that did not move it then. What is a day further ahead is left to max_jump: it may
// as well be a mapping that has been mended.
func (s *stretch) refused(at int64, maxJump schemas.Duration) bool {
	newest := s.recoveredNote.Newest
	return s.recoveredNote != delivery.Note{} && at > newest && at-newest <= int64(max(maxJump, schemas.Day))
}
