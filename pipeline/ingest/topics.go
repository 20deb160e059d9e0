package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/segmentio/kafka-go"

	"winback/schemas"
)

// TopicConfig is how a topic is made if it does not exist.
type TopicConfig struct {
	Replication int               `yaml:"replication"` // copies of each partition; 0 for the cluster's default
	Retention   schemas.Duration  `yaml:"retention"`   // 0 for the cluster's default
	Settings    map[string]string `yaml:"settings"`    // any other topic configuration, such as cleanup.policy
}

// Topic is what a cluster knows of a topic.
type Topic struct {
	ID         TopicID
	Partitions int
	led        bool // every partition has a leader
}

// Topic asks the cluster, not a cache, for a topic. The error says whether the cluster cannot be reached, the login fails, the topic is
// unknown or not permitted, and what to do.
func (c *Connection) Topic(ctx context.Context, name string) (topic Topic, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		topic, err = c.describe(ctx, name)
		return err
	})
	if err != nil {
		return Topic{}, fmt.Errorf("topic %s: %w", name, err)
	}
	return topic, nil
}

// Partitions asks as Topic does, for the number of partitions.
func (c *Connection) Partitions(ctx context.Context, topic string) (count int, err error) {
	t, err := c.Topic(ctx, topic)
	return t.Partitions, err
}

// EnsureTopic makes the topic if it does not exist and waits until all its partitions answer. A topic that exists with another
// partition count is an error that names both; it is not touched.
func (c *Connection) EnsureTopic(ctx context.Context, topic string, partitions int, cfg TopicConfig) error {
	have, err := c.Partitions(ctx, topic)
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		if err = c.create(ctx, topic, partitions, cfg); err == nil {
			have, err = c.await(ctx, topic)
		}
	}
	if err != nil {
		return err
	}
	if have != partitions {
		return fmt.Errorf("topic %s has %d partitions and needs %d, as many as the input topic: add partitions to it if it has fewer, or choose another name for it", topic, have, partitions)
	}
	_, _, err = c.Offsets(ctx, topic)
	return err
}

func (c *Connection) create(ctx context.Context, topic string, partitions int, cfg TopicConfig) error {
	wanted := kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: cfg.Replication}
	if wanted.ReplicationFactor == 0 {
		wanted.ReplicationFactor = -1 // Kafka 2.4 and later: the cluster's default
	}
	settings := maps.Clone(cfg.Settings)
	if cfg.Retention > 0 {
		if settings == nil {
			settings = map[string]string{}
		}
		settings["retention.ms"] = strconv.FormatInt(cfg.Retention.Milliseconds(), 10)
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		wanted.ConfigEntries = append(wanted.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: settings[name]})
	}
	err := c.retry(ctx, func(ctx context.Context) error {
		answer, err := c.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{wanted}})
		if err == nil {
			err = answer.Errors[topic]
		}
		if errors.Is(err, kafka.TopicAlreadyExists) {
			return nil // another member was faster
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("make topic %s: %w", topic, err)
	}
	return nil
}

// await waits until a topic just made is known and its partitions have leaders; brokers learn of it one after the other.
func (c *Connection) await(ctx context.Context, topic string) (partitions int, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		t, err := c.describe(ctx, topic)
		switch {
		case errors.Is(err, kafka.UnknownTopicOrPartition), err == nil && !t.led:
			return kafka.LeaderNotAvailable
		case err == nil:
			partitions = t.Partitions
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("topic %s, just made: %w", topic, err)
	}
	return partitions, nil
}

// Offsets returns, per partition, the earliest offset retained and the offset the next record will get.
func (c *Connection) Offsets(ctx context.Context, topic string) (first, last []int64, err error) {
	count, err := c.Partitions(ctx, topic)
	if err != nil {
		return nil, nil, err
	}
	all := make([]int32, count)
	for i := range all {
		all[i] = int32(i)
	}
	err = c.retry(ctx, func(ctx context.Context) error {
		first, last, err = c.listOffsets(ctx, topic, all)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	return first, last, nil
}

// bounds makes one attempt to learn the ends of one partition.
func (c *Connection) bounds(ctx context.Context, topic string, partition int32) (first, last int64, err error) {
	firsts, lasts, err := c.listOffsets(ctx, topic, []int32{partition})
	if err != nil {
		return 0, 0, err
	}
	return firsts[0], lasts[0], nil
}

// listOffsets makes one attempt. An answer "not the leader" or "unknown" most often means that the Transport's picture of the cluster is
// old.
func (c *Connection) listOffsets(ctx context.Context, topic string, partitions []int32) (first, last []int64, err error) {
	var wanted []kafka.OffsetRequest
	for _, p := range partitions {
		wanted = append(wanted, kafka.FirstOffsetOf(int(p)), kafka.LastOffsetOf(int(p)))
	}
	answer, err := c.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: wanted}})
	if err != nil {
		return nil, nil, err
	}
	first, last = make([]int64, len(partitions)), make([]int64, len(partitions))
	found := 0
	for _, p := range answer.Topics[topic] {
		if misrouted(p.Error) {
			c.refresh(p.Error)
			return nil, nil, fmt.Errorf("%w: %w", kafka.NotLeaderForPartition, p.Error)
		}
		if p.Error != nil {
			return nil, nil, p.Error
		}
		if at := slices.Index(partitions, int32(p.Partition)); at >= 0 {
			first[at], last[at], found = p.FirstOffset, p.LastOffset, found+1
		}
	}
	if found != len(partitions) {
		return nil, nil, fmt.Errorf("%w: some partitions are missing from the answer", kafka.NotLeaderForPartition)
	}
	return first, last, nil
}
