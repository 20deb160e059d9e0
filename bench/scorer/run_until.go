package main

import (
	"context"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"winback/bench/load"
	"winback/pipeline/state"
	"winback/schemas"
)

func hashOf(id []byte) uint64 { return xxhash.Sum64(id) }

// runUntil lets a partition run through a population's events until a time, Unix milliseconds, without records: that is not measured.
func (e *engine) runUntil(ctx context.Context, p *state.Partition, g *load.Generator, until int64) error {
	var events [state.AddBatch]schemas.Event
	var reasons [state.AddBatch]schemas.Reason
	var outbox state.Outbox
	ids := make([]byte, 0, state.AddBatch*idBytes)
	for done := false; !done && ctx.Err() == nil; {
		n := 0
		for ids = ids[:0]; n < len(events) && !done; {
			var made load.Event
			if done = !g.Next(&made); done {
				break
			}
			from := len(ids)
			ids = load.AppendKey(ids, made.User)
			events[n] = schemas.Event{User: ids[from:], Time: made.Time, Amount: made.Amount, Duration: made.Duration, Type: e.types[made.Type]}
			n++
			done = made.Time >= until
		}
		p.AddAll(events[:n], reasons[:n], &outbox)
		for i, reason := range reasons[:n] {
			if reason != schemas.Accepted {
				return fmt.Errorf("an event at %d was refused: %v", events[i].Time, reason)
			}
		}
		outbox.Reset()
	}
	return context.Cause(ctx)
}

// idBytes is how long a user's id is.
const idBytes = 9
