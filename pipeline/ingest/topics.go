package ingest

import (
	"context"

	"winback/schemas"
)

// TopicConfig is how a topic is made if it does not exist.
type TopicConfig struct {
	Replication int               `yaml:"replication"` // copies of each partition; 0 for the cluster's default
	Retention   schemas.Duration  `yaml:"retention"`   // 0 for the cluster's default
	Settings    map[string]string `yaml:"settings"`    // any other topic configuration, such as cleanup.policy
}

// Partitions asks the cluster, not a cache, how many partitions a topic has. The error says whether the cluster cannot be reached,
// the login fails, the topic is unknown or not permitted, and what to do.
func (c *Connection) Partitions(ctx context.Context, topic string) (int, error) {
	panic("not built yet")
}

// EnsureTopic makes the topic if it does not exist and waits until all its partitions can be written to. A topic that exists with
// another partition count is an error that names both.
func (c *Connection) EnsureTopic(ctx context.Context, topic string, partitions int, cfg TopicConfig) error {
	panic("not built yet")
}

// Offsets returns, per partition, the earliest offset retained and the offset the next record will get.
func (c *Connection) Offsets(ctx context.Context, topic string) (first, last []int64, err error) {
	panic("not built yet")
}
