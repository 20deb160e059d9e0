package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// serve runs the sessions of one generation. It returns when all handlers have; kafka-go then goes on to the next generation. ctx ends with
// Run, ended with the generation.
func (m *member) serve(ctx, ended context.Context, generation *kafka.Generation) {
	alive, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(ended, end)()

	var handlers sync.WaitGroup
	for _, a := range generation.Assignments[m.cfg.Topic] {
		handlers.Go(func() {
			if err := m.session(ctx, alive, generation, a); err != nil {
				if !errors.Is(err, ErrLost) {
					m.fail(err)
				}
				end()
			}
		})
	}
	<-alive.Done()
	m.heartbeatWhile(&handlers, generation)
	if ctx.Err() != nil {
		<-ended.Done() // leave is under way; to return before it would make kafka-go join again
	}
}

// session calls the handler for one partition. An error ends the generation.
func (m *member) session(ctx, alive context.Context, generation *kafka.Generation, a kafka.PartitionAssignment) error {
	s := &Session{
		ctx:    alive,
		reader: NewReader(m.conn, m.cfg.Topic, int32(a.ID), max(a.Offset, -1), m.cfg.FetchConfig, m.log),
		of:     m.topic,
		group:  m.cfg.Group, member: generation.MemberID, generation: generation.ID, committed: max(a.Offset, -1),
	}
	err := m.handle(alive, s)
	if err == nil {
		err = s.Err()
	}
	gaveUp := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case alive.Err() != nil && (err == nil || errors.Is(err, alive.Err())):
		return nil
	case errors.Is(err, ErrLost), alive.Err() != nil && ctx.Err() == nil && gaveUp:
		s.reader.log.Warn("the partition went away before its last offsets were committed: they will be read again", "error", err)
		return ErrLost
	case err == nil:
		err = errors.New("the handler returned although the partition is still assigned")
	}
	return fmt.Errorf("topic %s, partition %d: %w", m.cfg.Topic, a.ID, err)
}

// heartbeatWhile sends heartbeats while the handlers flush: kafka-go has stopped its own by then, and a flush may take longer than the
// session timeout.
func (m *member) heartbeatWhile(handlers *sync.WaitGroup, generation *kafka.Generation) {
	ctx, done := context.WithCancel(context.Background())
	defer done()
	go func() {
		handlers.Wait()
		done()
	}()
	beat := time.NewTicker(m.cfg.Heartbeat.Std())
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			// That the generation is over is known, and a handler that is too late learns it from Commit.
			_, _ = m.conn.client.Heartbeat(ctx, &kafka.HeartbeatRequest{
				GroupID: m.cfg.Group, GenerationID: generation.ID, MemberID: generation.MemberID,
			})
		}
	}
}
