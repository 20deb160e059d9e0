package ingest

import (
	"errors"
	"fmt"
	"iter"

	"winback/schemas"
)

// Batch is what one fetch of one partition brought, in offset order. It and its records are valid until the loop over Batches goes
// on. Read it to its end: what is left unread comes again with the next Batch.
type Batch struct {
	From      int64 // the offset the batch begins at
	Next      int64 // every offset below it has been read; it moves as records are read, past gaps too: what to commit
	HighWater int64 // the offset up to which the partition could be read, as last heard, -1 before that; Next lags behind it

	// Skipped is a damaged batch that has been passed over because FetchConfig.SkipBatches names it. The Batch has no records then.
	Skipped *DamagedBatch
	// Stopped is the damaged batch at Next that holds up the partition, of a Batch that a Session yields without records meanwhile.
	Stopped *DamagedBatch

	of      BatchRange // topic and partition
	fresh   bool       // the broker has answered just now
	frames  []byte     // those not begun
	aborted abortFilter
	codecs  codecs
	err     error          // what cut the batch short
	record  schemas.Record // of Records

	// The frame under way.
	frame   frame
	records []byte
	at      int // in records
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
		all := b.records
		size, at := varint(all, b.at)
		end := at + int(size)
		if size < 0 || uint(end) > uint(len(all)) {
			return b.malformed("a record's length")
		}
		b.at = end
		record := all[:end]

		later, at := varint(record, at+1) // after the attributes, which say nothing
		delta, at := varint(record, at)
		key, at := field(record, at)
		value, at := field(record, at)
		if at > end {
			return b.malformed("a record")
		}
		offset := b.base + delta
		if offset < b.Next { // before the offset that was asked for
			continue
		}
		if offset >= b.end {
			return b.malformed("a record's offset")
		}
		if b.fixed {
			later = 0
		}
		b.Next = offset + 1
		r.Offset, r.Time = offset, b.time+later
		r.Key, r.Value, r.Headers = key, value, record[at:]
		return true
	}
	return false
}

// open begins the next frame that has records to give out.
func (b *Batch) open() bool {
	b.Next = max(b.Next, b.end) // past the offsets that compaction has taken out of the frame just finished
	for b.err == nil && b.Skipped == nil {
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
				b.frame, b.frames = f, rest
				return b.damaged(err)
			}
		}
		b.frame, b.frames = f, rest
		b.records, b.at, b.left = records, 0, f.count()
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

// errMalformed is about a record that its producer wrote so, since the checksum is right.
var errMalformed = errors.New("does not hold together, although the checksum is right")

// malformed cuts the batch short at a record that cannot be read.
func (b *Batch) malformed(what string) bool {
	return b.damaged(fmt.Errorf("%s at offset %d %w", what, b.Next, errMalformed))
}

// damaged cuts the batch short at the frame under way. Reading can go on behind it.
func (b *Batch) damaged(cause error) bool {
	f := b.frame
	d := &DamagedBatch{Time: f.maxTime(), Raw: f, cause: cause}
	d.BatchRange = b.of
	d.First, d.Last = f.base(), f.end()-1
	b.err, b.records, b.left, b.end = d, nil, 0, 0
	return false
}

// skip makes the batch one that tells of a damaged frame passed over.
func (b *Batch) skip(d *DamagedBatch) {
	b.From, b.Next, b.Skipped, b.err = b.Next, max(b.Next, d.Last+1), d, nil
}

// Records ranges over what is left to Read. The records share one struct.
func (b *Batch) Records() iter.Seq[*schemas.Record] {
	return func(yield func(*schemas.Record) bool) {
		for b.Read(&b.record) && yield(&b.record) {
		}
	}
}

// AtEnd reports, once the batch is read, that nothing is left to read for now: the broker has answered, and had no more. While no
// broker answers it is false, so that an outage is not taken for silence.
func (b *Batch) AtEnd() bool { return b.fresh && b.HighWater >= 0 && b.Next >= b.HighWater }

// begin puts the frames of a response into the batch.
func (b *Batch) begin(from int64, answer *fetchResponse) {
	b.From, b.Next, b.HighWater, b.fresh = from, from, answer.highWater, true
	b.Skipped, b.Stopped, b.err = nil, nil, nil
	b.frames, b.records, b.left, b.end = answer.records, nil, 0, 0
	b.aborted.reset(answer.aborted)
	b.codecs.reset()
}

// more begins the next Batch over what the last left unread, and reports whether there is any.
func (b *Batch) more() bool {
	b.From, b.Skipped = b.Next, nil
	if b.left == 0 {
		b.codecs.reset()
	}
	return b.unread()
}

func (b *Batch) unread() bool { return b.left > 0 || len(b.frames) > 0 }

// field reads a varint and as many bytes; nil if the varint is -1. Like varint, it goes past the end if they are not there.
func field(b []byte, at int) ([]byte, int) {
	size, at := varint(b, at)
	end := at + int(size)
	if size >= 0 && uint(end) <= uint(len(b)) {
		return b[at:end:end], end
	}
	if size == -1 {
		return nil, at
	}
	return nil, len(b) + 1
}

// varint reads a zigzag varint of b from at on, and returns where it ends. If there is none it returns an end past that of b: every
// further varint is missing too then, and the caller need not look after each.
func varint(b []byte, at int) (int64, int) {
	if uint(at)+1 < uint(len(b)) { // nearly all varints of a record are one or two bytes long
		u := uint64(b[at])
		if u < 0x80 {
			return int64(u>>1) ^ -int64(u&1), at + 1
		}
		if second := uint64(b[at+1]); second < 0x80 {
			u = u&0x7f | second<<7
			return int64(u>>1) ^ -int64(u&1), at + 2
		}
	}
	return longVarint(b, at)
}

func longVarint(b []byte, at int) (int64, int) {
	var u uint64
	for shift := 0; uint(at) < uint(len(b)) && shift < 64; shift += 7 {
		c := b[at]
		at++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), at
		}
	}
	return 0, len(b) + 1
}
