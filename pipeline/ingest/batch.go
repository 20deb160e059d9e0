package ingest

import (
	"iter"

	"winback/schemas"
)

// Batch is what one fetch of one partition brought, in offset order. It and its records are valid until the loop over Batches goes on.
type Batch struct {
	From      int64 // the offset the batch begins at
	Next      int64 // every offset below it has been read; it moves as records are read, past gaps too: what to commit
	HighWater int64 // the offset the partition's next record will get, as last heard; Next lags behind it
	AtEnd     bool  // the broker has answered just now, and had no record from the batch's end on
}

// Read fills in the next record and reports whether there was one. It does not allocate. Batches goes on where Read stopped.
func (b *Batch) Read(r *schemas.Record) bool { panic("not built yet") }

// Records ranges over what is left. The records share one struct.
func (b *Batch) Records() iter.Seq[*schemas.Record] { panic("not built yet") }
