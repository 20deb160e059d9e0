package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/bench/measure"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
)

// workload is the topic that all contenders read.
type workload struct {
	conn       *ingest.Connection
	topic      string
	partitions int
	users      int
	days       int
	events     int64
	last       []int64 // per partition, the offset after the last event
	vocabulary *schemas.Vocabulary
	mapping    *mapping.Mapping
	servers    []int // process ids of those that serve the contenders, where they are the bench's own
	log        *slog.Logger
}

// prepare makes the topic and fills it.
func prepare(ctx context.Context, o *options, conn *ingest.Connection, log *slog.Logger) (*workload, error) {
	w := &workload{conn: conn, partitions: o.partitions, users: o.population.Users, days: o.days, servers: o.servers, log: log}
	var err error
	if w.vocabulary, err = scorer.Defaults().Vocabulary(); err != nil {
		return nil, err
	}
	if w.mapping, err = mapping.Compile(mapping.Defaults(), w.vocabulary); err != nil {
		return nil, err
	}
	w.topic = fmt.Sprintf("winback-bench-%d-%d", os.Getpid(), time.Now().Unix())
	if err := conn.EnsureTopic(ctx, w.topic, o.partitions, ingest.TopicConfig{}); err != nil {
		return nil, err
	}
	if err = fill(ctx, o, conn, w.topic, o.partitions, log); err == nil {
		w.events, w.last, err = w.count(ctx, w.topic)
	}
	if err != nil {
		w.remove(ctx, w.topic)
	}
	return w, err
}

// serversCPU returns the CPU time that the servers of this benchmark have used so far.
func (w *workload) serversCPU() (sum time.Duration) {
	for _, pid := range w.servers {
		sum += measure.Process(pid)
	}
	return sum
}

// count returns how many records a topic holds, and each partition's end.
func (w *workload) count(ctx context.Context, topic string) (records int64, last []int64, err error) {
	first, last, err := w.conn.Offsets(ctx, topic)
	for p := range last {
		records += last[p] - first[p]
	}
	return records, last, err
}

// remove deletes topics; on a cluster that stays, their bytes would stay too.
func (w *workload) remove(ctx context.Context, topics ...string) {
	answer, err := w.conn.Client().DeleteTopics(context.WithoutCancel(ctx), &kafka.DeleteTopicsRequest{Topics: topics})
	for _, topic := range topics {
		failed := err
		if failed == nil {
			failed = answer.Errors[topic]
		}
		if failed != nil {
			w.log.Warn("the topic could not be deleted", "topic", topic, "error", failed)
		}
	}
}
