package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// answerPatience is how long an answer may take beyond the broker's long poll.
const answerPatience = 10 * time.Second

// ask asks for what is at the position.
func (f *fetcher) ask(ctx context.Context) (*fetchResponse, error) {
	return f.askAt(ctx, f.position, f.cfg.MaxBytes)
}

// askAt makes one request. A fresh one each time: the Transport may still be using one that was broken off.
func (f *fetcher) askAt(ctx context.Context, offset int64, maxBytes int) (*fetchResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.MaxWait.Std()+answerPatience)
	defer cancel()
	began := time.Now()
	m, err := f.conn.transport.RoundTrip(ctx, f.conn.client.Addr, &fetchRequest{
		ctx: ctx, buffers: &f.conn.buffers, clientID: f.conn.transport.ClientID,
		topic: f.topic, id: f.id, partition: f.partition, offset: offset, known: f.leader,
		maxBytes: int32(maxBytes), maxWait: f.cfg.MaxWait.Std(),
	})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*fetchResponse)
	if !ok {
		return nil, fmt.Errorf("%w: it is a %T", errResponse, m)
	}
	if err := f.accept(ctx, answer); err != nil {
		answer.release()
		return nil, err
	}
	if len(answer.records) == 0 && time.Since(began) < f.cfg.MaxWait.Std()/4 {
		pause(ctx, 10*time.Millisecond) // a broker that does not poll long must not keep a processor busy
	}
	return answer, nil
}

// accept takes note of what an answer tells beside the records.
func (f *fetcher) accept(ctx context.Context, answer *fetchResponse) error {
	if errors.Is(answer.code, kafka.InvalidMessage) {
		return fmt.Errorf("%w at offset %d: the broker itself finds it damaged: %w", ErrCorrupt, f.position, answer.code)
	}
	if answer.code != nil {
		return answer.code
	}
	if err := f.follow(ctx, answer.from); err != nil {
		return err
	}
	f.highWater.Store(answer.highWater)
	f.answered.Store(time.Now().UnixNano())
	return nil
}
