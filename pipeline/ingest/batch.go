package ingest

import (
	"fmt"
	"math"

	"winback/schemas"
)

// Batch is what one fetch of one partition brought, in offset order. It and its records are valid until the loop over Batches goes
// on. Read it to its end: what is left unread comes again with the next Batch.
type Batch struct {
	From      int64 // the offset the batch begins at
	Next      int64 // every offset below it has been read; it moves as records are read, past gaps too: what to commit
	HighWater int64 // the offset up to which the partition could be read, as last heard; Next lags behind it

	fresh   bool   // the broker has answered just now
	frames  []byte // those not begun
	aborted abortFilter
	codecs  codecs
	err     error // what cut the batch short

	// The frame under way.
	records []byte
	left    int32
	base    int64
	end     int64
	time    int64
	fixed   bool // the broker's timestamp counts, not the records' own
}

// Read fills in the next record and reports whether there was one. It does not allocate.
func (b *Batch) Read(r *schemas.Record) bool {
	for b.left > 0 || b.open() {
		b.left--
		size, at := varint(b.records, 0)
		if size < 0 || size > int64(len(b.records)-at) {
			return b.malformed("a record's length")
		}
		record := b.records[at : at+int(size)]
		b.records = b.records[at+int(size):]

		later, at := varint(record, 1) // after the attributes, which say nothing
		delta, at := varint(record, at)
		keySize, at := varint(record, at)
		if keySize > int64(len(record)-at) || keySize < -1 {
			return b.malformed("a record's key")
		}
		r.Key = nil
		if keySize >= 0 {
			r.Key = record[at : at+int(keySize) : at+int(keySize)]
			at += int(keySize)
		}
		valueSize, at := varint(record, at)
		if valueSize > int64(len(record)-at) || valueSize < -1 {
			return b.malformed("a record's value")
		}
		r.Value = nil
		if valueSize >= 0 {
			r.Value = record[at : at+int(valueSize) : at+int(valueSize)]
			at += int(valueSize)
		}
		r.Headers = record[at:]

		r.Offset = b.base + delta
		if r.Offset < b.Next { // before the offset that was asked for
			continue
		}
		if r.Offset >= b.end {
			return b.malformed("a record's offset")
		}
		r.Time = b.time
		if !b.fixed {
			r.Time += later
		}
		b.Next = r.Offset + 1
		return true
	}
	return false
}

// open begins the next frame that has records to give out.
func (b *Batch) open() bool {
	b.Next = max(b.Next, b.end) // past the offsets that compaction has taken out of the frame just finished
	for b.err == nil {
		f, rest := cut(b.frames)
		if f == nil {
			return false
		}
		if f.end() <= b.Next || b.aborted.passOver(f) {
			b.frames, b.Next = rest, max(b.Next, f.end())
			continue
		}
		records := []byte(f[frameHeader:])
		if codec := f.attrs() & attrCodec; codec != 0 {
			if b.codecs.full() {
				return false // the next Batch goes on from here
			}
			var err error
			if records, err = b.codecs.unpack(codec, records); err != nil {
				b.err = fmt.Errorf("record batch at offset %d: %w", f.base(), err)
				return false
			}
		}
		b.frames = rest
		b.records, b.left = records, f.count()
		b.base, b.end = f.base(), f.end()
		b.time, b.fixed = f.time(), f.attrs()&attrLogAppendTime != 0
		if b.fixed {
			b.time = f.maxTime()
		}
		if b.left > 0 {
			return true
		}
		b.Next = max(b.Next, b.end)
	}
	return false
}

// malformed cuts the batch short at a record that the sums do not blame on the way here: its producer wrote it so.
func (b *Batch) malformed(what string) bool {
	b.err = fmt.Errorf("%w at offset %d: %s does not hold together, although the checksum is right", ErrCorrupt, b.Next, what)
	b.frames, b.records, b.left, b.end = nil, nil, 0, 0
	return false
}

// AtEnd reports, once the batch is read, that nothing is left to read for now: the broker has answered, and had no more. While no
// broker answers it is false, so that an outage is not taken for silence.
func (b *Batch) AtEnd() bool { return b.fresh && b.Next >= b.HighWater }

// begin puts the frames of a response into the batch.
func (b *Batch) begin(from int64, answer *fetchResponse) {
	b.From, b.Next, b.HighWater, b.fresh = from, from, answer.highWater, true
	b.frames, b.records, b.left, b.end = answer.records, nil, 0, 0
	b.aborted.reset(answer.aborted)
	b.codecs.reset()
}

// more begins the next Batch over what the last left unread, and reports whether there is any.
func (b *Batch) more() bool {
	b.From = b.Next
	if b.left == 0 {
		b.codecs.reset()
	}
	return b.left > 0 || len(b.frames) > 0
}

// varint reads a zigzag varint of b from at on, and returns where it ends. If there is none, it returns math.MinInt64 and the end of
// b, so that every further varint is missing too and the caller need not look after each.
func varint(b []byte, at int) (int64, int) {
	if at < len(b) && b[at] < 0x80 {
		return int64(b[at]>>1) ^ -int64(b[at]&1), at + 1
	}
	return longVarint(b, at)
}

func longVarint(b []byte, at int) (int64, int) {
	var u uint64
	for shift := 0; at < len(b) && shift < 64; shift += 7 {
		c := b[at]
		at++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), at
		}
	}
	return math.MinInt64, len(b)
}
