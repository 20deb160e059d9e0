package pipeline

import (
	"context"
	"fmt"
	"sync"

	"winback/pipeline/state"
)

// inspections hands questions to the goroutine that owns a partition.
type inspections struct {
	mu     sync.Mutex
	desks  map[int32]chan func(*state.Partition)
	closed map[int32]chan struct{}
}

// Inspect calls look with a partition's state between two of its batches, so at the latest after one tick of an idle partition.
// look must not keep the state. The error says if this member does not have the partition.
func (p *Pipeline) Inspect(ctx context.Context, partition int32, look func(*state.Partition)) error {
	desk, closed := p.inspections.find(partition)
	if desk == nil {
		return fmt.Errorf("partition %d is not with this member", partition)
	}
	done := make(chan struct{})
	select {
	case desk <- func(s *state.Partition) { defer close(done); look(s) }:
		<-done
		return nil
	case <-closed:
		return fmt.Errorf("partition %d has just left this member", partition)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (i *inspections) find(partition int32) (chan func(*state.Partition), chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.desks[partition], i.closed[partition]
}

// open takes questions for a worker until the returned function is called.
func (i *inspections) open(w *worker) (shut func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.desks == nil {
		i.desks, i.closed = map[int32]chan func(*state.Partition){}, map[int32]chan struct{}{}
	}
	partition, closed := w.session.Partition(), make(chan struct{})
	w.questions = make(chan func(*state.Partition))
	i.desks[partition], i.closed[partition] = w.questions, closed
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.desks, partition)
		delete(i.closed, partition)
		close(closed)
	}
}

// answer serves the questions that wait, between two batches.
func (w *worker) answer() {
	for {
		select {
		case question := <-w.questions:
			question(w.partition)
		default:
			return
		}
	}
}
