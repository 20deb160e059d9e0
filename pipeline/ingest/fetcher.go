package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
)

// fetcher reads one partition ahead of its Reader: one response is with the Reader, one waits here. It runs on a goroutine that
// Reader.Batches starts and waits for.
type fetcher struct {
	conn      *Connection
	topic     string
	partition int32
	cfg       FetchConfig
	wait      backoff
	out       chan fetched

	position int64   // the offset to ask for; negative for the earliest retained
	id       TopicID // of the topic that is read; zero before it is known, and if brokers tell none
	certain  bool    // that the topic still has this id, as far as anybody can tell
	leader   leadership
	damaged  int // times in a row that the frame there was damaged
	skips    *skips

	// What the Reader may look at meanwhile.
	first     atomic.Int64 // where the reading began, -1 until that is known
	answered  atomic.Int64 // when the broker last answered, Unix nanoseconds
	highWater atomic.Int64 // as last heard, -1 before that
}

// fetched is one verified response that is not empty, or the error that ends the reading.
type fetched struct {
	answer *fetchResponse
	from   int64
	err    error
}

// run fetches until ctx ends or at an error that waiting cannot mend.
func (f *fetcher) run(ctx context.Context) {
	for ctx.Err() == nil {
		got, end := f.next(ctx)
		if got.answer == nil && got.err == nil {
			continue
		}
		select {
		case f.out <- got:
		case <-ctx.Done():
			got.answer.release()
		}
		if got.err != nil {
			return
		}
		f.position = end
	}
}

// next makes one attempt. It brings nothing if the partition has nothing new, or if the attempt failed but the next may not.
func (f *fetcher) next(ctx context.Context) (got fetched, end int64) {
	answer, end, err := f.attempt(ctx)
	switch {
	case err == nil:
		f.wait.succeeded("reading again")
		return fetched{answer: answer, from: f.position}, end
	case ctx.Err() != nil:
		return fetched{}, 0
	case errors.Is(err, ErrCorrupt):
		f.damaged++
	}
	switch {
	case permanent(err):
		return fetched{err: f.conn.explain(err)}, 0
	case f.damaged >= corruptTries:
		return f.giveUpOn(ctx, err)
	}
	f.stumble(ctx, err)
	return fetched{}, 0
}

// stumble notes a fault that may pass, and waits before the next attempt.
func (f *fetcher) stumble(ctx context.Context, err error) {
	f.certain, f.leader = false, leadership{}
	f.conn.refresh(err)
	f.wait.failed(ctx, "cannot read", err)
}

// corruptTries is how often a damaged frame is fetched before it is believed to be damaged where it is stored.
const corruptTries = 5

func (f *fetcher) attempt(ctx context.Context) (answer *fetchResponse, end int64, err error) {
	if err := f.locate(ctx); err != nil {
		return nil, 0, err
	}
	answer, err = f.ask(ctx)
	if errors.Is(err, kafka.OffsetOutOfRange) {
		if err := f.overtaken(ctx); err != nil {
			return nil, 0, err
		}
		return &fetchResponse{highWater: f.highWater.Load()}, f.position, nil // empty, but it tells the Reader the new offset
	}
	if err != nil {
		return nil, 0, err
	}
	answer.records, end, err = answer.verify(f.position)
	if err != nil || end == f.position {
		answer.release()
		return nil, 0, err
	}
	f.damaged = 0
	return answer, end, nil
}

// locate makes sure of the topic and of the offset to ask for.
func (f *fetcher) locate(ctx context.Context) (err error) {
	if !f.certain {
		if err := f.identify(ctx); err != nil {
			return err
		}
	}
	if f.position < 0 {
		if f.position, _, err = f.conn.bounds(ctx, f.topic, f.partition); err != nil {
			f.position = -1
			return err
		}
	}
	f.first.CompareAndSwap(-1, f.position)
	return nil
}

// identify learns the topic's id, or finds that it is another one by now: then offsets mean other records. It is asked for at the beginning, after
// every fault, and when another broker leads the partition. Brokers that can be asked for a topic by its id refuse another one by themselves.
func (f *fetcher) identify(ctx context.Context) error {
	id, err := f.conn.sameTopic(ctx, f.topic, f.id)
	if err == nil {
		f.id, f.certain = id, true
	}
	return err
}

// follow takes note of the broker that leads the partition.
func (f *fetcher) follow(ctx context.Context, leader leadership) error {
	before := f.leader
	f.leader = leader
	if before.version == 0 || before.broker == leader.broker || leader.version >= fetchByID {
		return nil
	}
	return f.identify(ctx)
}

var errBeyond = errors.New("lies beyond the partition's end")

// overtaken goes on from the earliest offset retained if the one asked for is older. An offset beyond the end is an error: the topic has
// been made anew or has lost its tail, so that what was read before is not what it holds.
func (f *fetcher) overtaken(ctx context.Context) error {
	first, last, err := f.conn.bounds(ctx, f.topic, f.partition)
	if err == nil {
		err = f.identify(ctx)
	}
	switch {
	case err != nil:
		return err
	case f.position < first:
		f.wait.log.Warn("retention has overtaken the reader: records are lost to it; read faster or retain longer",
			"from", f.position, "first_retained", first, "lost_offsets", first-f.position)
		f.position = first
		f.highWater.Store(last)
		return nil
	case f.position > last:
		return fmt.Errorf("offset %d %w, %d", f.position, errBeyond, last)
	}
	return kafka.OffsetOutOfRange // in range by now: ask again
}
