package pipeline

import (
	"context"

	"winback/pipeline/state"
	"winback/schemas"
)

// shipment is the insert under way: at most one a partition. Its outbox and rows belong to the insert until wait returns.
type shipment struct {
	outbox state.Outbox
	rows   schemas.Rows
	note   note       // goes with the commit
	skip   bool       // nothing to insert, only offsets to commit
	done   chan error // nil while none is under way
}

func (s *shipment) under() bool { return s.done != nil }

// ready reports whether wait would return at once.
func (s *shipment) ready() bool { return len(s.done) > 0 }

// start inserts the rows on a goroutine of its own, which ends with the insert, and that with ctx.
func (s *shipment) start(ctx context.Context, sink RowSink) {
	s.done = make(chan error, 1)
	if s.skip {
		s.done <- nil
		return
	}
	go func() { s.done <- sink.Insert(ctx, &s.rows) }()
}

// wait returns the insert's error. The shipment is free again.
func (s *shipment) wait() error {
	err := <-s.done
	s.done = nil
	return err
}

// drain waits for an insert whose context has ended.
func (s *shipment) drain() {
	if s.under() {
		_ = s.wait() // its records are not committed and will be read again
	}
}
