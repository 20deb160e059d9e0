package main

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"winback/pipeline/ingest"
)

// line fetches and discards: what the broker, the sockets and the fetching allow at most.
func line(ctx context.Context, w *workload) (outcome, error) {
	return w.timed(func() (int64, error) {
		var records atomic.Int64
		group, ctx := errgroup.WithContext(ctx)
		for p, last := range w.last {
			group.Go(func() error {
				n, err := ingest.NewReader(w.conn, w.topic, int32(p), 0, ingest.DefaultFetch(), w.log).Discard(ctx, last)
				records.Add(n)
				return err
			})
		}
		err := group.Wait()
		return records.Load(), err
	})
}
