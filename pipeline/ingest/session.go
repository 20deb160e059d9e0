package ingest

import (
	"context"
	"errors"
	"iter"
)

// ErrLost is in Commit's error when the partition belongs to somebody else by now. What was not committed will be read again there.
var ErrLost = errors.New("the partition has been given to another member of the group")

// Session is one assigned partition during one generation of the group. Run makes it; it belongs to the handler's goroutine.
type Session struct{}

// Topic is the topic's name.
func (s *Session) Topic() string { panic("not built yet") }

// Partition is the partition's number.
func (s *Session) Partition() int32 { panic("not built yet") }

// Generation numbers the group's assignments. A partition that stays with this member still gets a new Session in a new generation.
func (s *Session) Generation() int32 { panic("not built yet") }

// Committed is the offset the group had committed when the generation began, -1 if none.
func (s *Session) Committed() int64 { panic("not built yet") }

// First asks for the earliest offset the broker retains.
func (s *Session) First(ctx context.Context) (int64, error) { panic("not built yet") }

// SeekTo decides where Batches begins. Without it that is Committed, or the earliest offset retained if there is none.
func (s *Session) SeekTo(offset int64) { panic("not built yet") }

// Batches is a Reader's; it also ends when the partition is revoked.
func (s *Session) Batches(ctx context.Context) iter.Seq[*Batch] { panic("not built yet") }

// Err says why Batches ended: nil if the partition was revoked or the ctx ended.
func (s *Session) Err() error { panic("not built yet") }

// Commit notes in the group that the offsets below next are done with. It retries until ctx ends, and works as long as the generation is ours:
// also after revocation, until the handler returns. The handler's own ctx is cancelled by then, so give another, such as
// context.WithTimeout(context.WithoutCancel(ctx), time). The error is ErrLost if the generation is over.
func (s *Session) Commit(ctx context.Context, next int64) error { panic("not built yet") }
