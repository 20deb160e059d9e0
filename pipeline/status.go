package pipeline

import (
	"cmp"
	"errors"
	"fmt"
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

	Build         string // that its rows belong to
	MutedTriggers uint64 // not sent, because they are of the time before a rebuild
	Missing       int64  // records, at most, that retention took before this group read them
	WindowsFrom   int64  // decisions of earlier borders rest on windows that are not whole, Unix milliseconds; 0: all are
}

// statusBoard holds what the workers said last, so that others can read it without touching the workers.
type statusBoard struct {
	mu         sync.Mutex
	statuses   map[int32]Status
	joined     bool
	partitions int // assigned to this member
}

// Status returns the partitions this member has, in order.
func (p *Pipeline) Status() []Status {
	p.statusBoard.mu.Lock()
	defer p.statusBoard.mu.Unlock()
	all := make([]Status, 0, len(p.statusBoard.statuses))
	for _, s := range p.statusBoard.statuses {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Partition, b.Partition) })
	return all
}

// Ready returns nil if the member has joined the group and delivers what follows from every partition assigned to it, else what is missing.
func (p *Pipeline) Ready() error {
	b := &p.statusBoard
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.joined {
		return errors.New("the group has not been joined yet")
	}
	working := 0
	for _, s := range b.statuses {
		if !s.Restoring {
			working++
		}
	}
	if working < b.partitions {
		return fmt.Errorf("%d of %d partitions are being rebuilt from the log", b.partitions-working, b.partitions)
	}
	return nil
}

func (b *statusBoard) assigned(partitions int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.joined, b.partitions = true, partitions
}

func (b *statusBoard) post(w *worker, batch *ingest.Batch) {
	totals := w.delivery.Totals()
	s := Status{
		Partition: w.session.Partition(), Offset: w.next, Lag: lag(batch), Committed: w.delivery.Committed(),
		Restoring: w.phase == recovering, Users: w.partition.Users(), PreChurn: w.partition.Cohorts().PreChurn().GetCardinality(),
		Counts: w.partition.Counts(), Triggers: totals.Triggers, Decisions: totals.Decisions, Rows: totals.Rows, Refused: totals.Refused,
		LastRecord: w.lastRecordAt, Build: w.lineage.build.Name, MutedTriggers: totals.MutedTriggers, Missing: w.gap.missing, WindowsFrom: w.gap.windowsFrom,
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

func (b *statusBoard) remove(w *worker) {
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
