// Package triggers delivers recall triggers to their Kafka topic: JSON (schemas/trigger.schema.json), keyed by user, on the
// partition number of the input the trigger follows from, with the trigger's id in a header.
//
// The pipeline calls it. A trigger sent again after an ambiguous failure or a restart may stand in the topic twice, always
// under the same id: consumers keep the first of an id.
package triggers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/segmentio/kafka-go"

	"winback/schemas"
	"winback/sinks/produce"
)

// HeaderID names the record header that holds a trigger's id, 32 hexadecimal digits, so that a consumer can drop what it has
// without reading the value.
const HeaderID = "trigger-id"

// Config names the topic; it must have at least as many partitions as the input.
type Config = produce.TopicConfig

// Defaults returns a Config that is ready for use.
func Defaults() Config { return produce.TopicDefaults("winback.triggers") }

// Producer delivers triggers. It is safe for concurrent use and holds no resources.
type Producer struct{ writer *produce.Writer }

// New returns a Producer that sends through client.
func New(client *kafka.Client, cfg Config, log *slog.Logger) *Producer {
	return &Producer{produce.NewWriter(client, cfg.Topic, cfg.Config, log)}
}

// Deliver returns nil once every trigger is acknowledged by all in-sync replicas, in order. While the topic cannot be reached
// it waits, until ctx ends; an error that waiting cannot heal is returned at once with its remedy. After an error some of
// the triggers may have been delivered.
func (p *Producer) Deliver(ctx context.Context, partition int32, ts []schemas.Trigger) error {
	records := make([]produce.Record, len(ts))
	for i := range ts {
		value, err := json.Marshal(&ts[i])
		if err != nil {
			return fmt.Errorf("trigger %s of user %q: %w", ts[i].ID, ts[i].User, err)
		}
		records[i] = produce.Record{
			Key: []byte(ts[i].User), Value: value,
			Headers: []produce.Header{{Key: HeaderID, Value: []byte(ts[i].ID.String())}},
		}
	}
	return p.writer.Deliver(ctx, partition, records)
}
