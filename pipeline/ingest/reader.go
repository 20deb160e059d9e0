package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"
)

// Reader reads one partition from an offset on, without a group. It belongs to one goroutine.
type Reader struct {
	conn      *Connection
	topic     string
	partition int32
	cfg       FetchConfig
	log       *slog.Logger

	id    TopicID // of the topic; zero before it is known
	next  int64
	err   error
	batch Batch
	skips skips

	sound    int64 // everything from here on has been readable; negative before anything was read
	holdsOut bool  // a damaged batch does not end Batches
	stop     stop
}

// NewReader reads partition of topic from an offset on; a negative one is the earliest retained. cfg must be valid.
func NewReader(conn *Connection, topic string, partition int32, from int64, cfg FetchConfig, log *slog.Logger) *Reader {
	r := &Reader{
		conn: conn, topic: topic, partition: partition, cfg: cfg,
		log: log.With("topic", topic, "partition", partition), next: from,
	}
	r.batch.codecs.limit = cfg.MaxUnpacked
	r.batch.of = BatchRange{Topic: topic, Partition: partition}
	r.skips = newSkips(cfg.SkipBatches, topic, partition)
	return r
}

// HoldOut keeps a damaged record batch from ending Batches. Until it can be read, Batches yields empty ones that tell of it, tries again every
// quarter of a minute and logs what to do every ten. Call it before Batches. Sessions hold out by themselves.
func (r *Reader) HoldOut() { r.holdsOut = true }

// Batches yields what arrives, in offset order, each record batch checked against its CRC. While nothing arrives it yields an empty
// Batch every Tick. It ends when ctx does, or at an error that waiting cannot mend: see Err. It may be called again, and goes on
// where reading stopped. If retention has overtaken the reader, it logs a warning and goes on from the earliest offset retained.
// Records of transactions that were aborted, or are still open, are not among them.
func (r *Reader) Batches(ctx context.Context) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		r.sound, r.stop = -1, stop{}
		for again := true; again; {
			again = r.read(ctx, yield) && r.holdOut(ctx, yield)
		}
	}
}

// read yields until ctx ends, the loop is left, or an error. It reports whether a damaged batch was that, and the reader is to hold out.
func (r *Reader) read(ctx context.Context, yield func(*Batch) bool) (stopped bool) {
	ctx, stop := context.WithCancel(ctx)
	f := r.fetcher()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.run(ctx)
	}()
	defer func() {
		stop()
		<-done
		r.ended(f)
		r.batch.codecs.close()
	}()
	r.err = nil
	r.pump(ctx, f, yield)
	return r.holdsOut && errors.As(r.err, &r.stop.at)
}

// ended keeps what a fetcher has learned.
func (r *Reader) ended(f *fetcher) {
	r.id = f.id
	if first := f.first.Load(); r.next < 0 {
		r.next = first
	}
	r.stop.highWater = f.highWater.Load()
}

// Err says why Batches ended: nil if its ctx did or the loop was left.
func (r *Reader) Err() error { return r.err }

func (r *Reader) fetcher() *fetcher {
	f := &fetcher{
		conn: r.conn, topic: r.topic, partition: r.partition, cfg: r.cfg,
		wait: backoff{log: r.log}, out: make(chan fetched), position: r.next, id: r.id, skips: &r.skips,
	}
	if r.stop.at != nil {
		f.damaged = corruptTries - 1 // known to be damaged: one look is enough
	}
	f.first.Store(-1)
	f.highWater.Store(-1)
	return f
}

// pump yields responses as they come, and empty batches while none does.
func (r *Reader) pump(ctx context.Context, f *fetcher, yield func(*Batch) bool) {
	tick := time.NewTimer(r.cfg.Tick.Std())
	defer tick.Stop()
	for again := true; again && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return
		case got := <-f.out:
			again = r.handOut(ctx, got, yield)
		case <-tick.C:
			again = r.handOutNothing(f, yield)
		}
		tick.Reset(r.cfg.Tick.Std())
	}
}

var errUnread = errors.New("the handler asked for the next batch without reading this one: Read it to its end")

// handOut yields one response, as one Batch, or as several if it unpacks to much.
func (r *Reader) handOut(ctx context.Context, got fetched, yield func(*Batch) bool) (again bool) {
	if got.err != nil {
		r.err = r.at(r.next, got.err)
		return false
	}
	defer got.answer.release()
	b := &r.batch
	b.begin(got.from, got.answer)
	if d := got.answer.skipped; d != nil {
		r.skip(d)
	}
	for more := true; more; more = ctx.Err() == nil && b.more() {
		again = yield(b)
		r.moved(b)
		if again && b.err == nil && b.Next == b.From && b.unread() {
			b.err = errUnread
		}
		if again && b.err != nil && r.skipUnreadable() {
			again = yield(b)
			r.moved(b)
		}
		if !again {
			return false
		}
		if b.err != nil {
			r.err = r.at(b.Next, r.conn.explain(b.err))
			return false
		}
	}
	return true
}

// handOutNothing yields an empty Batch, so that the caller can act on time that passes.
func (r *Reader) handOutNothing(f *fetcher, yield func(*Batch) bool) (again bool) {
	if r.next < 0 {
		if r.next = f.first.Load(); r.next < 0 {
			return true // not even where to begin is known
		}
	}
	silence := time.Duration(time.Now().UnixNano() - f.answered.Load())
	r.batch.begin(r.next, &fetchResponse{highWater: f.highWater.Load()})
	r.batch.Stopped = r.stop.at
	r.batch.fresh = silence < r.cfg.MaxWait.Std()+r.cfg.Tick.Std()+time.Second
	return yield(&r.batch)
}

// keepTrying makes attempts until one succeeds, ctx ends, or the fault is permanent.
func (r *Reader) keepTrying(ctx context.Context, what string, attempt func() error) error {
	wait := backoff{log: r.log}
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrLost) || permanent(err) {
			return fmt.Errorf("topic %s, partition %d: %s: %w", r.topic, r.partition, what, r.conn.explain(err))
		}
		if ctx.Err() != nil {
			return fmt.Errorf("topic %s, partition %d: %s: %w: %w", r.topic, r.partition, what, ctx.Err(), r.conn.explain(err))
		}
		wait.failed(ctx, what, err)
	}
}

func (r *Reader) at(offset int64, err error) error {
	return fmt.Errorf("topic %s, partition %d, offset %d: %w", r.topic, r.partition, offset, err)
}
