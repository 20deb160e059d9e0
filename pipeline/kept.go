package pipeline

import (
	"slices"
	"sync"

	"winback/pipeline/ingest"
)

// keptWorkers holds workers between two generations of the group.
type keptWorkers struct {
	mu  sync.Mutex
	all map[int32]keptWorker
}

type keptWorker struct {
	worker     *worker
	generation int32
}

func (k *keptWorkers) put(w *worker, generation int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = map[int32]keptWorker{}
	}
	k.all[w.session.Partition()] = keptWorker{w, generation}
}

// take returns the partition's worker if it served the generation just before and committed what the group knows.
func (k *keptWorkers) take(session *ingest.Session) *worker {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept, found := k.all[session.Partition()]
	delete(k.all, session.Partition())
	if !found || kept.generation+1 != session.Generation() || kept.worker.delivery.Committed() != max(session.Committed(), 0) {
		return nil
	}
	return kept.worker
}

// drop forgets the workers of partitions that went to another member.
func (k *keptWorkers) drop(assigned []int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for partition := range k.all {
		if !slices.Contains(assigned, partition) {
			delete(k.all, partition)
		}
	}
}
