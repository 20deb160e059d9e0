package pipeline

import (
	"context"
	"fmt"
	"log/slog"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/sinks/produce"
	"winback/sinks/triggers"
)

// TriggerLog reads back the trigger topic: what a crash left delivered and uncommitted is found there. It does not keep an owner before
// from adding to the topic meanwhile: that would be a delivery.Fence.
type TriggerLog struct {
	Connection *ingest.Connection
	Topic      string
	Log        *slog.Logger

	// SkipBatches are damaged batches to go on without, those of other topics included. Triggers whose ids they hold may be produced again.
	SkipBatches []ingest.BatchRange
}

// IDs reads the whole retained partition of the trigger topic that answers to an input partition.
func (l TriggerLog) IDs(ctx context.Context, partition int32) (delivery.Produced, error) {
	first, last, err := l.Connection.Offsets(ctx, l.Topic)
	if err != nil {
		return nil, fmt.Errorf("trigger topic %s: %w", l.Topic, err)
	}
	if int(partition) >= len(last) {
		return nil, fmt.Errorf("trigger topic %s has %d partitions, the input has more: give it as many", l.Topic, len(last))
	}
	ids := delivery.Produced{}
	if first[partition] == last[partition] {
		return ids, nil
	}
	fetch := ingest.DefaultFetch()
	fetch.SkipBatches = l.SkipBatches
	reader := ingest.NewReader(l.Connection, l.Topic, partition, first[partition], fetch, l.Log)
	reader.HoldOut()
	var record schemas.Record
	for batch := range reader.Batches(ctx) {
		for batch.Read(&record) {
			if id, ok := triggerID(record.Headers); ok {
				ids[id] = struct{}{}
			}
		}
		if batch.Next >= last[partition] {
			return ids, nil
		}
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	return nil, ctx.Err()
}

func triggerID(wire []byte) (id schemas.TriggerID, ok bool) {
	headers, err := produce.ParseHeaders(wire)
	if err != nil {
		return id, false
	}
	for _, h := range headers {
		if h.Key == triggers.HeaderID {
			return id, id.UnmarshalText(h.Value) == nil
		}
	}
	return id, false
}
