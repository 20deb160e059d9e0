package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline/config"
	"winback/pipeline/demo"
	"winback/sinks/events"
)

// show is the demo while it runs: the service, the stream that is fed to it, and those who read back what it delivers.
type show struct {
	a        *app
	c        *config.Config
	service  *service
	stream   *demo.Stream
	producer *events.Producer
	triggers demo.Triggers
	tables   driver.Conn
	database string
	screen   screen

	sent, at  atomic.Int64 // by the feed
	fed       atomic.Bool
	snapshot  demo.Snapshot
	asked     time.Time // when ClickHouse was asked last
	rateSince time.Time
	rateFrom  uint64
}

func (a *app) newShow(own *embedded, c *config.Config, s *service, stream *demo.Stream) (*show, error) {
	options := own.engine.Options()
	tables, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &show{a: a, c: c, service: s, stream: stream, tables: tables, database: options.Auth.Database, screen: screen{a: a}, rateSince: a.now()}, nil
}

const (
	drawEvery = 250 * time.Millisecond
	askEvery  = time.Second
	behindMax = time.Minute // how long the service may take to the stream's end once it is fed
)

// errEnded ends what belongs to the show once it is over.
var errEnded = errors.New("the demo has ended")

// run returns when the stream has been fed and all that follows from it was read back, or when ctx ends.
func (s *show) run(ctx context.Context, own *embedded, log *slog.Logger) error {
	to := events.Defaults()
	to.Topic, to.Partitions = s.c.Input.Topic, int32(s.service.partitions)
	s.producer = events.New(s.service.conn.Client(), to, log)
	inner, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	start := func(what string, part func(context.Context) error) {
		done.Go(func() {
			if err := part(inner); err != nil && inner.Err() == nil {
				end(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	start("service", s.service.pipeline.Run)
	start("reading triggers back", func(ctx context.Context) error {
		return s.triggers.Follow(ctx, s.service.conn, s.c.Triggers.Topic, s.service.partitions, log)
	})
	start("feeding", s.feed)
	start("embedded ClickHouse", own.watch)
	err := s.watch(ctx, inner)
	end(errEnded)
	done.Wait()
	_ = s.producer.Close(inner) // fed to the end, or given up
	if cause := context.Cause(inner); !errors.Is(cause, errEnded) {
		return cause
	}
	return err
}

func (s *show) feed(ctx context.Context) error {
	err := s.stream.Feed(ctx, s.producer, s.a.now, func(sent, at int64) {
		s.sent.Store(sent)
		s.at.Store(at)
	})
	s.fed.Store(err == nil)
	return err
}

// watch draws until the show is over. An interruption ends it as well as the stream's end does.
func (s *show) watch(ctx, inner context.Context) error {
	ticker := time.NewTicker(drawEvery)
	defer ticker.Stop()
	var fedAt time.Time
	for {
		select {
		case <-ticker.C:
		case <-inner.Done():
			return nil // its cause is the error
		case <-ctx.Done():
			return s.finish(inner)
		}
		fed := s.fed.Load() // asked before the service is: what was fed by now must have been read
		if err := s.look(inner, false); err != nil {
			return err
		}
		s.screen.show(&s.snapshot)
		if !fed {
			continue
		}
		if fedAt.IsZero() {
			fedAt = s.a.now()
		}
		over, err := s.caughtUp(inner)
		if err != nil {
			return err
		}
		if over {
			return s.finish(inner)
		}
		if s.a.now().Sub(fedAt) > behindMax {
			return errors.New("the service has not come to the end of the stream: see what it logs, with --set log.level=info")
		}
	}
}

func (s *show) finish(ctx context.Context) error {
	if err := s.look(ctx, true); err != nil {
		return err
	}
	s.screen.last(&s.snapshot)
	return nil
}

// look takes a snapshot; ClickHouse is asked less often, unless it is the last one.
func (s *show) look(ctx context.Context, last bool) error {
	now := s.a.now()
	v := &s.snapshot
	v.At, v.Sent, v.Days, v.Topic = s.at.Load(), s.sent.Load(), s.stream.Days(), s.c.Triggers.Topic
	v.Day = min(v.Days, s.stream.DayOf(v.At))
	v.Partitions, v.Triggers = s.service.pipeline.Status(), s.triggers.Total()
	v.Latest = s.triggers.Latest()
	var read uint64
	for i := range v.Partitions {
		read += v.Partitions[i].Counts.Events
	}
	if passed := now.Sub(s.rateSince); passed >= askEvery {
		v.Rate = float64(read-min(read, s.rateFrom)) / passed.Seconds()
		s.rateSince, s.rateFrom = now, read
	}
	if !last && now.Sub(s.asked) < askEvery {
		return nil
	}
	s.asked = now
	var err error
	v.Tables, err = demo.ReadTables(ctx, s.tables, s.database)
	return err
}

// caughtUp reports whether the service has read and delivered everything, and its triggers have been read back.
func (s *show) caughtUp(ctx context.Context) (bool, error) {
	_, ends, err := s.service.conn.Offsets(ctx, s.c.Input.Topic)
	if err != nil {
		return false, err
	}
	triggers := uint64(0)
	statuses := s.service.pipeline.Status()
	for i := range statuses {
		p := &statuses[i]
		if p.Offset < ends[p.Partition] || p.Committed < ends[p.Partition] {
			return false, nil
		}
		triggers += p.Triggers
	}
	return len(statuses) == len(ends) && uint64(s.triggers.Total()) >= triggers, nil
}
