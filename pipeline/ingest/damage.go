package ingest

import (
	"errors"
	"fmt"
)

// DamagedBatch is the error about a record batch that cannot be read and will not be by waiting: its checksum is wrong however often it is
// fetched, or its records cannot be unpacked or do not hold together although the checksum is right.
type DamagedBatch struct {
	BatchRange
	Time  int64  // the batch's timestamp, Unix milliseconds; 0 if that cannot be trusted
	Raw   []byte // the batch as the broker sent it; of a Batch that tells of it, and valid as long; nil if the broker does not send it
	cause error
	near  *BatchRange // what was to be skipped and is not this batch, though it has offsets in common
}

func (d *DamagedBatch) Error() string {
	text := fmt.Sprintf("the record batch of offsets %d to %d cannot be read: %v", d.First, d.Last, d.cause)
	if d.near != nil {
		text += fmt.Sprintf(" (skip_batches names %v, which is not this batch: nothing was skipped)", *d.near)
	}
	return text
}

func (d *DamagedBatch) Unwrap() error { return d.cause }

// remedy says how to look at the batch and how to go on.
func (d *DamagedBatch) remedy() string {
	mend := "the stored data is damaged: repair the partition's replica"
	switch {
	case errors.Is(d.cause, errTooLarge):
		mend = "raise input.max_unpacked"
	case errors.Is(d.cause, errMalformed), errors.Is(d.cause, errPacked):
		mend = "its producer wrote it so"
	}
	return fmt.Sprintf("%s; look at it on a broker with kafka-dump-log.sh --deep-iteration --files %s-%d/SEGMENT.log; "+
		"to go on without its records, put %v into input.skip_batches until retention has removed the batch (for one start, winback run --skip-batch %v does)",
		mend, d.Topic, d.Partition, d.BatchRange, d.BatchRange)
}

// skips are the batches of one partition that are to be passed over. It belongs to a Reader, which tells of those that are sound.
type skips struct {
	all  []BatchRange
	done []bool // skipped, or spoken of
}

func newSkips(all []BatchRange, topic string, partition int32) skips {
	var s skips
	for _, r := range all {
		if r.Topic == topic && r.Partition == partition {
			s.all = append(s.all, r)
		}
	}
	s.done = make([]bool, len(s.all))
	return s
}

// want reports whether a damaged batch is to be skipped. If not, the batch notes which range comes near it.
func (s *skips) want(d *DamagedBatch) bool {
	for i := range s.all {
		if s.all[i] == d.BatchRange {
			return true
		}
		if s.all[i].meets(d.BatchRange) {
			d.near = &s.all[i]
		}
	}
	return false
}

// skipped notes that a batch was.
func (s *skips) skipped(r BatchRange) {
	for i := range s.all {
		s.done[i] = s.done[i] || s.all[i] == r
	}
}

// sound calls tell for each range that records [from, next) have just shown to be readable.
func (s *skips) sound(from, next int64, tell func(BatchRange)) {
	for i, r := range s.all {
		if !s.done[i] && from <= r.First && r.Last < next {
			s.done[i] = true
			tell(r)
		}
	}
}
