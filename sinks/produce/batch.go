package produce

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// Record is one record to be. Nil and empty Key and Value are kept apart, as Kafka does.
type Record struct {
	Key, Value []byte
	Time       int64 // Unix milliseconds; 0 means now
	Copied     bool  // the record is another's copy: its Time is kept, 0 too
	Headers    []Header
}

// Batch is a record batch (format v2) as it grows. The zero value is empty and ready.
type Batch struct {
	buf         []byte // the batch behind its 4-byte size, the header's room at the front
	count       int
	first, last int64 // first and largest record time
	now         int64 // stands in for the times left open
}

// A batch on the wire is the size that precedes it in a produce request, a header, and the records.
const (
	sizeBytes   = 4
	headerBytes = 61
	frontBytes  = sizeBytes + headerBytes
	crcAt       = sizeBytes + 17
	attributeAt = sizeBytes + 21 // the CRC covers everything from here

	// recordOverhead bounds what a record takes beside its key, value and headers.
	recordOverhead = 5 + 1 + 10 + 5 + 5 + 5 + 5
)

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() { b.buf, b.count, b.now = b.buf[:0], 0, 0 }

// Len is the number of records.
func (b *Batch) Len() int { return b.count }

// Size is the number of bytes so far, before compression.
func (b *Batch) Size() int { return len(b.buf) }

// Fits reports whether the record can be added without the batch growing beyond limit bytes.
func (b *Batch) Fits(r *Record, limit int) bool {
	return max(len(b.buf), frontBytes)+r.size() <= limit
}

// Excess is by how many bytes a record alone is too long for a batch of limit bytes; 0 if it is not.
func Excess(r *Record, limit int) int { return max(0, frontBytes+r.size()-limit) }

func (r *Record) size() int {
	n := recordOverhead + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += r.Headers[i].size()
	}
	return n
}

// Add copies the record into the batch.
func (b *Batch) Add(r *Record) {
	t := r.Time
	if t == 0 && !r.Copied {
		t = b.clock()
	}
	if b.count == 0 {
		b.buf = append(b.buf[:0], make([]byte, frontBytes)...)
		b.first, b.last = t, t
	}
	b.last = max(b.last, t)
	n := 1 + varintLen(t-b.first) + varintLen(int64(b.count)) + bytesLen(r.Key) + bytesLen(r.Value) + headersLen(r.Headers)
	buf := binary.AppendVarint(b.buf, int64(n))
	buf = append(buf, 0) // attributes: none are defined
	buf = binary.AppendVarint(buf, t-b.first)
	buf = binary.AppendVarint(buf, int64(b.count))
	buf = appendBytes(buf, r.Key)
	buf = appendBytes(buf, r.Value)
	b.buf = appendHeaders(buf, r.Headers)
	b.count++
}

// clock reads the time once a batch: records whose time is left open share it.
func (b *Batch) clock() int64 {
	if b.now == 0 {
		b.now = time.Now().UnixMilli()
	}
	return b.now
}

// seal writes header and checksum and returns the batch behind its size. It may be called again, and more may be added after.
func (b *Batch) seal(c *codec) ([]byte, error) {
	sealed, err := c.pack(b.buf)
	if err != nil {
		return nil, err
	}
	be, head := binary.BigEndian, sealed[sizeBytes:sizeBytes]
	head = be.AppendUint64(head, 0)                                // base offset: the broker's to fill in
	head = be.AppendUint32(head, uint32(len(sealed)-sizeBytes-12)) // length of what follows
	head = be.AppendUint32(head, 0)                                // leader epoch: the broker's
	head = append(head, 2, 0, 0, 0, 0)                             // format version, checksum
	head = be.AppendUint16(head, uint16(c.id))                     // attributes
	head = be.AppendUint32(head, uint32(b.count-1))                // last offset delta
	head = be.AppendUint64(be.AppendUint64(head, uint64(b.first)), uint64(b.last))
	head = be.AppendUint64(head, ^uint64(0)) // producer id: none
	head = be.AppendUint16(head, ^uint16(0)) // producer epoch
	head = be.AppendUint32(head, ^uint32(0)) // base sequence
	be.AppendUint32(head, uint32(b.count))
	be.PutUint32(sealed, uint32(len(sealed)-sizeBytes))
	be.PutUint32(sealed[crcAt:], crc32.Checksum(sealed[attributeAt:], crc32.MakeTable(crc32.Castagnoli)))
	return sealed, nil
}

func varintLen(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

func bytesLen(b []byte) int {
	if b == nil {
		return 1
	}
	return varintLen(int64(len(b))) + len(b)
}

func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(dst, -1)
	}
	return append(binary.AppendVarint(dst, int64(len(b))), b...)
}
