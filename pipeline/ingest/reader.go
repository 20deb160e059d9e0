package ingest

import (
	"context"
	"iter"
	"log/slog"
)

// Reader reads one partition from an offset on, without a group. It belongs to one goroutine.
type Reader struct{}

// NewReader reads partition of topic from an offset on; a negative one is the earliest retained.
func NewReader(conn *Connection, topic string, partition int32, from int64, cfg FetchConfig, log *slog.Logger) *Reader {
	panic("not built yet")
}

// Batches yields what arrives, in offset order, each record batch checked against its CRC. While nothing arrives it yields an empty
// Batch every Tick. It ends when ctx does, or at an error that waiting cannot mend: see Err. It may be called again, and goes on
// where it stopped.
func (r *Reader) Batches(ctx context.Context) iter.Seq[*Batch] { panic("not built yet") }

// Err says why Batches ended: nil if its ctx did or the loop was left.
func (r *Reader) Err() error { panic("not built yet") }
