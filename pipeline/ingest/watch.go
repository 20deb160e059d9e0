package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// missesBeforeGone is how many checks in a row must not find the topic before it counts as deleted: brokers that have just started do
// not know it for a moment.
const missesBeforeGone = 3

// watch ends Run when the topic's partition count changes: users would move between partitions, and so away from their state. It ends it too
// when another topic has been made under the name: its offsets say nothing of what was read.
func (m *member) watch(ctx context.Context) error {
	look := time.NewTicker(m.cfg.WatchEvery.Std())
	defer look.Stop()
	for unknown := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		topic, err := m.conn.Topic(ctx, m.cfg.Topic)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.UnknownTopicOrPartition):
			if unknown++; unknown == missesBeforeGone {
				return err
			}
		case err != nil:
			m.log.Debug("cannot look at the topic", "error", err)
		case remade(m.topic.ID, topic.ID) != nil:
			return fmt.Errorf("topic %s: %w", m.cfg.Topic, m.conn.explain(remade(m.topic.ID, topic.ID)))
		case topic.Partitions != m.topic.Partitions:
			return m.checkCount(topic.Partitions)
		default:
			unknown = 0
		}
	}
}

func (m *member) checkCount(count int) error {
	return fmt.Errorf("topic %s had %d partitions and now has %d, so users have moved to other partitions, away from their past: "+
		"stop all members, write the log anew with `winback repartition`, and read that (docs/operations.md)", m.cfg.Topic, m.topic.Partitions, count)
}
