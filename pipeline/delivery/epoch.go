package delivery

import (
	"fmt"

	"winback/pipeline/state"
	"winback/schemas"
)

// Epoch is a stretch of one partition's log, [From, To), with everything that follows from it. It is the unit of delivery: its rows are
// one insert for each table, and its end is what is committed.
//
// # The protocol
//
// An epoch goes through its states one after the other, and never back:
//
//	open -> sealed -> triggers acknowledged -> journalled -> rows stored -> committed
//
// Open: records are read, and what follows from them is collected. Triggers and dead letters are produced after every batch, while the
// epoch is open. It is sealed once it is old enough (FlushEvery) or has enough rows (FlushRows).
//
// Sealed: the epoch's end, its watermark, its note and its rows are fixed. A new epoch is open from here on, so reading goes on.
//
// Triggers acknowledged: every trigger is in its topic, every dead letter in its own, acknowledged by all in-sync replicas.
//
// Journalled: a later owner can read where the epoch ends and how the wall clock moved the watermark in it (Journal). So it can read the
// same records under the same clock again, and come to the same rows.
//
// Rows stored: ClickHouse has all rows. This is the one step that is waited for beside reading: an insert takes long.
//
// Committed: the group's offset is To. Nobody will need the records below it again but to rebuild the state.
//
// # Invariants
//
//	I1 Nothing is committed before it is delivered: an offset is committed only after all triggers, dead letters and rows that follow from
//	   the records below it have been acknowledged.
//	I2 At most one epoch is under way (sealed and not yet committed) while the next one is open. Who wants to seal the next waits. That
//	   bounds memory to two epochs, whatever a sink that is down does.
//	I3 Triggers and dead letters are produced as they arise. Neither the open epoch nor one whose rows wait for ClickHouse delays them.
//	I4 Two inserts that differ never share a deduplication token, whatever spans a border, a flush or a restart. ClickHouse would drop the
//	   second one. The token is made by the sink, of the epoch's place (topic, partition, From, To, Watermark), the build and a digest of its rows.
//	I5 A retry of the same insert has the same token: a sealed epoch does not change, and the digest does not depend on the rows' order.
//	I6 An epoch that is sealed while users are still due at borders already passed commits nothing: its To is its From and its note the one
//	   committed last. Else the users not yet judged would be lost with a crash, for recovery reads in silence below the committed offset.
//	I7 Epochs leave no gap: From is the offset committed last, or the one that recovery began to deliver at.
//	I8 A trigger that is in its topic already, by an owner before, is not produced again. Its row is stored all the same.
//	I9 A build that begins where another has been keeps still about the past: a trigger of a border up to MutedUntil that is not in its topic is
//	   neither produced nor stored. Users would be called back for what happened long ago.
//
// # What a crash leaves
//
// The next owner rebuilds the state from what has been committed, in silence, and delivers what follows from the records behind. What the
// dead owner had delivered of these comes again:
//
//	died in state          triggers            dead letters   rows
//	open, sealed           found by id (I8)    come twice     were not there
//	triggers acknowledged  found by id         come twice     were not there
//	journalled             found by id         come twice     some or all were there: see below
//	rows stored            found by id         come twice     were there: see below
//	committed              nothing comes again
//
// Rows that were there come again under the same token, and are dropped, if the epoch is cut in the same places and under the same clock:
// that is what the journal is for. Without one, they come under other tokens, and are stored again: the tables keep one row of each key, so
// that the views show decisions, triggers and profiles once. Only activity rows that the wall clock had closed can get another key and count
// twice.
type Epoch struct {
	state State

	// Entry is fixed when the epoch is sealed. While the epoch is open, only Advances and what they note have a meaning.
	Entry

	// outbox is what follows from the epoch's records. Its triggers and dead letters are those not produced yet.
	outbox state.Outbox

	acknowledged []schemas.Trigger // in their topic; they are rows of this epoch too
	rows         schemas.Rows      // fixed when the epoch is sealed, save its triggers, which are complete once they are acknowledged
	stores       bool              // there is something to insert, if only how far the partition is
	commits      bool              // there is something to commit
}

// State is how far an epoch has got.
type State uint8

// The states, in their order.
const (
	Open State = iota
	Sealed
	TriggersAcknowledged
	Journalled
	RowsStored
	Committed
)

func (s State) String() string {
	return [...]string{"open", "sealed", "triggers acknowledged", "journalled", "rows stored", "committed"}[s]
}

// State is how far the epoch has got.
func (e *Epoch) State() State { return e.state }

// enter moves the epoch to the next state. Any other order is an error: to go on would lose something or repeat it.
func (e *Epoch) enter(next State) error {
	if next != e.state+1 {
		return fmt.Errorf("delivery epoch of offsets %d to %d: it is %v and cannot become %v: this is a fault of winback, please report it",
			e.From, e.To, e.state, next)
	}
	if next == TriggersAcknowledged && e.pending() {
		return fmt.Errorf("delivery epoch of offsets %d to %d: %d triggers and %d dead letters are not acknowledged: this is a fault of winback, please report it",
			e.From, e.To, len(e.outbox.Triggers), len(e.outbox.DeadLetters))
	}
	e.state = next
	return nil
}

// pending reports triggers or dead letters that are not acknowledged.
func (e *Epoch) pending() bool { return len(e.outbox.Triggers)+len(e.outbox.DeadLetters) > 0 }

// size is the number of rows the epoch would insert if it were sealed now.
func (e *Epoch) size() int {
	return len(e.outbox.Activity) + len(e.outbox.Decisions) + len(e.outbox.Triggers) + len(e.acknowledged) + len(e.outbox.Profiles)
}

// acknowledgeTriggers makes rows of the triggers that are in their topic.
func (e *Epoch) acknowledgeTriggers() {
	e.acknowledged = append(e.acknowledged, e.outbox.Triggers...)
	clear(e.outbox.Triggers)
	e.outbox.Triggers = e.outbox.Triggers[:0]
}

// acknowledgeDeadLetters drops the dead letters that are in their topic.
func (e *Epoch) acknowledgeDeadLetters() {
	clear(e.outbox.DeadLetters)
	e.outbox.DeadLetters = e.outbox.DeadLetters[:0]
}

// reset makes the epoch an open one without anything in it, and keeps its memory.
func (e *Epoch) reset() {
	e.outbox.Reset()
	clear(e.acknowledged)
	*e = Epoch{outbox: e.outbox, acknowledged: e.acknowledged[:0]}
}
