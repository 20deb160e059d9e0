package pipeline

import (
	"context"
	"fmt"
	"sync"

	"winback/pipeline/state"
)

// inspections hands queries to the goroutine that owns a partition.
type inspections struct {
	mu      sync.Mutex
	inboxes map[int32]inbox
}

// inbox is one worker's.
type inbox struct {
	queries chan func(*state.Partition)
	closed  chan struct{} // closed when the worker takes no more
}

// Inspect calls look with a partition's state between two of its batches, so at the latest after one tick of an idle partition.
// look must not keep the state. The error says if this member does not have the partition.
func (p *Pipeline) Inspect(ctx context.Context, partition int32, look func(*state.Partition)) error {
	inbox, found := p.inspections.find(partition)
	if !found {
		return fmt.Errorf("partition %d is not with this member", partition)
	}
	done := make(chan struct{})
	select {
	case inbox.queries <- func(s *state.Partition) { defer close(done); look(s) }:
		<-done
		return nil
	case <-inbox.closed:
		return fmt.Errorf("partition %d has just left this member", partition)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (i *inspections) find(partition int32) (inbox, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	found, ok := i.inboxes[partition]
	return found, ok
}

// open takes queries for a worker until the returned function is called.
func (i *inspections) open(w *worker) (shut func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.inboxes == nil {
		i.inboxes = map[int32]inbox{}
	}
	partition, opened := w.session.Partition(), inbox{queries: make(chan func(*state.Partition)), closed: make(chan struct{})}
	w.queries, i.inboxes[partition] = opened.queries, opened
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.inboxes, partition)
		close(opened.closed)
	}
}

// answer serves the queries that wait, between two batches.
func (w *worker) answer() {
	for {
		select {
		case query := <-w.queries:
			query(w.partition)
		default:
			return
		}
	}
}
