package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"github.com/segmentio/kafka-go"

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
			_, end, err := verify(wire, 0, math.MaxInt64)
			sum += int(end)
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestParseEveryVersion(t *testing.T) {
	for _, version := range fetchVersions() {
		b := responseOf(version, 6, []byte("records"))
		a := fetchResponse{pool: new(bufferPool), buffer: &b}
		if err := a.parse(b, version); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if a.code != kafka.NotLeaderForPartition || a.highWater != 90 || string(a.records) != "records" || a.aborted[0] != (abortedTransaction{5, 50}) {
			t.Errorf("version %d: %+v", version, a)
		}
		for cut := range b { // none of its beginnings is a response
			short := fetchResponse{}
			if short.parse(b[:cut], version) == nil {
				t.Errorf("version %d: %d bytes of %d taken for a whole response", version, cut, len(b))
			}
		}
	}
}

func TestScanEveryCodec(t *testing.T) {
	packs := packers(t)
	packs[2|0x8000] = func(b []byte) []byte { return xerialOf(b, 1000) }
	packs[0] = nil
	for codec, pack := range packs {
		wire := append(frameOf(100, 40, codec&attrCodec, pack), frameOf(140, 40, codec&attrCodec, pack)...)
		sound, end, err := verify(wire[:len(wire):len(wire)], 110, math.MaxInt64)
		if err != nil || end != 180 || len(sound) != len(wire) {
			t.Fatalf("codec %x: verify: %d bytes, end %d, %v", codec, len(sound), end, err)
		}
		var values [][]byte
		b := Batch{codecs: codecs{limit: 1 << 20}}
		b.begin(110, &fetchResponse{records: sound})
		for r := range b.Records() {
			if string(r.Key) != fmt.Sprint("u", (r.Offset-100)%40) || r.Time != 1_700_000_000_000+(r.Offset-100)%40 {
				t.Fatalf("codec %x: offset %d, key %q, time %d", codec, r.Offset, r.Key, r.Time)
			}
			values = append(values, r.Value)
		}
		if b.err != nil || len(values) != 70 || b.Next != 180 {
			t.Fatalf("codec %x: %d records, Next %d, %v", codec, len(values), b.Next, b.err)
		}
		for i, v := range values { // all of a Batch is valid until it is done, the first frame's included
			if len(v) != 180+(i+10)%40 || bytes.Count(v, []byte{0}) != len(v) {
				t.Fatalf("codec %x: value %d has changed", codec, i)
			}
		}
	}
}

// A frame that unpacks to more than allowed is an error; many frames that do so together come as several Batches.
func TestDecompressionIsBounded(t *testing.T) {
	for codec, pack := range packers(t) {
		bomb := seal(0, 0, 1, codec, pack(make([]byte, 2<<20)))
		b := Batch{codecs: codecs{limit: 1 << 20}}
		b.begin(0, &fetchResponse{records: bomb})
		var r schemas.Record
		if b.Read(&r) || !errors.Is(b.err, errTooLarge) || b.Next != 0 {
			t.Errorf("codec %d: error %v, Next %d", codec, b.err, b.Next)
		}

		var wire []byte
		for i := range 40 {
			wire = append(wire, frameOf(int64(i*1000), 1000, codec, pack)...) // 0.2 MB each
		}
		b = Batch{codecs: codecs{limit: 1 << 20}}
		b.begin(0, &fetchResponse{records: wire})
		batches, records := 0, 0
		for more := true; more; more = b.more() {
			for b.Read(&r) {
				records++
			}
			if b.codecs.unpacked > 1<<20 {
				t.Errorf("codec %d: %d bytes in a Batch", codec, b.codecs.unpacked)
			}
			batches++
		}
		if b.err != nil || records != 40_000 || batches < 8 {
			t.Errorf("codec %d: %d records in %d batches, error %v", codec, records, batches, b.err)
		}
	}
}

func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	whole := frameOf(10, 2, 0, nil)
	for i := range len(whole) * 8 {
		b := bytes.Clone(whole)
		b[i/8] ^= 1 << (i % 8)
		sound, _, err := verify(b, 10, math.MaxInt64)
		// The base offset, the length and the leader epoch are outside of the sum; a changed base offset cannot be told.
		if err == nil && i/8 >= 8 && (i/8 < 12 || i/8 > 15) {
			t.Fatalf("bit %d of byte %d: %d bytes taken for sound", i%8, i/8, len(sound))
		}
	}
}

func TestOldFormatIsRefused(t *testing.T) {
	b := frameOf(0, 1, 0, nil)
	b[frameMagic] = 1
	if _, _, err := verify(b, 0, math.MaxInt64); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged version is believed: error %v", err)
	}
	binary.BigEndian.PutUint32(b[12:], crc32.ChecksumIEEE(b[frameMagic:])) // as messages of before Kafka 0.11 have it
	if _, _, err := verify(b, 0, math.MaxInt64); !errors.Is(err, errOldFormat) || !permanent(err) {
		t.Errorf("error %v", err)
	}
}

// A record that its producer wrote wrong cuts the batch short: Next must not pass it.
func TestMalformedRecordCutsTheBatchShort(t *testing.T) {
	good := frameOf(0, 3, 0, nil)
	bad := seal(3, 1, 2, 0, []byte{4, 0, 0, 99, 99})
	b := Batch{}
	b.begin(0, &fetchResponse{records: append(good, bad...)})
	n := 0
	for range b.Records() {
		n++
	}
	if n != 3 || b.Next != 3 || !errors.Is(b.err, errMalformed) {
		t.Errorf("%d records, Next %d, error %v", n, b.Next, b.err)
	}
}

func TestLogAppendTimeReplacesTheRecordsTimes(t *testing.T) {
	frame := frameOf(0, 3, attrLogAppendTime, nil)
	binary.BigEndian.PutUint64(frame[frameMaxTime:], 42)
	b := Batch{}
	b.begin(0, &fetchResponse{records: frame})
	for r := range b.Records() {
		if r.Time != 42 {
			t.Errorf("time %d", r.Time)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	var wire []byte
	for i := range 10 {
		wire = append(wire, frameOf(int64(i*100), 100, 0, nil)...)
	}
	answer := &fetchResponse{records: wire}
	var b Batch
	n := 0
	if allocs := testing.AllocsPerRun(10, func() {
		b.begin(0, answer)
		for range b.Records() {
			n++
		}
	}); allocs > 0 || n == 0 {
		t.Errorf("%v allocations for 1000 records", allocs)
	}
}
