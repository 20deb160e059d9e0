package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Committed is what a group has stored of one partition.
type Committed struct {
	Offset int64  // -1 if nothing
	Note   string // the text that came with it
}

// Committed asks for what a group has stored of the partitions of a topic, by partition, whether or not anybody is in the group.
func (c *Connection) Committed(ctx context.Context, group, topic string, partitions int) (all []Committed, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		all, err = c.committed(ctx, group, topic, partitions)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("offsets of consumer group %s: %w", group, err)
	}
	return all, nil
}

// committed makes one attempt.
func (c *Connection) committed(ctx context.Context, group, topic string, partitions int) ([]Committed, error) {
	all, asked := make([]Committed, partitions), make([]int, partitions)
	for i := range asked {
		all[i].Offset, asked[i] = -1, i
	}
	answer, err := c.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: asked}})
	if err == nil {
		err = answer.Error
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return all, nil // nobody has been in the group yet
	}
	if err != nil {
		return nil, err
	}
	for _, p := range answer.Topics[topic] {
		if p.Error != nil {
			return nil, p.Error
		}
		all[p.Partition] = Committed{p.CommittedOffset, p.Metadata}
	}
	return all, nil
}
