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
	w.delivery.Attach(outputs{&w.pipeline.parts, session, w.lineage})
	if w.phase == leaving {
		w.phase = live
	}
}

func (p *Pipeline) newWorker(ctx context.Context, session *ingest.Session) (*worker, error) {
	w := &worker{pipeline: p, session: session, decoder: p.parts.Mapping.NewDecoder(), phase: recovering}
	var err error
	if w.partition, err = state.New(p.parts.Rules, p.parts.Vocabulary, p.parts.State); err != nil {
		return nil, err
	}
	begin, err := w.start(ctx)
	if err != nil {
		return nil, err
	}
	options, err := p.deliveryOptions(ctx, session.Partition(), begin.lineage.mutedUntil)
	if err != nil {
		return nil, err
	}
	delivered, repeat, err := w.whatIsDelivered(ctx, begin.delivered)
	if err != nil {
		return nil, err
	}
	w.delivery = delivery.NewDriver(
		delivery.Config{FlushEvery: p.config.FlushEvery, FlushRows: p.config.FlushRows}, session.Topic(), session.Partition(), w.partition, options)
	w.delivery.Begin(delivered.To, delivered.Note, w.lineage.build)
	w.attach(session)
	w.planRecovery(delivered, repeat)
	session.SeekTo(w.next)
	return w, nil
}

// deliveryOptions raises the fence and then asks what is in the trigger topic: no owner before adds to it any more.
func (p *Pipeline) deliveryOptions(ctx context.Context, partition int32, mutedUntil int64) (options delivery.Options, err error) {
	if p.parts.Fence != nil {
		if err := p.parts.Fence.Raise(ctx, partition); err != nil {
			return options, fmt.Errorf("fence: %w", err)
		}
	}
	options = delivery.Options{
		Journal: p.parts.Journal, Checkpoint: p.parts.Checkpoint, Hook: p.parts.DeliveryHook, MutedUntil: max(mutedUntil, p.parts.TriggersSince-1),
	}
	if p.parts.Delivered != nil {
		options.Produced, err = p.parts.Delivered.IDs(ctx, partition)
	}
	return options, err
}

// start finds out where the group has come to in this partition, and sets next to the first offset that is retained. A lineage that begins
// is committed at once: whoever comes after a crash must find the same.
func (w *worker) start(ctx context.Context) (start, error) {
	s, parts := w.session, &w.pipeline.parts
	f := found{
		group: parts.Ingest.Group, topicID: s.TopicID(), partitions: s.Partitions(), committed: s.Committed(),
		lateness: int64(parts.State.Lateness), now: parts.Now().UnixMilli(),
	}
	var err error
	if f.first, f.end, err = s.Bounds(ctx); err != nil {
		return start{}, err
	}
	notes, err := s.Notes(ctx)
	if err != nil {
		return start{}, err
	}
	f.text, f.newest = notes[s.Partition()], newestBuild(notes)
	begin, err := f.begin(parts.Rebuild)
	if err != nil {
		return start{}, err
	}
	w.next, w.lineage = f.first, begin.lineage
	w.gap = gap{cut: f.first > 0, missing: begin.missing}
	w.logStart(&f, &begin)
	if begin.begins {
		err = outputs{parts, s, w.lineage}.Commit(ctx, begin.delivered.To, begin.delivered.Note)
	}
	return begin, err
}

// logStart says what the operator should know of how the partition begins.
func (w *worker) logStart(f *found, s *start) {
	log := w.pipeline.parts.Log.With("topic", w.session.Topic(), "partition", w.session.Partition(), "build", s.lineage.build.Name)
	if s.begins {
		log.Info("a build begins", "from", s.delivered.To, "committed_before", f.committed)
	}
	if s.missing > 0 {
		log.Warn("records have expired before they were read: what they held is missing from windows and tables",
			"records_at_most", s.missing, "committed", f.committed, "first_retained", f.first)
	}
}

// whatIsDelivered tells how far an owner before has come. delivered says below which offset everything is delivered; repeat is an epoch
// behind that whose rows may be missing, nil if there is none. The worker's state becomes that of the newest checkpoint, and next the
// offset behind it or the first that is retained.
func (w *worker) whatIsDelivered(ctx context.Context, committed delivery.Entry) (delivered delivery.Entry, repeat *delivery.Entry, err error) {
	delivered = committed
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
