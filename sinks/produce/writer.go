package produce

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"winback/sinks/retry"
)

// Writer sends batches to the partitions of one topic. It is safe for concurrent use; batches of one partition keep their
// order as long as each is written after the one before has returned.
type Writer struct {
	client *kafka.Client
	topic  string
	cfg    Config
	loop   *retry.Loop
	codecs sync.Pool // of *codec
	spare  sync.Pool // of *Batch, for Deliver
}

// NewWriter returns a Writer that sends through client's transport. It does not connect.
func NewWriter(client *kafka.Client, topic string, cfg Config, log *slog.Logger) *Writer {
	// kafka-go tells the broker half the client's Timeout, and 500 ms if it has none: too short for a replica that lags.
	own := &kafka.Client{Addr: client.Addr, Transport: client.Transport, Timeout: cfg.Timeout.Std()}
	return &Writer{client: own, topic: topic, cfg: cfg, loop: retry.New(cfg.Retry, fmt.Sprintf("Kafka topic %q", topic), log)}
}

// Write returns nil once all in-sync replicas have the batch. It retries until ctx ends, and returns at once an error that
// retrying cannot heal, with its remedy. An empty batch is nothing to do. After an error the batch must not be used again:
// a request that was given up may still be read from it.
func (w *Writer) Write(ctx context.Context, partition int32, b *Batch) error {
	if b.Len() == 0 {
		return nil
	}
	c, err := w.codec()
	if err != nil {
		return err
	}
	sealed, err := b.seal(c)
	if err != nil {
		return err
	}
	d := diagnosis{writer: w, partition: partition}
	err = w.loop.Do(ctx, func(ctx context.Context) error { return d.classify(ctx, w.send(ctx, partition, sealed)) })
	if err == nil {
		w.codecs.Put(c)
	}
	return err
}

func (w *Writer) codec() (*codec, error) {
	if c, ok := w.codecs.Get().(*codec); ok {
		return c, nil
	}
	return newCodec(w.cfg.Compression)
}

func (w *Writer) send(ctx context.Context, partition int32, sealed []byte) error {
	answer, err := w.client.RawProduce(ctx, &kafka.RawProduceRequest{
		Topic: w.topic, Partition: int(partition), RequiredAcks: kafka.RequireAll,
		RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(sealed)},
	})
	if err != nil {
		return err
	}
	return answer.Error
}

// Deliver writes the records to one partition in order, in as many batches as max_bytes asks for. See Write.
func (w *Writer) Deliver(ctx context.Context, partition int32, records []Record) error {
	b, ok := w.spare.Get().(*Batch)
	if !ok {
		b = new(Batch)
	}
	b.Reset()
	for i := range records {
		if b.Len() > 0 && !b.Fits(&records[i], w.cfg.MaxBytes) {
			if err := w.Write(ctx, partition, b); err != nil {
				return err
			}
			b.Reset()
		}
		b.Add(&records[i])
	}
	if err := w.Write(ctx, partition, b); err != nil {
		return err
	}
	w.spare.Put(b)
	return nil
}
