package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// Handler works through one session: restore, SeekTo, range over Batches, flush, Commit, return s.Err().
//
// ctx ends when the partition is revoked or Run is to stop; Batches ends then too, and the handler has until the rebalance timeout to
// flush and Commit (see Commit) before another member takes over. An error ends Run, except ErrLost, ctx's own once ctx has ended, and
// context.DeadlineExceeded from a flush that was given up because the partition was revoked: its records will be read again. To return
// nil before the session has ended is an error too, because nobody would read the partition.
type Handler func(ctx context.Context, s *Session) error

// Run joins the group and calls handle, each call on its own goroutine, for every partition assigned to this member, for every
// generation; at most one call per partition at a time. It returns nil when ctx ended and the group has been left, which waits for the
// handlers and for nothing else longer than a second. It returns an error that names topic and partition if a handler failed, and one
// that says what to do if the group, the topic or its partition count does not allow to go on. Faults that may pass are logged and
// retried.
//
// A lost connection to the group's coordinator, as when a broker restarts, ends the generation, and a new one follows: that is kafka-go's doing.
func Run(ctx context.Context, conn *Connection, cfg Config, log *slog.Logger, handle Handler) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	// Id and partition count are taken before joining: a watcher that took them later would miss a change in between.
	topic, err := conn.Topic(ctx, cfg.Topic)
	if err != nil {
		return err
	}
	m := &member{conn: conn, cfg: cfg, log: log.With("group", cfg.Group), handle: handle, topic: topic}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return m.watch(ctx) })
	both.Go(func() error { return m.run(ctx) })
	return both.Wait()
}

// member is this process's part in the group.
type member struct {
	conn   *Connection
	cfg    Config
	log    *slog.Logger
	handle Handler
	topic  Topic // as it was when Run began

	sticky stickyBalancer
	dialer *closableDialer // of the ConsumerGroup
	stop   context.CancelFunc
	failed atomic.Pointer[error] // the first handler's
	busy   sync.WaitGroup        // generations whose handlers have not all returned
	id     string                // the member id in the last generation
}

// joinPause is how long kafka-go waits after a failed attempt to join.
const joinPause = 500 * time.Millisecond

func (m *member) run(ctx context.Context) error {
	ctx, m.stop = context.WithCancel(ctx)
	defer m.stop()
	through := *m.conn.dialer
	m.dialer = newClosableDialer(through.DialFunc)
	through.DialFunc = m.dialer.dial
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: m.cfg.Group, Brokers: m.conn.brokers, Dialer: &through, Topics: []string{m.cfg.Topic},
		GroupBalancers:    []kafka.GroupBalancer{&m.sticky},
		HeartbeatInterval: m.cfg.Heartbeat.Std(), SessionTimeout: m.cfg.SessionTimeout.Std(), RebalanceTimeout: m.cfg.RebalanceTimeout.Std(),
		JoinGroupBackoff: joinPause, Timeout: requestTimeout, StartOffset: kafka.FirstOffset,
	})
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", m.cfg.Group, err)
	}
	defer m.leave(group)
	return m.runGenerations(ctx, group)
}

// runGenerations takes part in one generation of the group after the other until ctx ends.
func (m *member) runGenerations(ctx context.Context, group *kafka.ConsumerGroup) error {
	wait := backoff{log: m.log}
	for {
		generation, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			if failed := m.failed.Load(); failed != nil {
				return *failed
			}
			return nil
		case err != nil && permanent(err):
			return fmt.Errorf("consumer group %s: %w", m.cfg.Group, m.conn.explain(err))
		case errors.Is(err, kafka.RebalanceInProgress):
			m.log.Debug("joining again", "reason", err)
		case err != nil:
			m.leaveForgotten(ctx)
			wait.failed(ctx, "cannot join the group", m.conn.explain(err))
		default:
			wait.succeeded("joined the group")
			if err := m.begin(ctx, generation); err != nil {
				return err
			}
		}
	}
}

// fail ends Run with the error of a handler.
func (m *member) fail(err error) {
	m.failed.CompareAndSwap(nil, &err)
	m.stop()
}

// begin starts a generation. kafka-go has waited for the one before.
func (m *member) begin(ctx context.Context, generation *kafka.Generation) error {
	assigned := generation.Assignments[m.cfg.Topic]
	ids := make([]int, len(assigned))
	partitions := make([]int32, len(assigned))
	for i, a := range assigned {
		ids[i], partitions[i] = a.ID, int32(a.ID)
		if a.ID >= m.topic.Partitions {
			return m.checkCount(a.ID + 1)
		}
	}
	slices.Sort(partitions)
	m.id = generation.MemberID
	m.sticky.remember(m.cfg.Topic, ids)
	m.log.Info("partitions assigned", "generation", generation.ID, "partitions", partitions)
	if m.cfg.Assigned != nil {
		m.cfg.Assigned(generation.ID, partitions)
	}
	m.busy.Add(1)
	generation.Start(func(ended context.Context) {
		defer m.busy.Done()
		m.serve(ctx, ended, generation)
	})
	return nil
}

// patience is how long kafka-go may take to leave by itself once the handlers have returned.
const patience = 500 * time.Millisecond

// leave ends the generation, waits for its handlers, and leaves the group, so that the others need not wait for the session timeout.
func (m *member) leave(group *kafka.ConsumerGroup) {
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = group.Close() // it always returns nil
	}()
	m.busy.Wait()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-left:
		return
	case <-late.C:
	}
	m.dialer.close()
	<-left
	m.leaveDirectly()
}

// leaveForgotten leaves the group under the member id that kafka-go has just forgotten, as it does at every failure. Otherwise the
// coordinator would keep everybody waiting for that member until its session timeout.
func (m *member) leaveForgotten(ctx context.Context) {
	id := m.id
	if m.id = ""; id == "" {
		return
	}
	m.busy.Go(func() {
		for ctx.Err() == nil && m.leaveAs(ctx, id) != nil {
			pause(ctx, joinPause)
		}
	})
}

// leaveDirectly leaves the group where kafka-go could not, because its connections were closed.
func (m *member) leaveDirectly() {
	if m.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.leaveAs(ctx, m.id); err != nil {
		m.log.Warn("could not leave the group; it will miss this member after the session timeout", "error", err)
	}
}

func (m *member) leaveAs(ctx context.Context, id string) error {
	answer, err := m.conn.client.LeaveGroup(ctx, &kafka.LeaveGroupRequest{
		GroupID: m.cfg.Group, Members: []kafka.LeaveGroupRequestMember{{ID: id}},
	})
	if err == nil {
		err = answer.Error
	}
	for i := 0; err == nil && i < len(answer.Members); i++ {
		err = answer.Members[i].Error
	}
	if errors.Is(err, kafka.UnknownMemberId) {
		return nil
	}
	return err
}
