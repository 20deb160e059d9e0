package pipeline

import (
	"context"
	"fmt"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
)

// restore makes a partition's worker ready and tells the session where to read from. State kept from the generation before serves
// if nobody else can have owned the partition since. Otherwise rebuild makes it out of the newest checkpoint, if there is one, and the
// log behind it.
func (p *Pipeline) restore(ctx context.Context, session *ingest.Session) (*worker, error) {
	if w := p.kept.take(session); w != nil {
		w.attach(session)
		session.SeekTo(w.next)
		return w, nil
	}
	return p.newWorker(ctx, session)
}

// attach gives a worker the session of a new generation.
func (w *worker) attach(session *ingest.Session) {
	w.session = session
	w.delivery.Attach(outputs{&w.pipeline.parts, session})
	if w.phase == leaving {
		w.phase = live
	}
}

func (p *Pipeline) newWorker(ctx context.Context, session *ingest.Session) (*worker, error) {
	options, err := p.deliveryOptions(ctx, session.Partition())
	if err != nil {
		return nil, err
	}
	w := &worker{pipeline: p, session: session, decoder: p.parts.Mapping.NewDecoder(), phase: recovering}
	if w.partition, err = state.New(p.parts.Rules, p.parts.Vocabulary, p.parts.State); err != nil {
		return nil, err
	}
	delivered, repeat, err := w.whatIsDelivered(ctx)
	if err != nil {
		return nil, err
	}
	w.delivery = delivery.NewDriver(
		delivery.Config{FlushEvery: p.config.FlushEvery, FlushRows: p.config.FlushRows}, session.Topic(), session.Partition(), w.partition, options)
	w.delivery.Begin(delivered.To, delivered.Note)
	w.attach(session)
	w.planRecovery(delivered, repeat)
	session.SeekTo(w.next)
	return w, nil
}

// deliveryOptions raises the fence and then asks what is in the trigger topic: no owner before adds to it any more.
func (p *Pipeline) deliveryOptions(ctx context.Context, partition int32) (options delivery.Options, err error) {
	if p.parts.Fence != nil {
		if err := p.parts.Fence.Raise(ctx, partition); err != nil {
			return options, fmt.Errorf("fence: %w", err)
		}
	}
	options = delivery.Options{Journal: p.parts.Journal, Checkpoint: p.parts.Checkpoint, Hook: p.parts.DeliveryHook}
	if p.parts.Delivered != nil {
		options.Produced, err = p.parts.Delivered.IDs(ctx, partition)
	}
	return options, err
}

// whatIsDelivered tells how far an owner before has come. delivered says below which offset everything is delivered; repeat is an epoch
// behind that whose rows may be missing, nil if there is none. The worker's state becomes that of the newest checkpoint, and next the
// offset behind it or the first that is retained.
func (w *worker) whatIsDelivered(ctx context.Context) (delivered delivery.Entry, repeat *delivery.Entry, err error) {
	first, _, err := w.session.Bounds(ctx)
	if err != nil {
		return delivered, nil, err
	}
	w.next = first
	if delivered.To = max(w.session.Committed(), first); first < delivered.To {
		text, err := w.session.Note(ctx)
		if err != nil {
			return delivered, nil, err
		}
		delivered.Note, _ = delivery.ParseNote(text)
	}
	if err := w.loadCheckpoint(ctx, &delivered); err != nil {
		return delivered, nil, fmt.Errorf("checkpoint: %w", err)
	}
	if repeat, err = w.lastJournalled(ctx, &delivered); err != nil {
		return delivered, nil, fmt.Errorf("journal: %w", err)
	}
	return delivered, repeat, nil
}

func (w *worker) loadCheckpoint(ctx context.Context, delivered *delivery.Entry) error {
	checkpoint := w.pipeline.parts.Checkpoint
	if checkpoint == nil {
		return nil
	}
	at, restored, found, err := checkpoint.Load(ctx, w.session.Partition())
	if err != nil || !found {
		return err
	}
	w.partition, w.next = restored, max(at.To, w.next)
	if at.Later(delivered) {
		*delivered = at
	}
	return nil
}

// lastJournalled returns the epoch that was under way, unless it was committed. Every epoch before it was.
func (w *worker) lastJournalled(ctx context.Context, delivered *delivery.Entry) (*delivery.Entry, error) {
	journal := w.pipeline.parts.Journal
	if journal == nil {
		return nil, nil
	}
	last, found, err := journal.Last(ctx, w.session.Partition())
	if err != nil || !found {
		return nil, err
	}
	delivered.To = max(delivered.To, last.From)
	if last.From == delivered.To && last.Later(delivered) {
		return &last, nil
	}
	return nil, nil
}
