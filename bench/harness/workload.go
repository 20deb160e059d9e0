package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"winback/bench/feed"
	"winback/pipeline/ingest"
)

// workload is the topic that all contenders read.
type workload struct {
	conn       *ingest.Connection
	topic      string
	partitions int
	users      int
	events     int64
	last       []int64 // per partition, the offset after the last event
	log        *slog.Logger
}

// prepare makes the topic and fills it.
func prepare(ctx context.Context, o *options, conn *ingest.Connection, log *slog.Logger) (*workload, error) {
	w := &workload{conn: conn, partitions: o.partitions, users: o.population.Users, log: log}
	w.topic = fmt.Sprintf("winback-bench-%d-%d", os.Getpid(), time.Now().Unix())
	if err := conn.EnsureTopic(ctx, w.topic, o.partitions, ingest.TopicConfig{}); err != nil {
		return nil, err
	}
	if err := fill(ctx, o, conn, w.topic, o.partitions); err != nil {
		return nil, err
	}
	first, last, err := conn.Offsets(ctx, w.topic)
	if err != nil {
		return nil, err
	}
	w.last = last
	for p := range last {
		w.events += last[p] - first[p]
	}
	return w, nil
}

// fill writes the population's events to a topic.
func fill(ctx context.Context, o *options, conn *ingest.Connection, topic string, partitions int) error {
	source, pace, err := o.generator()
	if err != nil {
		return err
	}
	writer := feed.NewWriter(ctx, conn.Client(), topic, partitions)
	_, err = feed.Run(ctx, writer, source, pace)
	if closed := writer.Close(); err == nil {
		err = closed
	}
	return err
}

// read lets one goroutine per partition read the topic from its first event to its last, as the pipeline does. newBatch returns what a goroutine
// does with each of its batches; it returns the number of events it took from it.
func (w *workload) read(ctx context.Context, newBatch func(partition int) func(*ingest.Batch) int64) (int64, error) {
	var events atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for p := range w.partitions {
		batch := newBatch(p)
		group.Go(func() error {
			reader := ingest.NewReader(w.conn, w.topic, int32(p), 0, ingest.DefaultFetch(), w.log)
			for b := range reader.Batches(ctx) {
				events.Add(batch(b))
				if b.Next >= w.last[p] {
					return nil
				}
			}
			return reader.Err()
		})
	}
	err := group.Wait()
	return events.Load(), err
}
