package main

import (
	"context"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// line fetches and discards: what the broker, the sockets and the fetching allow at most.
func line(ctx context.Context, w *workload) (int64, error) {
	return w.read(ctx, func(int) func(*ingest.Batch) int64 {
		return func(b *ingest.Batch) (n int64) {
			var r schemas.Record
			for b.Read(&r) {
				n++
			}
			return n
		}
	})
}
