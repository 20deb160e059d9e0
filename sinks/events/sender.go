package events

import (
	"context"
	"sync"
	"time"

	"winback/sinks/produce"
)

// sender batches and sends one partition's records: one batch fills while the other is on its way.
type sender struct {
	partition  int32
	writer     *produce.Writer
	batchBytes int
	maxBytes   int
	linger     time.Duration

	started chan struct{} // holds a token once the filling batch has its first record
	due     chan struct{} // holds a token once the filling batch is to be sent without lingering

	mu      sync.Mutex
	changed sync.Cond // room was made, records were acknowledged, err was set
	filling *produce.Batch
	spare   *produce.Batch // empty; nil while it is on its way
	sent    int64          // records taken by send
	acked   int64          // records acknowledged
	err     error          // why run ended; nil while it runs
}

func newSender(partition int32, writer *produce.Writer, cfg Config) *sender {
	s := &sender{
		partition: partition, writer: writer, batchBytes: cfg.BatchBytes, maxBytes: cfg.MaxBytes, linger: cfg.Linger.Std(),
		started: make(chan struct{}, 1), due: make(chan struct{}, 1),
		filling: new(produce.Batch), spare: new(produce.Batch),
	}
	s.changed.L = &s.mu
	return s
}

func (s *sender) send(ctx context.Context, r *produce.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hasRoom(r) {
		if err := s.wait(ctx, func() bool { return s.hasRoom(r) }); err != nil {
			return err
		}
	}
	if s.err != nil {
		return s.err
	}
	s.filling.Add(r)
	s.sent++
	if s.filling.Len() == 1 {
		signal(s.started)
	}
	if s.filling.Size() >= s.batchBytes {
		signal(s.due)
	}
	return nil
}

// hasRoom reports whether the record may be added now: a batch takes a first record of any size, and others until it is due.
func (s *sender) hasRoom(r *produce.Record) bool {
	return s.filling.Len() == 0 || s.filling.Size() < s.batchBytes && s.filling.Fits(r, s.maxBytes)
}

// wait blocks, with mu held, until ready, the end of run, or the end of ctx. A record that does not fit into a batch
// still lingering makes it due.
func (s *sender) wait(ctx context.Context, ready func() bool) error {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	for !ready() {
		if s.err != nil {
			return s.err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		signal(s.due)
		s.changed.Wait()
	}
	return nil
}

// sendNow has the filling batch sent without lingering.
func (s *sender) sendNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filling.Len() > 0 {
		signal(s.due)
	}
}

// awaitAcks waits until what was sent by now is acknowledged.
func (s *sender) awaitAcks(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	target := s.sent
	if err := s.wait(ctx, func() bool { return s.acked >= target }); err != nil {
		return err
	}
	return s.err
}

// run sends batch after batch until ctx ends or a batch cannot be delivered.
func (s *sender) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if !s.awaitBatch(ctx, timer) {
			s.finish(context.Cause(ctx))
			return
		}
		b := s.takeBatch()
		n := int64(b.Len())
		if err := s.writer.Write(ctx, s.partition, b); err != nil {
			s.finish(err)
			return
		}
		b.Reset()
		s.putBack(b, n)
	}
}

// awaitBatch returns true when the filling batch is to go, false when ctx ended.
func (s *sender) awaitBatch(ctx context.Context, timer *time.Timer) bool {
	select {
	case <-s.started:
	case <-ctx.Done():
		return false
	}
	timer.Reset(s.linger)
	select {
	case <-s.due:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// takeBatch takes the filling batch and lets the spare one fill.
func (s *sender) takeBatch() *produce.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.filling
	s.filling, s.spare = s.spare, nil
	select {
	case <-s.due: // meant the batch that is taken
	default:
	}
	s.changed.Broadcast()
	return b
}

// putBack makes an acknowledged batch the spare one.
func (s *sender) putBack(b *produce.Batch, acked int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = b
	s.acked += acked
	s.changed.Broadcast()
}

// finish keeps the error for whoever sends or waits from now on.
func (s *sender) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.changed.Broadcast()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
