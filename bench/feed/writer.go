package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	batchBytes = 128 << 10
	batches    = 3 // of a partition: one being filled, one waiting, one on its way
	retries    = 50
	retryPause = 100 * time.Millisecond
)

// Writer batches records by partition, as Java's and librdkafka's producers choose it (murmur2 of the key), and sends them with
// acks=all. It belongs to one goroutine; its own are gone when Close returns.
type Writer struct {
	client *kafka.Client
	topic  string

	ctx     context.Context
	cancel  context.CancelCauseFunc
	senders sync.WaitGroup

	balancer kafka.Murmur2Balancer
	numbers  []int
	lanes    []lane
}

// lane is one partition's batches: the one being filled, those to be sent and those to be filled again.
type lane struct {
	filling *batch
	full    chan *batch
	empty   chan *batch
}

// NewWriter starts a sender for each partition of the topic. The context ends them.
func NewWriter(ctx context.Context, client *kafka.Client, topic string, partitions int) *Writer {
	w := &Writer{client: client, topic: topic, lanes: make([]lane, partitions)}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	for p := range w.lanes {
		l := lane{filling: new(batch), full: make(chan *batch, batches), empty: make(chan *batch, batches)}
		l.filling.reset()
		for range batches - 1 {
			l.empty <- new(batch)
		}
		w.lanes[p], w.numbers = l, append(w.numbers, p)
		w.senders.Go(func() { w.send(p, l.full, l.empty) })
	}
	return w
}

// Write adds one record, which it copies. It waits while the partition's batches are all full. Its error is the first that any
// sender met.
func (w *Writer) Write(key, value []byte) error {
	p := w.balancer.Balance(kafka.Message{Key: key}, w.numbers...)
	l := &w.lanes[p]
	l.filling.append(key, value)
	if len(l.filling.buf) < batchBytes {
		return nil
	}
	return w.turn(l)
}

// Push gives batches that are not full to the senders, for a stream so slow that they would grow old.
func (w *Writer) Push() error {
	for p := range w.lanes {
		if l := &w.lanes[p]; l.filling.count > 0 {
			if err := w.turn(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close sends what is left, waits until all of it is acknowledged, and ends the senders.
func (w *Writer) Close() error {
	err := w.Push()
	for _, l := range w.lanes {
		close(l.full)
	}
	w.senders.Wait()
	if err == nil {
		err = context.Cause(w.ctx)
	}
	w.cancel(errors.New("the writer is closed"))
	return err
}

// turn sends the batch being filled and takes an empty one.
func (w *Writer) turn(l *lane) error {
	l.full <- l.filling // never blocks: it has room for all of the lane's batches
	var err error
	select {
	case l.filling = <-l.empty:
	case <-w.ctx.Done():
		l.filling, err = new(batch), context.Cause(w.ctx)
	}
	l.filling.reset()
	return err
}

func (w *Writer) send(partition int, full <-chan *batch, empty chan<- *batch) {
	for b := range full {
		if w.ctx.Err() == nil {
			if err := w.produce(partition, b); err != nil {
				w.cancel(fmt.Errorf("write to topic %s, partition %d: %w", w.topic, partition, err))
			}
		}
		select {
		case empty <- b:
		default: // a batch made after the context's end
		}
	}
}

// produce sends one batch. It sends again only after answers that say nothing was written, as a topic just created gives.
func (w *Writer) produce(partition int, b *batch) error {
	for try := 0; ; try++ {
		records := protocol.RawRecordSet{Reader: bytes.NewReader(b.seal(time.Now().UnixMilli()))}
		answer, err := w.client.RawProduce(w.ctx, &kafka.RawProduceRequest{
			Topic: w.topic, Partition: partition, RequiredAcks: kafka.RequireAll, RawRecords: records,
		})
		if err == nil {
			err = answer.Error
		}
		if try == retries || !unwritten(err) {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-w.ctx.Done():
			return context.Cause(w.ctx)
		}
	}
}

func unwritten(err error) bool {
	return errors.Is(err, protocol.ErrNoTopic) || errors.Is(err, kafka.UnknownTopicOrPartition) || errors.Is(err, kafka.LeaderNotAvailable) ||
		errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.NotEnoughReplicas)
}
