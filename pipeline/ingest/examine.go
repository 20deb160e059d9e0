package ingest

import (
	"bytes"
	"context"
	"errors"
)

// giveUpOn is called when the batch at the position has stayed damaged. It finds out which offsets the batch spans, and passes over it if
// that is wanted. It brings nothing if it cannot find out, or if the batch is sound by now.
func (f *fetcher) giveUpOn(ctx context.Context, cause error) (got fetched, end int64) {
	answer, err := f.askAt(ctx, f.position, f.cfg.MaxBytes)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		f.stumble(ctx, err)
		return fetched{}, 0
	}
	d := &DamagedBatch{cause: cause}
	d.Topic, d.Partition = f.topic, f.partition
	if answer != nil {
		if _, _, err := answer.verify(f.position); err == nil || !errors.Is(err, ErrCorrupt) {
			answer.release()
			f.damaged = 0 // mended: the next attempt reads it
			return fetched{}, 0
		}
		d.Raw = answer.records
	}
	if err := f.measure(ctx, d); err != nil {
		answer.release()
		f.stumble(ctx, err)
		return fetched{}, 0
	}
	f.damaged = 0
	if !f.skips.want(d) {
		d.Raw = nil
		answer.release()
		return fetched{err: f.conn.explain(d)}, 0
	}
	if answer == nil {
		answer = &fetchResponse{highWater: f.highWater.Load()}
	}
	answer.records, answer.skipped = nil, d
	return fetched{answer: answer, from: f.position}, d.Last + 1
}

// measure finds the offsets that a damaged batch spans, and cuts Raw to it. What the header says is believed if the broker agrees: it gives
// the same batch for its last offset, and another one behind that. Otherwise the last offset is searched for by the same question.
func (f *fetcher) measure(ctx context.Context, d *DamagedBatch) error {
	claimed := f.position
	d.First = f.position
	if len(d.Raw) >= frameHeader {
		head := frame(d.Raw)
		if base := head.base(); base >= 0 && base <= f.position {
			d.First = base
		}
		claimed = head.end() - 1
	}
	end := max(f.highWater.Load(), f.position+1)
	last, err := f.lastLike(ctx, d.Raw, claimed, end)
	if err != nil {
		return err
	}
	d.Last = last
	if whole, _ := cut(d.Raw); whole != nil && last == claimed {
		d.Raw = whole
	}
	return nil
}

// lastLike returns the last offset, below end, for which the broker gives the batch that it gives for the position.
func (f *fetcher) lastLike(ctx context.Context, batch []byte, claimed, end int64) (int64, error) {
	inside, outside := f.position, end
	look := func(offset int64) error {
		same, err := f.givesSame(ctx, batch, offset)
		if same {
			inside = offset
		} else {
			outside = offset
		}
		return err
	}
	if claimed > inside && claimed < outside {
		if err := look(claimed); err != nil {
			return 0, err
		}
	}
	if inside == claimed && claimed+1 < outside {
		if err := look(claimed + 1); err != nil {
			return 0, err
		}
	}
	for outside-inside > 1 {
		if err := look(inside + (outside-inside)/2); err != nil {
			return 0, err
		}
	}
	return inside, nil
}

// probeBytes is what a question about one offset asks for: brokers send the first batch whole all the same.
const probeBytes = 1 << 10

// givesSame reports whether the broker gives the same batch for another offset: the same header, or, where it does not give the batch at
// all, the same refusal.
func (f *fetcher) givesSame(ctx context.Context, batch []byte, offset int64) (bool, error) {
	answer, err := f.askAt(ctx, offset, probeBytes)
	if errors.Is(err, ErrCorrupt) {
		return batch == nil, nil
	}
	if err != nil {
		return false, err
	}
	defer answer.release()
	if len(answer.records) < frameHeader || len(batch) < frameHeader {
		return len(answer.records) > 0 && len(batch) > 0 && len(answer.records) < frameHeader, nil
	}
	return bytes.Equal(answer.records[:frameHeader], batch[:frameHeader]), nil
}
