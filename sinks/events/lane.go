package events

import (
	"context"
	"sync"
	"time"

	"winback/sinks/produce"
)

// lane is one partition's way out: one batch fills while the other is on its way.
type lane struct {
	partition  int32
	writer     *produce.Writer
	batchBytes int
	maxBytes   int
	linger     time.Duration

	started chan struct{} // the filling batch got its first record
	due     chan struct{} // it need not linger

	mu      sync.Mutex
	changed sync.Cond // room was made, records were acknowledged, err was set
	filling *produce.Batch
	spare   *produce.Batch // nil while it is on its way
	sent    int64          // records taken by send
	acked   int64          // records acknowledged
	err     error          // the first that ended the lane
}

func newLane(partition int32, writer *produce.Writer, cfg Config) *lane {
	l := &lane{
		partition: partition, writer: writer, batchBytes: cfg.BatchBytes, maxBytes: cfg.MaxBytes, linger: cfg.Linger.Std(),
		started: make(chan struct{}, 1), due: make(chan struct{}, 1),
		filling: new(produce.Batch), spare: new(produce.Batch),
	}
	l.changed.L = &l.mu
	return l
}

func (l *lane) send(ctx context.Context, r *produce.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.hasRoom(r) {
		if err := l.wait(ctx, func() bool { return l.hasRoom(r) }); err != nil {
			return err
		}
	}
	if l.err != nil {
		return l.err
	}
	l.filling.Add(r)
	l.sent++
	if l.filling.Len() == 1 {
		signal(l.started)
	}
	if l.filling.Size() >= l.batchBytes {
		signal(l.due)
	}
	return nil
}

// hasRoom: a batch takes a first record of any size, and others until it is due.
func (l *lane) hasRoom(r *produce.Record) bool {
	return l.filling.Len() == 0 || l.filling.Size() < l.batchBytes && l.filling.Fits(r, l.maxBytes)
}

// wait blocks, with mu held, until ready, an error of the lane, or the end of ctx. A record that does not fit into a batch
// still lingering makes it due.
func (l *lane) wait(ctx context.Context, ready func() bool) error {
	defer context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})()
	for !ready() {
		if l.err != nil {
			return l.err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		signal(l.due)
		l.changed.Wait()
	}
	return nil
}

// hurry ends the lingering of what is there.
func (l *lane) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.filling.Len() > 0 {
		signal(l.due)
	}
}

// drain waits until what was sent by now is acknowledged.
func (l *lane) drain(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	target := l.sent
	if err := l.wait(ctx, func() bool { return l.acked >= target }); err != nil {
		return err
	}
	return l.err
}

// run sends batch after batch until ctx ends or a batch cannot be delivered.
func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if !l.awaitBatch(ctx, timer) {
			l.finish(context.Cause(ctx))
			return
		}
		b := l.take()
		n := int64(b.Len())
		if err := l.writer.Write(ctx, l.partition, b); err != nil {
			l.finish(err)
			return
		}
		b.Reset()
		l.giveBack(b, n)
	}
}

// awaitBatch returns true when the filling batch is to go, false when ctx ended.
func (l *lane) awaitBatch(ctx context.Context, timer *time.Timer) bool {
	select {
	case <-l.started:
	case <-ctx.Done():
		return false
	}
	timer.Reset(l.linger)
	select {
	case <-l.due:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

func (l *lane) take() *produce.Batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filling
	l.filling, l.spare = l.spare, nil
	select {
	case <-l.due: // it was said of the batch that now goes
	default:
	}
	l.changed.Broadcast()
	return b
}

func (l *lane) giveBack(b *produce.Batch, acked int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spare = b
	l.acked += acked
	l.changed.Broadcast()
}

func (l *lane) finish(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	l.changed.Broadcast()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
