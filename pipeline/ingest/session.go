package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/segmentio/kafka-go"
)

// ErrLost is in Commit's error when the partition belongs to somebody else by now. What was not committed will be read again there.
var ErrLost = errors.New("the partition has been given to another member of the group")

// Session is one assigned partition during one generation of the group. Run makes it; it belongs to the handler's goroutine.
type Session struct {
	ctx        context.Context //nolint:containedctx // a session is a span of time; this one ends when it is revoked
	reader     *Reader
	of         Topic // as it was when Run began
	group      string
	member     string
	generation int32
	committed  int64
}

// Topic is the topic's name.
func (s *Session) Topic() string { return s.reader.topic }

// TopicID tells the topic from another one of the same name made later, as it was when Run began, written as Kafka's tools do. It is empty if the
// brokers are older than Kafka 2.8, which gave topics their ids.
func (s *Session) TopicID() string { return s.of.ID.String() }

// Partitions is the topic's number of partitions when Run began. Run ends when it changes.
func (s *Session) Partitions() int { return s.of.Partitions }

// Partition is the partition's number.
func (s *Session) Partition() int32 { return s.reader.partition }

// Generation numbers the group's assignments. A partition that stays with this member still gets a new Session in a new generation.
func (s *Session) Generation() int32 { return s.generation }

// Committed is the offset the group had committed when the generation began, -1 if none.
func (s *Session) Committed() int64 { return s.committed }

// Bounds asks for the earliest offset the broker retains, and for the one that the next record will get. It retries until ctx ends.
func (s *Session) Bounds(ctx context.Context) (first, end int64, err error) {
	err = s.reader.keepTrying(ctx, "cannot learn the first and the last offset", func() error {
		if first, end, err = s.reader.conn.bounds(ctx, s.Topic(), s.Partition()); err == nil {
			_, err = s.reader.conn.sameTopic(ctx, s.Topic(), s.of.ID)
		}
		return err
	})
	return first, end, err
}

// SeekTo decides where Batches begins; a negative offset is the earliest retained. Without it that is Committed, or the earliest.
func (s *Session) SeekTo(offset int64) { s.reader.next = offset }

// Batches is a Reader's that holds out (see HoldOut): a damaged record batch must not end Run, and with it the work on other partitions. It
// also ends when the partition is revoked.
func (s *Session) Batches(ctx context.Context) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(s.ctx, stop)()
		s.reader.Batches(ctx)(yield)
	}
}

// Err says why Batches ended: nil if the partition was revoked or the ctx ended.
func (s *Session) Err() error { return s.reader.Err() }

// Notes asks for the texts that were committed with the offsets of all partitions of the topic, each empty if there is none. It retries until
// ctx ends.
func (s *Session) Notes(ctx context.Context) (texts []string, err error) {
	var all []Committed
	err = s.reader.keepTrying(ctx, "cannot learn what was noted with the committed offsets", func() error {
		all, err = s.reader.conn.committed(ctx, s.group, s.Topic(), s.Partitions())
		return err
	})
	for _, c := range all {
		texts = append(texts, c.Note)
	}
	return texts, err
}

// Commit stores in the group that the offsets below next are done with, and a text of up to 4 KiB with them. It retries until ctx ends,
// and works as long as the generation is this member's: also after revocation, until the handler returns. The handler's own ctx has ended
// by then, so give another, such as
// context.WithTimeout(context.WithoutCancel(ctx), time). The error is ErrLost if the generation is over.
func (s *Session) Commit(ctx context.Context, next int64, note string) error {
	return s.reader.keepTrying(ctx, "cannot commit", func() error { return s.commit(ctx, next, note) })
}

// commit goes through the Transport, not through the group's own connection: it can be given up, and it survives the loss of that one.
func (s *Session) commit(ctx context.Context, next int64, note string) error {
	answer, err := s.reader.conn.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: s.group, GenerationID: int(s.generation), MemberID: s.member,
		Topics: map[string][]kafka.OffsetCommit{s.Topic(): {{Partition: int(s.Partition()), Offset: next, Metadata: note}}},
	})
	if err != nil {
		return err
	}
	for _, partition := range answer.Topics[s.Topic()] {
		switch err := partition.Error; {
		case errors.Is(err, kafka.IllegalGeneration), errors.Is(err, kafka.UnknownMemberId), errors.Is(err, kafka.FencedInstanceID):
			return fmt.Errorf("%w: %w", ErrLost, err)
		case err != nil:
			return err
		}
	}
	return nil
}
