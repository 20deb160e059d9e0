package pipeline

import (
	"cmp"
	"slices"
	"sync"

	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// Status is where one partition stood at the end of its last batch. Totals count since this process took the partition.
type Status struct {
	Partition  int32
	Offset     int64 // the next to be read
	Lag        int64 // records between it and the end of the partition, -1 until the broker has said where that is
	Committed  int64
	Watermark  int64 // Unix milliseconds
	Restoring  bool  // below the committed offset: nothing is delivered
	Users      int
	Lifecycle  [scorer.States]uint64 // users by state
	PreChurn   uint64                // users in an open episode
	Counts     state.Counts
	Triggers   uint64
	Decisions  uint64
	Rows       uint64
	Refused    [schemas.ReasonCount]uint64 // dead letters by reason
	LastRecord int64                       // wall time, Unix milliseconds
}

// board holds the workers' last words, so that others can read them without touching the workers.
type board struct {
	mu       sync.Mutex
	statuses map[int32]Status
}

// Status returns the partitions this member has, in order.
func (p *Pipeline) Status() []Status {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	all := make([]Status, 0, len(p.board.statuses))
	for _, s := range p.board.statuses {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Partition, b.Partition) })
	return all
}

func (b *board) post(w *worker, batch *ingest.Batch) {
	s := Status{
		Partition: w.session.Partition(), Offset: w.next, Lag: lag(batch), Committed: w.committed,
		Restoring: w.muted, Users: w.partition.Users(), PreChurn: w.partition.Cohorts().PreChurn().GetCardinality(),
		Counts: w.partition.Counts(), Triggers: w.counts.triggers, Decisions: w.counts.decisions, Rows: w.counts.rows, Refused: w.counts.refused,
		LastRecord: w.lastHeard,
	}
	s.Watermark, _ = w.partition.Watermark()
	for i := range s.Lifecycle {
		s.Lifecycle[i] = w.partition.Cohorts().Lifecycle(scorer.State(i)).GetCardinality()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.statuses == nil {
		b.statuses = map[int32]Status{}
	}
	b.statuses[s.Partition] = s
}

func (b *board) remove(w *worker) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.statuses, w.session.Partition())
}

func lag(batch *ingest.Batch) int64 {
	if batch.HighWater < 0 {
		return -1
	}
	return max(0, batch.HighWater-batch.Next)
}
