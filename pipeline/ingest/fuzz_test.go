package ingest

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"winback/schemas"
)

// packers compress as producers do, by the number of the codec.
func packers(t testing.TB) map[uint16]func([]byte) []byte {
	stream := func(w interface {
		Write([]byte) (int, error)
		Close() error
	}, out *bytes.Buffer, b []byte) []byte {
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	return map[uint16]func([]byte) []byte{
		1: func(b []byte) []byte { var out bytes.Buffer; return stream(gzip.NewWriter(&out), &out, b) },
		2: func(b []byte) []byte { return s2.EncodeSnappy(nil, b) },
		3: func(b []byte) []byte { var out bytes.Buffer; return stream(lz4.NewWriter(&out), &out, b) },
		4: func(b []byte) []byte {
			w, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			return w.EncodeAll(b, nil)
		},
	}
}

// xerialOf frames snappy as Java's library does, in blocks.
func xerialOf(b []byte, block int) []byte {
	out := append(bytes.Clone(xerial), 0, 0, 0, 1, 0, 0, 0, 1)
	for len(b) > 0 {
		n := min(block, len(b))
		packed := s2.EncodeSnappy(nil, b[:n])
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(packed))), packed...)
		b = b[n:]
	}
	return out
}

// FuzzResponse feeds the parser what a broker, or something in its place, might answer.
func FuzzResponse(f *testing.F) {
	frames := frameOf(7, 3, 0, nil)
	for _, version := range fetchVersions() {
		f.Add(responseOf(version, 0, frames), version)
	}
	f.Fuzz(func(t *testing.T, b []byte, version int16) {
		answer := fetchResponse{pool: new(bufferPool), buffer: &b}
		if answer.parse(b, version) != nil {
			return
		}
		if len(answer.records) > len(b) || len(answer.aborted)*16 > len(b) {
			t.Fatal("the parts are larger than the whole")
		}
		scanAll(t, answer.records, 0)
	})
}

// FuzzScan feeds verify and Read what might be stored; with sealed, under a sum that is right.
func FuzzScan(f *testing.F) {
	records := frameOf(0, 3, 0, nil)[frameHeader:]
	f.Add(records, uint16(0), uint8(0), true)
	for codec, pack := range packers(f) {
		f.Add(pack(records), codec, uint8(0), true)
	}
	f.Add(xerialOf(records, 10), uint16(2), uint8(1), true)
	f.Add(frameOf(0, 3, 0, nil), uint16(0), uint8(0), false)
	f.Add([]byte{0, 1, 2}, uint16(attrControl), uint8(0), true)
	f.Fuzz(func(t *testing.T, b []byte, attrs uint16, from uint8, sealed bool) {
		if sealed {
			b = seal(0, 2, 3, attrs, b)
		}
		scanAll(t, b, int64(from))
	})
}

// scanAll reads everything and checks what must hold whatever the bytes are.
func scanAll(t *testing.T, b []byte, from int64) {
	sound, end, err := verify(b, from, math.MaxInt64)
	if err != nil {
		return
	}
	if len(sound) > len(b) || end < from {
		t.Fatalf("verify: %d bytes of %d, up to offset %d from %d", len(sound), len(b), end, from)
	}
	batch := Batch{codecs: codecs{limit: 1 << 20}}
	defer batch.codecs.close()
	batch.begin(from, &fetchResponse{records: sound})
	next := from
	for more := true; more; more = batch.err == nil && batch.more() {
		var r schemas.Record
		for batch.Read(&r) {
			if r.Offset < next || batch.Next != r.Offset+1 {
				t.Fatalf("offset %d after %d, Next %d", r.Offset, next-1, batch.Next)
			}
			next = batch.Next
		}
		if batch.err == nil && batch.Next == batch.From && batch.unread() {
			t.Fatal("read to the end without getting on")
		}
	}
	if batch.err == nil && end > from && batch.Next != end {
		t.Fatalf("Next is %d at the end, %d", batch.Next, end)
	}
	if batch.codecs.unpacked > 2<<20 {
		t.Fatalf("%d bytes unpacked under a limit of 1 MiB", batch.codecs.unpacked)
	}
}

func responseOf(version int16, code int16, records []byte) []byte {
	if version >= fetchByID {
		return responseByID(code, records)
	}
	be := binary.BigEndian
	b := be.AppendUint32(nil, fetchCorrelation)
	b = be.AppendUint32(b, 0)
	if version >= 7 {
		b = append(b, 0, 0, 0, 0, 0, 0)
	}
	b = be.AppendUint32(b, 1)
	b = appendText(b, "clicks")
	b = be.AppendUint32(b, 1)
	b = be.AppendUint32(b, 0)
	b = be.AppendUint16(b, uint16(code))
	b = be.AppendUint64(b, 100)
	b = be.AppendUint64(b, 90)
	if version >= 5 {
		b = be.AppendUint64(b, 0)
	}
	b = be.AppendUint32(b, 1)
	b = be.AppendUint64(be.AppendUint64(b, 5), 50)
	if version >= 11 {
		b = be.AppendUint32(b, ^uint32(0))
	}
	return append(be.AppendUint32(b, uint32(len(records))), records...)
}

// responseByID is the same in version 13, with a tagged field that is not known here.
func responseByID(code int16, records []byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint32(nil, fetchCorrelation)
	b = append(b, 1, 7, 2, 'a', 'b')
	b = append(b, make([]byte, 4+2+4)...)
	b = appendLength(b, 1)
	b = append(b, make([]byte, len(TopicID{}))...)
	b = appendLength(b, 1)
	b = be.AppendUint32(b, 0)
	b = be.AppendUint16(b, uint16(code))
	b = be.AppendUint64(b, 100)
	b = be.AppendUint64(b, 90)
	b = be.AppendUint64(b, 0)
	b = appendLength(b, 1)
	b = be.AppendUint64(be.AppendUint64(b, 5), 50)
	b = append(b, noTags)
	b = be.AppendUint32(b, ^uint32(0))
	return append(appendLength(b, len(records)), records...)
}

// fetchVersions are all that can be parsed.
func fetchVersions() []int16 { return []int16{4, 5, 6, 7, 8, 9, 10, 11, fetchByID} }
