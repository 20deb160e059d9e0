package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A record batch, as brokers store and send it (message format 2): a header of 61 bytes, then the records.
const (
	frameHeader   = 61
	frameLength   = 8  // int32: bytes after this field
	frameMagic    = 16 // int8: the message format
	frameCRC      = 17 // uint32: Castagnoli, of everything after this field
	frameAttrs    = 21 // int16: codec in bits 0-2, transactional bit 4, control bit 5
	frameLast     = 23 // int32: the last offset less the base offset
	frameTime     = 27 // int64: what the records' timestamps are counted from
	frameMaxTime  = 35 // int64: the broker's timestamp, if bit 3 says that it counts for all records
	frameProducer = 43 // int64
	frameCount    = 57 // int32: records

	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

var (
	// ErrCorrupt is in the error when a record batch stays damaged however often it is fetched.
	ErrCorrupt = errors.New("damaged record batch")

	errOldFormat = errors.New("message format of before Kafka 0.11")
)

// frame is one whole record batch.
type frame []byte

func (f frame) base() int64   { return int64(binary.BigEndian.Uint64(f)) }
func (f frame) attrs() uint16 { return binary.BigEndian.Uint16(f[frameAttrs:]) }
func (f frame) end() int64 {
	return f.base() + int64(int32(binary.BigEndian.Uint32(f[frameLast:]))) + 1
}
func (f frame) time() int64     { return int64(binary.BigEndian.Uint64(f[frameTime:])) }
func (f frame) maxTime() int64  { return int64(binary.BigEndian.Uint64(f[frameMaxTime:])) }
func (f frame) producer() int64 { return int64(binary.BigEndian.Uint64(f[frameProducer:])) }
func (f frame) count() int32    { return int32(binary.BigEndian.Uint32(f[frameCount:])) }

// cut takes the first frame off b; nil if b holds no whole one. The frames must have been verified.
func cut(b []byte) (first frame, rest []byte) {
	if len(b) < frameHeader {
		return nil, nil
	}
	n := int(binary.BigEndian.Uint32(b[frameLength:])) + frameLength + 4
	if n < frameHeader || n > len(b) {
		return nil, nil
	}
	return b[:n:n], b[n:]
}

// farBeyond is how far records may reach beyond the end that the same answer tells: brokers look for the end first.
const farBeyond = 1 << 24

// verify checks the frames of a response to a fetch from an offset on.
func (a *fetchResponse) verify(from int64) (sound []byte, end int64, err error) {
	return verify(a.records, from, a.highWater+farBeyond)
}

// verify checks lengths and sums of the frames in a response to a fetch from an offset on, and that they end before a limit. It returns the sound
// ones and the offset after them. What is behind a damaged frame, or one that the response cuts off, is fetched again from there; the error is about the first.
func verify(b []byte, from, limit int64) (sound []byte, end int64, err error) {
	end = from
	rest := b
	for len(rest) > frameMagic {
		first, after, err := verifyFirst(rest, limit)
		if err != nil && end == from {
			return nil, end, err
		}
		if err != nil || first == nil {
			break
		}
		end, rest = max(end, first.end()), after
	}
	if end == from && len(b) > 0 {
		return nil, end, fmt.Errorf("%w: it is not whole", ErrCorrupt)
	}
	return b[:len(b)-len(rest)], end, nil
}

func verifyFirst(b []byte, limit int64) (first frame, rest []byte, err error) {
	if magic := b[frameMagic]; magic != 2 {
		if isLegacy(b) {
			return nil, nil, fmt.Errorf("%w (version %d)", errOldFormat, magic)
		}
		return nil, nil, fmt.Errorf("%w: there is no message format %d", ErrCorrupt, magic)
	}
	first, rest = cut(b)
	if first == nil {
		return nil, nil, nil
	}
	if crc32.Checksum(first[frameAttrs:], crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(first[frameCRC:]) {
		return nil, nil, fmt.Errorf("%w: its checksum is wrong", ErrCorrupt)
	}
	if first.end() <= first.base() || first.count() < 0 {
		return nil, nil, fmt.Errorf("%w: its header does not hold together", ErrCorrupt)
	}
	// The checksum does not cover the first offset. One that is wrong would make the reader leap over the batches behind.
	if first.end() > limit || len(rest) > frameMagic && rest[frameMagic] == 2 && frame(rest).base() < first.end() {
		return nil, nil, fmt.Errorf("%w: its offsets are those of other batches", ErrCorrupt)
	}
	return first, rest, nil
}

// isLegacy reports that b begins with a message of before record batches, whose own checksum is right. Only then is its version believed: a
// damaged batch can show any.
func isLegacy(b []byte) bool {
	const crcAt = 12
	end := int64(binary.BigEndian.Uint32(b[frameLength:])) + frameLength + 4
	if b[frameMagic] > 1 || end <= frameMagic || end > int64(len(b)) {
		return false
	}
	return crc32.ChecksumIEEE(b[frameMagic:end]) == binary.BigEndian.Uint32(b[crcAt:])
}
