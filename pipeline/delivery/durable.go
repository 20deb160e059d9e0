package delivery

import (
	"context"

	"winback/pipeline/state"
	"winback/schemas"
)

// Entry is what a later owner must know of a sealed epoch to come to the same rows: where the log is cut, and what the wall clock did.
type Entry struct {
	From, To  int64     // offsets: the epoch is of the records [From, To)
	Watermark int64     // its rows are complete up to here, Unix milliseconds
	Note      Note      // goes with the commit of To
	Advances  []Advance // by the wall clock within the epoch, in their order
}

// Advance is a step of the watermark by the wall clock.
type Advance struct {
	Watermark int64 // Unix milliseconds
	Before    int64 // the offset that was to be read next then
}

// Later reports whether the entry says of more than another one: of more records, or of a later step of the wall clock behind them.
func (e *Entry) Later(than *Entry) bool {
	return e.To > than.To || e.To == than.To && e.Note.Advanced > than.Note.Advanced
}

// Journal, Checkpoint and Fence are what a partition's owner can have beside the log and the committed offset, each by itself. They are
// optional: nil is none, and its part of the protocol is passed over. The service has none of them yet. What it has in their place, and
// what is lost by it, is said at each.
//
// A partition's owner calls them from one goroutine; different partitions call at the same time. A call returns when its promise holds, or
// with an error that waiting does not mend or when ctx ends; an error ends the owner, without a commit.

// Journal keeps the entry of the epoch that was sealed last.
//
// Without one, the note in the committed offset's metadata stands in its place, which becomes durable with the commit and not before the
// rows are stored. So a crash between these two makes the next owner cut the log in other places, and know nothing of the wall clock's steps
// since the last commit: rows come again under other tokens, and activity rows that the wall clock had closed can count twice.
//
// What no journal mends yet: an advance by the wall clock is journalled with its epoch, after triggers that follow from it have been
// produced. A crash in between leaves such a trigger in its topic although the next owner, who reads late records before its own clock has
// moved on, may decide otherwise.
type Journal interface {
	// Append is called once for each sealed epoch, in their order, when its triggers are acknowledged and none of its rows has been handed
	// to ClickHouse. When it returns nil the entry is durable: Last returns it, or a later one, to every later owner. An entry equal to the
	// last one is that one: an owner whose predecessor died appends it again. Old entries need not be kept.
	Append(ctx context.Context, partition int32, e Entry) error

	// Last is called once by a new owner, after Fence.Raise and before anything is delivered. ok is false if nothing was ever appended.
	Last(ctx context.Context, partition int32) (e Entry, ok bool, err error)
}

// Checkpoint keeps a partition's whole state, so that recovery reads the log from there on only.
//
// Without one, the state is rebuilt from all of the log that is retained.
type Checkpoint interface {
	// Prepare is called with each epoch that commits something, when it is journalled: the state is then exactly what follows from the
	// records below e.To and the advances of the wall clock so far, with everybody due judged. The owner changes the state as soon as
	// Prepare returns, so what is needed of it must have been taken. Prepare may decline, as checkpoints are rarer than epochs.
	Prepare(ctx context.Context, partition int32, e Entry, of *state.Partition) error

	// Publish is called when the rows of the epoch last prepared are stored, before its offset is committed. When it returns nil, Load gives
	// this checkpoint, or a later one, to every later owner. It does nothing if Prepare has declined. What is prepared and never published
	// must not be loaded: its rows may be missing.
	Publish(ctx context.Context, partition int32) error

	// Load is called once by a new owner, after Fence.Raise. ok is false if nothing was ever published.
	Load(ctx context.Context, partition int32) (e Entry, restored *state.Partition, ok bool, err error)
}

// Fence keeps the owners before from producing.
//
// Without one, the membership in the consumer group stands in its place: an owner that has lost the partition learns it at the next heartbeat
// or commit, and what it produces until then is not prevented. Its triggers bear the same ids as the new owner's, so that consumers can
// tell, but both may stand in the topic.
type Fence interface {
	// Raise is called once by a new owner, before everything else. When it returns nil, nothing of an owner before is appended any more to
	// the partition's triggers, dead letters or journal; what is in the trigger topic then is all there is (Produced).
	Raise(ctx context.Context, partition int32) error
}

// Produced holds the ids of triggers that are in their topic since before this owner.
type Produced map[schemas.TriggerID]struct{}

// missing appends to a slice those of some triggers that are not in the topic.
func (p Produced) missing(triggers, to []schemas.Trigger) []schemas.Trigger {
	for i := range triggers {
		if _, found := p[triggers[i].ID]; !found {
			to = append(to, triggers[i])
		}
	}
	return to
}
