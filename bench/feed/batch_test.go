package feed

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/segmentio/kafka-go/protocol"
)

func TestBatchIsReadBackByKafkaGo(t *testing.T) {
	var b batch
	for range 2 { // the second time in used memory
		b.reset()
		const n = 200 // record numbers of one and two bytes
		for i := range n {
			b.append(fmt.Appendf(nil, "key%d", i), bytes.Repeat([]byte{'v'}, i))
		}
		var set protocol.RecordSet
		if _, err := set.ReadFrom(bytes.NewReader(b.seal(1_790_000_000_123))); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			r, err := set.Records.ReadRecord()
			if err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
			key, _ := protocol.ReadAll(r.Key)
			value, _ := protocol.ReadAll(r.Value)
			if string(key) != fmt.Sprintf("key%d", i) || len(value) != i || r.Offset != int64(i) || r.Time.UnixMilli() != 1_790_000_000_123 {
				t.Fatalf("record %d: key %q, value of %d bytes, offset %d, time %v", i, key, len(value), r.Offset, r.Time)
			}
		}
		if _, err := set.Records.ReadRecord(); err != io.EOF {
			t.Fatalf("after the last record: %v", err)
		}
	}
}

func TestAppendAndSealDoNotAllocate(t *testing.T) {
	var b batch
	key, value := make([]byte, 9), make([]byte, 200)
	fill := func() {
		b.reset()
		for range 100 {
			b.append(key, value)
		}
		b.seal(1)
	}
	if n := testing.AllocsPerRun(100, fill); n != 0 {
		t.Errorf("%g allocations a batch", n)
	}
}
