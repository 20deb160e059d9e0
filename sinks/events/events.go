// Package events writes input records to a Kafka topic at line rate: batched for each partition, with one request in flight
// for each, so that a key's records keep their order.
//
// `winback replay`, `winback repartition`, the demo and the load generator call it. A batch sent again after an ambiguous failure may stand in the
// topic twice.
package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/segmentio/kafka-go"

	"winback/schemas"
	"winback/sinks/produce"
)

// Config says where the records go and how they are batched.
type Config struct {
	produce.TopicConfig `yaml:",inline"`
	Partitions          int32            `yaml:"partitions"`  // how many the topic has
	BatchBytes          int              `yaml:"batch_bytes"` // a batch this large is sent at once
	Linger              schemas.Duration `yaml:"linger"`      // a smaller one after this long
}

// Defaults returns a Config that lacks only the number of partitions.
func Defaults() Config {
	return Config{TopicConfig: produce.TopicDefaults("winback.events"), BatchBytes: 256 << 10, Linger: 5}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	faults.Under("", c.TopicConfig.Validate())
	if c.Partitions < 1 {
		faults.Add("partitions", "must be the topic's number of partitions, at least 1")
	}
	if c.BatchBytes < 1 || c.BatchBytes > c.MaxBytes {
		faults.Add("batch_bytes", "must be from 1 to max_bytes (%d)", c.MaxBytes)
	}
	if c.Linger < 0 {
		faults.Add("linger", "must not be negative")
	}
	return faults.Err()
}

// ErrClosed is returned by Send and Flush after Close.
var ErrClosed = errors.New("the events producer is closed")

// Producer batches records and sends them from one goroutine per partition, which New starts and Close ends. It is safe for
// concurrent use.
type Producer struct {
	senders []*sender
	stop    context.CancelCauseFunc
	done    sync.WaitGroup
}

// New starts a Producer that sends through client. cfg must be valid. It does not connect.
func New(client *kafka.Client, cfg Config, log *slog.Logger) *Producer {
	writer := produce.NewWriter(client, cfg.Topic, cfg.Config, log)
	ctx, stop := context.WithCancelCause(context.Background())
	p := &Producer{senders: make([]*sender, cfg.Partitions), stop: stop}
	for i := range p.senders {
		s := newSender(int32(i), writer, cfg)
		p.senders[i] = s
		p.done.Go(func() { s.run(ctx) })
	}
	return p
}

// Send copies the record into its partition's batch; it is not yet delivered when Send returns nil. timeMs is the record's
// timestamp in Unix milliseconds, 0 for now. While the partition's buffers are full it blocks, until ctx ends. Once a batch
// could not be delivered for good, Send and Flush return that error from then on.
func (p *Producer) Send(ctx context.Context, key, value []byte, timeMs int64) error {
	s := p.senders[produce.Partition(key, int32(len(p.senders)))]
	return s.send(ctx, &produce.Record{Key: key, Value: value, Time: timeMs})
}

// SendTo copies the record into the batch of a partition that the caller has chosen. Otherwise it is as Send.
func (p *Producer) SendTo(ctx context.Context, partition int32, r *produce.Record) error {
	return p.senders[partition].send(ctx, r)
}

// Flush returns nil once everything sent before is acknowledged by all in-sync replicas.
func (p *Producer) Flush(ctx context.Context) error {
	for _, s := range p.senders {
		s.sendNow()
	}
	for _, s := range p.senders {
		if err := s.awaitAcks(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close flushes, for as long as ctx lasts, and ends the goroutines. Its error says that records may be missing.
func (p *Producer) Close(ctx context.Context) error {
	err := p.Flush(ctx)
	p.stop(ErrClosed)
	p.done.Wait()
	if err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("closing the events producer: %w", err)
	}
	return nil
}
