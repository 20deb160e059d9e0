package ingest

import (
	"context"
	"log/slog"
)

// Handler works through one session: restore, SeekTo, range over Batches, flush, Commit, return s.Err().
//
// ctx ends when the partition is revoked or Run is to stop; Batches ends then too, and the handler has until the rebalance timeout to
// flush and Commit (see Commit) before another member takes over. An error ends Run, save ErrLost and, once ctx has ended,
// ctx's own. A handler that returns nil before its session has ended is an error too, for its partition would lie idle.
type Handler func(ctx context.Context, s *Session) error

// Run joins the group and calls handle, each call on its own goroutine, for every partition assigned to this member, for every
// generation; at most one call per partition at a time. It returns nil when ctx ended and the group has been left, which waits for the
// handlers and for nothing else longer than a second. It returns an error that names topic and partition if a handler failed, and one
// that says what to do if the group, the topic or its partition count does not allow to go on. Faults that may pass are logged and retried.
func Run(ctx context.Context, conn *Connection, cfg Config, log *slog.Logger, handle Handler) error {
	panic("not built yet")
}
