package ingest_test

import (
	"context"
	"fmt"
	"testing"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// BenchmarkFetch reads 200-byte records of 8 partitions from a broker in this process and discards them: the line rate, broker included.
func BenchmarkFetch(b *testing.B) {
	const partitions, each = 8, 200_000
	broker := startBroker(b)
	broker.topic("line", partitions, nil)
	for p := range int32(partitions) {
		broker.produce("line", p, 0, each)
	}
	conn := broker.connect()
	b.ReportAllocs()
	b.ResetTimer()
	bytes := 0
	for range b.N {
		done := make(chan int, partitions)
		for p := range int32(partitions) {
			go func() { done <- discard(b.Context(), conn, p, each) }()
		}
		for range partitions {
			bytes += <-done
		}
	}
	b.ReportMetric(float64(b.N*partitions*each)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(bytes)/float64(b.N*partitions*each), "B/record")
}

func discard(ctx context.Context, conn *ingest.Connection, partition int32, until int64) (bytes int) {
	r := ingest.NewReader(conn, "line", partition, 0, ingest.DefaultFetch(), silent())
	var record schemas.Record
	for batch := range r.Batches(ctx) {
		for batch.Read(&record) {
			bytes += len(record.Key) + len(record.Value)
		}
		if batch.Next >= until {
			break
		}
	}
	if r.Err() != nil {
		panic(fmt.Sprint("read to discard: ", r.Err()))
	}
	return bytes
}
