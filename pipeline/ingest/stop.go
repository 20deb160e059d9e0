package ingest

import (
	"context"
	"errors"
	"time"
)

// stop is a damaged batch that holds up a reader.
type stop struct {
	at        *DamagedBatch
	tries     int   // so often the reader has come to it
	highWater int64 // as last heard
}

// A damaged batch is tried again after so many ticks, a quarter of a minute by default: its replica may be repaired, or another one lead. Every so
// many tries, ten minutes by default, it is logged again.
const (
	ticksToRetry = 15
	triesToLog   = 40
)

// holdOut yields empty batches that tell of the damage until it is time to try again. It reports false when ctx has ended or the loop was left.
func (r *Reader) holdOut(ctx context.Context, yield func(*Batch) bool) (again bool) {
	if r.stop.tries%triesToLog == 0 {
		r.log.Error("a damaged record batch stops this partition; the others go on", "error", r.err)
	}
	r.stop.tries++
	tick := time.NewTicker(r.cfg.Tick.Std())
	defer tick.Stop()
	for range ticksToRetry {
		select {
		case <-ctx.Done():
			r.err = nil
			return false
		case <-tick.C:
		}
		r.batch.begin(r.next, &fetchResponse{highWater: r.stop.highWater})
		r.batch.Stopped, r.batch.fresh = r.stop.at, false
		if !yield(&r.batch) {
			r.err = nil
			return false
		}
	}
	return true
}

// moved takes note of how far a batch was read.
func (r *Reader) moved(b *Batch) {
	r.next = b.Next
	if r.sound < 0 {
		r.sound = b.From
	}
	if b.Skipped != nil {
		r.sound = b.Next
	}
	if b.Next == b.From {
		return
	}
	r.skips.sound(r.sound, b.Next, func(sound BatchRange) {
		r.log.Warn("skip_batches names records that can be read: they were, and nothing was skipped; take it out", "batch", sound.String())
	})
	if r.stop.at != nil {
		r.log.Info("the partition goes on", "from", b.From)
		r.stop = stop{}
	}
}

// skipUnreadable passes over the frame under way if its records cannot be read and that is wanted.
func (r *Reader) skipUnreadable() bool {
	d := (*DamagedBatch)(nil)
	if !errors.As(r.batch.err, &d) {
		return false
	}
	if !r.skips.want(d) {
		d.Raw = nil // it is in a buffer that others will use
		return false
	}
	r.skip(d)
	return true
}

// skip makes the batch under way one that tells of a damaged batch.
func (r *Reader) skip(d *DamagedBatch) {
	r.skips.skipped(d.BatchRange)
	r.log.Warn("skipped a damaged record batch, as skip_batches says; keep it there until retention has removed the batch: what reads the log again, as a restart does, needs it",
		"batch", d.BatchRange.String(), "cause", d.cause)
	r.batch.skip(d)
}
