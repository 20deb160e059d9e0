package ingest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"winback/schemas"
)

// frameOf builds a record batch of n records by hand.
func frameOf(base int64, n int, codec uint16, pack func([]byte) []byte) []byte {
	var records []byte
	for i := range n {
		var r []byte
		r = append(r, 0)
		r = binary.AppendVarint(r, int64(i))
		r = binary.AppendVarint(r, int64(i))
		key := fmt.Append(nil, "u", i)
		r = append(binary.AppendVarint(r, int64(len(key))), key...)
		v := make([]byte, 180+i%40)
		r = append(binary.AppendVarint(r, int64(len(v))), v...)
		r = append(r, 0)
		records = append(binary.AppendVarint(records, int64(len(r))), r...)
	}
	if pack != nil {
		records = pack(records)
	}
	return seal(base, int32(n-1), int32(n), codec, records)
}

// seal puts a header with the right length and sum before the records.
func seal(base int64, last, count int32, attrs uint16, records []byte) []byte {
	be := binary.BigEndian
	b := make([]byte, frameHeader, frameHeader+len(records))
	be.PutUint64(b, uint64(base))
	be.PutUint32(b[frameLength:], uint32(frameHeader-frameLength-4+len(records)))
	b[frameMagic] = 2
	be.PutUint16(b[frameAttrs:], attrs)
	be.PutUint32(b[frameLast:], uint32(last))
	be.PutUint64(b[frameTime:], 1_700_000_000_000)
	be.PutUint32(b[frameCount:], uint32(count))
	b = append(b, records...)
	be.PutUint32(b[frameCRC:], crc32.Checksum(b[frameAttrs:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// BenchmarkScan is the cost of one record of a response, its sum included where the name says so.
func BenchmarkScan(b *testing.B) {
	var wire []byte
	const frames, each = 10, 500
	for i := range frames {
		wire = append(wire, frameOf(int64(i*each), each, 0, nil)...)
	}
	var batch Batch
	sum := 0
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N / (frames * each) {
			batch.begin(0, &fetchResponse{records: wire})
			var r schemas.Record
			for batch.Read(&r) {
				sum += len(r.Key) + len(r.Value)
			}
		}
	})
	b.Run("range", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N / (frames * each) {
			batch.begin(0, &fetchResponse{records: wire})
			for r := range batch.Records() {
				sum += len(r.Key) + len(r.Value)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N / (frames * each) {
			_, end, err := verify(wire, 0)
			sum += int(end)
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
