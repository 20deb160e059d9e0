// Package pipeline walks the data from a Kafka partition to the sinks. Run is the whole service: it joins the group, and for every
// partition assigned reads batches, decodes records, feeds the partition's state, delivers what follows, and commits.
//
// Used by cmd/winback, bench and tests. It starts no clock of its own: wall time is Parts.Now.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
)

// Parts are the rooms the pipeline connects.
type Parts struct {
	Connection *ingest.Connection
	Ingest     ingest.Config
	Mapping    *mapping.Mapping
	Vocabulary *schemas.Vocabulary
	Rules      *scorer.Rules
	State      state.Config

	Triggers    TriggerSink
	DeadLetters DeadLetterSink
	Rows        RowSink
	Delivered   Delivered // nil: nothing has been delivered before

	Rebuild       string // the name of a build that is to begin anew, from the first record retained; empty: the one there is goes on
	TriggersSince int64  // triggers of earlier borders are not sent, Unix milliseconds

	// Seams for durable state, each optional: what is lost without it is said in package delivery.
	Journal    delivery.Journal
	Checkpoint delivery.Checkpoint
	Fence      delivery.Fence

	DeliveryHook delivery.Hook // for crash tests; nil otherwise

	Now func() time.Time
	Log *slog.Logger
}

// TriggerSink delivers the triggers of one partition; it returns when they are safe or when they cannot be.
type TriggerSink interface {
	Deliver(ctx context.Context, partition int32, triggers []schemas.Trigger) error
}

// DeadLetterSink delivers the refused records of one partition; it returns when they are safe or when they cannot be.
type DeadLetterSink interface {
	Deliver(ctx context.Context, partition int32, letters []schemas.DeadLetter) error
}

// RowSink inserts the rows of one partition; it returns when they are safe or when they cannot be.
type RowSink interface {
	Insert(ctx context.Context, rows *schemas.Rows) error
}

// Delivered lists the triggers that a partition's topic already holds, so that a restart does not produce them again. It is asked once by a
// new owner, after the fence has been raised; what is acknowledged to anybody until then is among them.
type Delivered interface {
	IDs(ctx context.Context, partition int32) (delivery.Produced, error)
}

// Pipeline is one member of the consumer group.
type Pipeline struct {
	config      Config
	parts       Parts
	kept        keptWorkers
	statusBoard statusBoard
	inspections inspections
}

// New checks the configuration and puts the parts together.
func New(config Config, parts Parts) (*Pipeline, error) {
	var faults schemas.Faults
	faults.Under("pipeline", config.Validate())
	faults.Under("state", parts.State.Validate())
	faults.Under("ingest", parts.Ingest.Validate())
	faults.Under("rebuild", CheckBuildName(parts.Rebuild))
	if err := faults.Err(); err != nil {
		return nil, err
	}
	p := &Pipeline{config: config, parts: parts}
	p.parts.Ingest.Assigned = func(_ int32, partitions []int32) {
		p.statusBoard.assigned(len(partitions))
		p.kept.drop(partitions)
	}
	return p, nil
}

// Run works until ctx ends and returns nil then; the group has been left. An error names the partition and the cause.
func (p *Pipeline) Run(ctx context.Context) error {
	return ingest.Run(ctx, p.parts.Connection, p.parts.Ingest, p.parts.Log, p.process)
}

// process is the data's path: one partition, from the first record to the last commit.
func (p *Pipeline) process(ctx context.Context, session *ingest.Session) error {
	w, err := p.restore(ctx, session)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer p.statusBoard.remove(w)
	defer p.inspections.open(w)()
	deliveryCtx, stop := p.deliveryContext(ctx)
	defer func() { stop(); w.delivery.Close() }()
	if err := w.rebuild(ctx, deliveryCtx); err != nil { // in silence, what has been delivered
		return p.deliveryFailed(ctx, session, w, err)
	}
	for batch := range session.Batches(ctx) {
		w.begin(p.parts.Now())
		for w.decode(batch) {
			w.add() // what follows goes into the delivery's outbox
		}
		w.end(batch)
		if err := w.delivery.Deliver(deliveryCtx, w.now, w.next); err != nil {
			return p.deliveryFailed(ctx, session, w, err)
		}
	}
	if err := session.Err(); err != nil {
		return err
	}
	return p.leave(ctx, deliveryCtx, session, w)
}

// deliveryContext returns the context of deliveries: it outlasts ctx by LeaveAfter, so that a partition taken away, or a service told to stop,
// can deliver and commit what it has read. stop ends it, and whatever is still under way in it.
func (p *Pipeline) deliveryContext(ctx context.Context) (deliveryCtx context.Context, stop func()) {
	deliveryCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(p.config.LeaveAfter.Std())
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-deliveryCtx.Done():
		}
	})
	return deliveryCtx, func() { unhook(); cancel() }
}

// leave delivers and commits what is left when the partition is taken away or the service stops, and keeps the state in case the
// partition comes back at once.
func (p *Pipeline) leave(ctx, deliveryCtx context.Context, session *ingest.Session, w *worker) error {
	if w.phase != recovering {
		w.phase = leaving
		if err := w.delivery.Flush(deliveryCtx, w.now, w.next); err != nil {
			return p.deliveryFailed(ctx, session, w, err)
		}
	}
	p.kept.put(w, session.Generation())
	return nil
}

// deliveryFailed tells a fault from a partition that was taken away while its sinks could not take more: then nothing is committed, and
// the next owner reads the same records again.
func (p *Pipeline) deliveryFailed(ctx context.Context, session *ingest.Session, w *worker, err error) error {
	if ctx.Err() == nil && !errors.Is(err, ingest.ErrLost) {
		return err
	}
	p.parts.Log.Warn("partition left before all was delivered; its next owner reads on from the last commit",
		"topic", session.Topic(), "partition", session.Partition(), "committed", w.delivery.Committed(), "cause", err)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the service is to stop: what was not delivered is no failure, and has been logged
	}
	return err
}
