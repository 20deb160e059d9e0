package delivery

import (
	"context"
	"fmt"
	"slices"

	"winback/pipeline/state"
	"winback/schemas"
)

// Outputs are the ways out of one partition. Each call returns nil once what it was given is safe, retries what may pass until ctx ends,
// and returns an error that waiting does not mend at once.
type Outputs interface {
	ProduceTriggers(ctx context.Context, triggers []schemas.Trigger) error
	ProduceDeadLetters(ctx context.Context, letters []schemas.DeadLetter) error
	StoreRows(ctx context.Context, rows *schemas.Rows) error // called on a goroutine of its own
	Commit(ctx context.Context, next int64, note Note) error
}

// Options are what a Driver can have beside its Outputs; the zero value is none of it.
type Options struct {
	Produced   Produced
	MutedUntil int64 // a trigger of a border up to here is not produced, Unix milliseconds: see I9
	Journal    Journal
	Checkpoint Checkpoint
	Hook       Hook
}

// mute drops the triggers that are not to be produced and are not in their topic.
func (o *Options) mute(triggers []schemas.Trigger) []schemas.Trigger {
	if o.MutedUntil == 0 {
		return triggers
	}
	return slices.DeleteFunc(triggers, func(t schemas.Trigger) bool {
		_, found := o.Produced[t.ID]
		return t.At <= o.MutedUntil && !found
	})
}

// Driver delivers what follows from one partition, in the order of the protocol (see Epoch). It belongs to the partition's goroutine, and
// owns one goroutine of its own while an insert is under way.
type Driver struct {
	*protocol
	state   *state.Partition
	outputs Outputs
	options Options

	insert  chan error        // gets the result of the insert under way; nil if there is none
	missing []schemas.Trigger // memory for those to be produced
	totals  Totals
}

// Totals count what has left the partition since this process took it.
type Totals struct {
	Triggers, Decisions, Rows uint64
	MutedTriggers             uint64                      // see Options.MutedUntil
	Refused                   [schemas.ReasonCount]uint64 // dead letters by reason
}

// NewDriver returns the Driver of a partition, whose state is given, from offset 0 on (see Begin). Attach it before use.
func NewDriver(config Config, topic string, partition int32, of *state.Partition, options Options) *Driver {
	return &Driver{protocol: newProtocol(config, topic, partition), state: of, options: options}
}

// Attach says where things go from now on: a partition that stays over a rebalance has a new session to commit to.
func (d *Driver) Attach(outputs Outputs) { d.outputs = outputs }

// Totals returns the counts.
func (d *Driver) Totals() *Totals { return &d.totals }

// Deliver is called after every batch. It produces the triggers and dead letters that have arisen, and seals the epoch when that is due; rows
// travel beside reading. It waits for sinks as long as ctx lasts: for Kafka, and for ClickHouse only if the epoch before is still under way
// when the next must be sealed. now is wall time, Unix milliseconds; offsets below next have been read.
func (d *Driver) Deliver(ctx context.Context, now, next int64) error {
	if err := d.produce(ctx, d.open); err != nil {
		return err
	}
	if len(d.insert) > 0 {
		if err := d.finish(ctx); err != nil {
			return err
		}
	}
	if !d.sealDue(now) {
		return nil
	}
	return d.Seal(ctx, now, next)
}

// Flush delivers and commits all there is.
func (d *Driver) Flush(ctx context.Context, now, next int64) error {
	d.state.DrainAll(d.Outbox())
	if err := d.produce(ctx, d.open); err != nil {
		return err
	}
	if err := d.Seal(ctx, now, next); err != nil {
		return err
	}
	return d.finish(ctx)
}

// Seal waits until the epoch under way is committed, seals the open one, and takes it as far as the insert of its rows, which goes on
// beside reading.
func (d *Driver) Seal(ctx context.Context, now, next int64) error {
	if err := d.finish(ctx); err != nil {
		return err
	}
	if err := d.at(EpochSealed, false); err != nil {
		return err
	}
	e, err := d.seal(now, d.position(next))
	if err != nil {
		return err
	}
	if err := d.at(EpochSealed, true); err != nil {
		return err
	}
	if err := d.acknowledge(ctx, e); err != nil {
		return err
	}
	if err := d.journal(ctx, e); err != nil {
		return err
	}
	return d.startInsert(ctx, e)
}

// Close waits for the insert under way, whose ctx has ended. Its records are not committed, and will be read again.
func (d *Driver) Close() {
	if d.insert != nil {
		_ = d.wait() // whatever came of it is not committed
	}
}

// wait returns what came of the insert under way.
func (d *Driver) wait() error {
	err := <-d.insert
	d.insert = nil
	return err
}

func (d *Driver) position(next int64) Position {
	return Position{Next: next, Newest: d.state.Newest(), Watermark: d.state.CompleteUntil(), Partial: d.state.Behind()}
}

// produce brings an epoch's triggers and dead letters to their topics.
func (d *Driver) produce(ctx context.Context, e *Epoch) error {
	if err := d.produceTriggers(ctx, e); err != nil {
		return fmt.Errorf("triggers: %w", err)
	}
	if len(e.outbox.DeadLetters) == 0 {
		return nil
	}
	if err := d.do(DeadLettersProduced, func() error { return d.outputs.ProduceDeadLetters(ctx, e.outbox.DeadLetters) }); err != nil {
		return fmt.Errorf("dead letters: %w", err)
	}
	for i := range e.outbox.DeadLetters {
		d.totals.Refused[e.outbox.DeadLetters[i].Reason]++
	}
	e.acknowledgeDeadLetters()
	return nil
}

// produceTriggers produces those that are not in the topic since before this owner.
func (d *Driver) produceTriggers(ctx context.Context, e *Epoch) error {
	all := len(e.outbox.Triggers)
	e.outbox.Triggers = d.options.mute(e.outbox.Triggers)
	d.totals.MutedTriggers += uint64(all - len(e.outbox.Triggers))
	d.missing = d.options.Produced.missing(e.outbox.Triggers, d.missing[:0])
	if len(d.missing) > 0 {
		if err := d.do(TriggersProduced, func() error { return d.outputs.ProduceTriggers(ctx, d.missing) }); err != nil {
			return err
		}
		d.totals.Triggers += uint64(len(d.missing))
		clear(d.missing)
	}
	e.acknowledgeTriggers()
	return nil
}

// acknowledge produces what is left, which is nothing unless the epoch was sealed without Deliver.
func (d *Driver) acknowledge(ctx context.Context, e *Epoch) error {
	if err := d.do(EpochAcknowledged, func() error { return d.produce(ctx, e) }); err != nil {
		return err
	}
	return d.triggersAcknowledged()
}

func (d *Driver) journal(ctx context.Context, e *Epoch) error {
	err := d.do(EpochJournalled, func() error {
		if d.options.Journal == nil || !e.stores && !e.commits {
			return nil
		}
		return d.options.Journal.Append(ctx, d.partition, e.Entry)
	})
	if err != nil {
		return fmt.Errorf("journal entry of offsets %d to %d: %w", e.From, e.To, err)
	}
	return d.journalled()
}

// startInsert stores the rows on a goroutine of their own, which ends with the insert, and that with ctx. The rows belong to it until
// finish.
func (d *Driver) startInsert(ctx context.Context, e *Epoch) error {
	if d.options.Checkpoint != nil && e.commits {
		if err := d.options.Checkpoint.Prepare(ctx, d.partition, e.Entry, d.state); err != nil {
			return fmt.Errorf("checkpoint at offset %d: %w", e.To, err)
		}
	}
	if err := d.at(EpochStored, false); err != nil {
		return err
	}
	result := make(chan error, 1)
	d.insert = result
	if !e.stores {
		result <- nil
		return nil
	}
	outputs := d.outputs
	go func() { result <- outputs.StoreRows(ctx, &e.rows) }()
	return nil
}

// finish waits for the insert under way, if there is one, and then commits the offset its rows follow from.
func (d *Driver) finish(ctx context.Context) error {
	if d.insert == nil {
		return nil
	}
	err := d.wait()
	if err == nil {
		err = d.at(EpochStored, true)
	}
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	if err := d.rowsStored(); err != nil {
		return err
	}
	e := d.underWay
	d.totals.Decisions += uint64(len(e.rows.Decisions))
	d.totals.Rows += uint64(e.rows.Len())
	return d.commit(ctx, e)
}

func (d *Driver) commit(ctx context.Context, e *Epoch) error {
	if d.options.Checkpoint != nil && e.commits {
		if err := d.options.Checkpoint.Publish(ctx, d.partition); err != nil {
			return fmt.Errorf("checkpoint at offset %d: %w", e.To, err)
		}
	}
	if e.commits {
		if err := d.do(EpochCommitted, func() error { return d.outputs.Commit(ctx, e.To, e.Note) }); err != nil {
			return fmt.Errorf("commit of offset %d: %w", e.To, err)
		}
	}
	return d.epochCommitted()
}

// do gives the hook its say before and after an arrow's effect.
func (d *Driver) do(arrow Arrow, effect func() error) error {
	if err := d.at(arrow, false); err != nil {
		return err
	}
	if err := effect(); err != nil {
		return err
	}
	return d.at(arrow, true)
}

func (d *Driver) at(arrow Arrow, after bool) error {
	if d.options.Hook == nil {
		return nil
	}
	return d.options.Hook(d.partition, Point{arrow, after})
}
