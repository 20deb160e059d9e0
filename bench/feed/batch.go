package feed

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The places in a record batch of format 2, behind the size that kafka-go wants in front of it.
const (
	sizePrefix = 4
	headerSize = 61
	lengthAt   = sizePrefix + 8
	magicAt    = sizePrefix + 16
	crcAt      = sizePrefix + 17
	crcFrom    = sizePrefix + 21
	lastAt     = sizePrefix + 23
	firstTime  = sizePrefix + 27
	maxTime    = sizePrefix + 35
	producerAt = sizePrefix + 43
	countAt    = sizePrefix + 57
)

// batch is a record batch in the making. All its records carry the time at which it is sent.
type batch struct {
	buf   []byte
	count int
}

func (b *batch) reset() {
	if b.buf == nil {
		b.buf = make([]byte, sizePrefix+headerSize)
	}
	b.buf, b.count = b.buf[:sizePrefix+headerSize], 0
}

func (b *batch) append(key, value []byte) {
	number := int64(b.count)
	size := 1 + 1 + varintLen(number) + varintLen(int64(len(key))) + len(key) + varintLen(int64(len(value))) + len(value) + 1
	buf := binary.AppendVarint(b.buf, int64(size))
	buf = append(buf, 0, 0) // attributes, time delta
	buf = binary.AppendVarint(buf, number)
	buf = append(binary.AppendVarint(buf, int64(len(key))), key...)
	buf = append(binary.AppendVarint(buf, int64(len(value))), value...)
	b.buf = append(buf, 0) // headers
	b.count++
}

// seal fills in the header and returns the batch as kafka-go's RawRecordSet takes it. now is in Unix milliseconds.
func (b *batch) seal(now int64) []byte {
	be, buf := binary.BigEndian, b.buf
	clear(buf[:sizePrefix+headerSize])
	be.PutUint32(buf, uint32(len(buf)-sizePrefix))
	be.PutUint32(buf[lengthAt:], uint32(len(buf)-lengthAt-4))
	buf[magicAt] = 2
	be.PutUint32(buf[lastAt:], uint32(b.count-1))
	be.PutUint64(buf[firstTime:], uint64(now))
	be.PutUint64(buf[maxTime:], uint64(now))
	for i := producerAt; i < countAt; i++ { // no producer id, epoch and sequence: all -1
		buf[i] = 0xff
	}
	be.PutUint32(buf[countAt:], uint32(b.count))
	be.PutUint32(buf[crcAt:], crc32.Checksum(buf[crcFrom:], castagnoli))
	return buf
}

func varintLen(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}
