package pipeline

import (
	"context"

	"winback/pipeline/delivery"
	"winback/pipeline/ingest"
	"winback/schemas"
)

// outputs are the sinks and the group's offset, for one partition during one generation.
type outputs struct {
	parts   *Parts
	session *ingest.Session
	lineage lineage // goes with every commit
}

func (o outputs) ProduceTriggers(ctx context.Context, triggers []schemas.Trigger) error {
	return o.parts.Triggers.Deliver(ctx, o.session.Partition(), triggers)
}

func (o outputs) ProduceDeadLetters(ctx context.Context, letters []schemas.DeadLetter) error {
	return o.parts.DeadLetters.Deliver(ctx, o.session.Partition(), letters)
}

func (o outputs) StoreRows(ctx context.Context, rows *schemas.Rows) error {
	return o.parts.Rows.Insert(ctx, rows)
}

func (o outputs) Commit(ctx context.Context, next int64, note delivery.Note) error {
	return o.session.Commit(ctx, next, note.String()+" "+o.lineage.text())
}
