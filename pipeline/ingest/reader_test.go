package ingest_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/ingest"
	"winback/schemas"
)

func TestReaderReadsEveryCodec(t *testing.T) {
	b := startBroker(t)
	conn := b.connect()
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			b.topic(name, 1, nil)
			const n = 3000
			b.produce(name, 0, 0, n/2, kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(16<<10))
			b.produce(name, 0, n/2, n, kgo.ProducerBatchCompression(codec))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r := ingest.NewReader(conn, name, 0, 0, quick(), silent())
			i := 0
			var record schemas.Record
			for batch := range r.Batches(ctx) {
				if batch.From != int64(i) {
					t.Fatalf("batch from %d, want %d", batch.From, i)
				}
				for batch.Read(&record) {
					check(t, &record, i)
					i++
				}
				if batch.AtEnd() {
					break
				}
			}
			if r.Err() != nil || i != n {
				t.Fatalf("read %d records of %d, error %v", i, n, r.Err())
			}
		})
	}
}

func check(t *testing.T, r *schemas.Record, i int) {
	t.Helper()
	if r.Offset != int64(i) || string(r.Value) != string(value(i)) || r.Time != 1_700_000_000_000+int64(i) || len(r.Key) < 5 {
		t.Fatalf("record %d: offset %d, time %d, key %q, value %q", i, r.Offset, r.Time, r.Key, r.Value)
	}
	if want := string([]byte{2, 2, 'n', 2, byte(i)}); string(r.Headers) != want {
		t.Fatalf("record %d: headers %q, want %q", i, r.Headers, want)
	}
}
