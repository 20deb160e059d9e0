package pipeline

import (
	"context"
	"slices"
	"sync"

	"winback/pipeline/ingest"
	"winback/pipeline/state"
)

// restore makes a partition's worker ready and tells the session where to read from. State kept from the generation before serves
// if nobody else can have owned the partition since. Otherwise it is built again from the log that is retained, in silence up to the
// committed offset: "commits after delivery" means that all that follows from the records below has been delivered.
func (p *Pipeline) restore(ctx context.Context, session *ingest.Session) (*worker, error) {
	if w := p.kept.take(session); w != nil {
		w.session = session
		session.SeekTo(w.next)
		return w, nil
	}
	w, err := p.newWorker(ctx, session)
	if err != nil {
		return nil, err
	}
	first, err := session.First(ctx)
	if err != nil {
		return nil, err
	}
	w.committed = max(session.Committed(), first)
	w.next, w.muted = first, first < w.committed
	if w.muted {
		if err := w.remember(ctx); err != nil {
			return nil, err
		}
		p.parts.Log.Info("rebuilding a partition's state from the retained log",
			"topic", session.Topic(), "partition", session.Partition(), "from", first, "committed", w.committed)
	}
	session.SeekTo(first)
	return w, nil
}

// remember asks for what was noted with the committed offset.
func (w *worker) remember(ctx context.Context) error {
	text, err := w.session.Note(ctx)
	if err != nil {
		return err
	}
	if n, ok := readNote(text); ok {
		w.note, w.noted, w.memory = n, n, memory{note: n, advance: n.before > 0, known: true}
	}
	return nil
}

func (p *Pipeline) newWorker(ctx context.Context, session *ingest.Session) (*worker, error) {
	partition, err := state.New(p.parts.Rules, p.parts.Vocabulary, p.parts.State)
	if err != nil {
		return nil, err
	}
	w := &worker{pipeline: p, session: session, decoder: p.parts.Mapping.NewDecoder(), partition: partition}
	if p.parts.Delivered != nil {
		if w.delivered, err = p.parts.Delivered.IDs(ctx, session.Partition()); err != nil {
			return nil, err
		}
	}
	return w, nil
}

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
	if !found || kept.generation+1 != session.Generation() || kept.worker.committed != max(session.Committed(), 0) {
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
