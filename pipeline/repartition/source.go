package repartition

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"

	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
)

// source is one partition of the old topic during one round: its records in their order, each with the time by which it is merged.
type source struct {
	partition int32
	next      int64 // every offset below it has been taken, or holds nothing
	end       int64 // of the round
	reader    *ingest.Reader
	decoder   *mapping.Decoder
	keyIsUser bool

	pull  func() (*ingest.Batch, bool)
	stop  func()
	batch *ingest.Batch
	ended bool // nothing is left to read below end

	queue  []entry // read and not taken, the head first
	time   int64   // of the last event read, valid if timed
	timed  bool
	due    int64 // the head's time as the merge sees it
	newest int64 // the largest due of those taken
}

// entry is a record and the time of its event.
type entry struct {
	record schemas.Record
	time   int64
	given  bool // the record had no key, and has got the user id for one
}

// lookAhead is how many records behind the head are known.
const lookAhead = 8

// maxSkew is how far ahead of its record's timestamp an event's time is believed.
const maxSkew = int64(schemas.Hour)

func newSource(ctx context.Context, reader *ingest.Reader, decoder *mapping.Decoder, partition int32, keyIsUser bool, from, end int64) *source {
	s := &source{partition: partition, next: from, end: end, reader: reader, decoder: decoder, keyIsUser: keyIsUser, newest: math.MinInt64}
	s.pull, s.stop = iter.Pull(reader.Batches(ctx))
	return s
}

// head is the record to be taken next. It is valid until take.
func (s *source) head() *entry { return &s.queue[0] }

// take drops the head and reports whether there is another.
func (s *source) take(ctx context.Context) (more bool, err error) {
	s.newest = max(s.newest, s.due)
	s.next = s.queue[0].record.Offset + 1
	copy(s.queue, s.queue[1:])
	s.queue = s.queue[:len(s.queue)-1]
	return s.fill(ctx)
}

// fill reads ahead and reports whether there is a head.
func (s *source) fill(ctx context.Context) (more bool, err error) {
	for len(s.queue) <= lookAhead && !s.ended {
		if err := s.read(ctx); err != nil {
			return false, err
		}
	}
	if len(s.queue) == 0 {
		s.next = max(s.next, min(s.batch.Next, s.end))
		return false, nil
	}
	s.due = s.mergeTime()
	return true, nil
}

// read puts the next record at the queue's end, or notes that there is none below the round's end. It need not bring one.
func (s *source) read(ctx context.Context) error {
	var e entry
	if s.batch != nil && s.batch.Read(&e.record) {
		if s.ended = e.record.Offset >= s.end; !s.ended {
			s.date(&e)
			s.queue = append(s.queue, e)
		}
		return nil
	}
	// A batch that ends where nobody has written yet ends the round too: what is behind it is in a transaction that is still open.
	if s.batch != nil && (s.batch.Next >= s.end || s.batch.AtEnd()) {
		s.ended = true
		return nil
	}
	for i := range s.queue { // they outlive their batch
		r := &s.queue[i].record
		r.Key, r.Value, r.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), bytes.Clone(r.Headers)
	}
	var more bool
	if s.batch, more = s.pull(); more {
		return nil
	}
	if err := s.reader.Err(); err != nil {
		return fmt.Errorf("reading the old topic: %w", err)
	}
	return context.Cause(ctx)
}

// date finds the time of a record's event, and a key for a record that has none. What is no event has the time of the one before.
func (s *source) date(e *entry) {
	var event schemas.Event
	r := &e.record
	switch reason := s.decoder.Decode(r, &event); {
	case reason == schemas.Accepted && believable(event.Time, r.Time):
		s.time, s.timed = event.Time, true
	case !s.timed:
		s.time = r.Time
	}
	e.time = s.time
	if len(r.Key) == 0 && !s.keyIsUser && len(event.User) > 0 {
		r.Key, e.given = bytes.Clone(event.User), true
	}
}

// believable reports whether an event was not sent long before it happened. A record need not have a timestamp.
func believable(event, record int64) bool { return record <= 0 || event <= record+maxSkew }

// mergeTime is the time by which the head is merged: its event's, unless that is more than an hour ahead of most of the records behind it.
// Then a clock was wrong, and the records behind would have to wait with it: it goes with them. Records that are older than what has been
// taken already are late themselves, and say nothing about the head.
func (s *source) mergeTime() int64 {
	head := s.queue[0].time
	behind, far, least := 0, 0, head
	for i := range s.queue[1:] {
		at := s.queue[1+i].time
		if at < s.newest {
			continue
		}
		behind++
		if at < head-maxSkew {
			far++
			least = min(least, at)
		}
	}
	if 2*far > behind {
		return least
	}
	return head
}
