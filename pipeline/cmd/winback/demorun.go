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

// demoRun is the demo while it runs: the service, the stream that is fed to it, and what reads back what it delivers.
type demoRun struct {
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

func (a *app) newDemoRun(own *embedded, c *config.Config, s *service, stream *demo.Stream) (*demoRun, error) {
	options := own.engine.Options()
	tables, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &demoRun{a: a, c: c, service: s, stream: stream, tables: tables, database: options.Auth.Database, screen: screen{a: a}, rateSince: a.now()}, nil
}

const (
	drawEvery = 250 * time.Millisecond
	askEvery  = time.Second
	behindMax = time.Minute // how long the service may take to the stream's end once it is fed
)

// errEnded ends the goroutines of the demo once it is over.
var errEnded = errors.New("the demo has ended")

// run returns when the stream has been fed and all that follows from it was read back, or when ctx ends.
func (r *demoRun) run(ctx context.Context, own *embedded, log *slog.Logger) error {
	to := events.Defaults()
	to.Topic, to.Partitions = r.c.Input.Topic, int32(r.service.partitions)
	r.producer = events.New(r.service.conn.Client(), to, log)
	inner, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	start := func(what string, part func(context.Context) error) {
		done.Go(func() {
			if err := part(inner); err != nil && inner.Err() == nil {
				end(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	start("service", r.service.pipeline.Run)
	start("reading triggers back", func(ctx context.Context) error {
		return r.triggers.Follow(ctx, r.service.conn, r.c.Triggers.Topic, r.service.partitions, log)
	})
	start("feeding", r.feed)
	start("embedded ClickHouse", own.watch)
	err := r.watch(ctx, inner)
	end(errEnded)
	done.Wait()
	_ = r.producer.Close(inner) // fed to the end, or given up
	if cause := context.Cause(inner); !errors.Is(cause, errEnded) {
		return cause
	}
	return err
}

func (r *demoRun) feed(ctx context.Context) error {
	err := r.stream.Feed(ctx, r.producer, r.a.now, func(sent, at int64) {
		r.sent.Store(sent)
		r.at.Store(at)
	})
	r.fed.Store(err == nil)
	return err
}

// watch draws until the demo is over. An interruption ends it as well as the stream's end does.
func (r *demoRun) watch(ctx, inner context.Context) error {
	ticker := time.NewTicker(drawEvery)
	defer ticker.Stop()
	var fedAt time.Time
	for {
		select {
		case <-ticker.C:
		case <-inner.Done():
			return nil // its cause is the error
		case <-ctx.Done():
			return r.finish(inner)
		}
		fed := r.fed.Load() // asked before the service is: what was fed by now must have been read
		if err := r.takeSnapshot(inner, false); err != nil {
			return err
		}
		r.screen.show(&r.snapshot)
		if !fed {
			continue
		}
		if fedAt.IsZero() {
			fedAt = r.a.now()
		}
		over, err := r.caughtUp(inner)
		if err != nil {
			return err
		}
		if over {
			return r.finish(inner)
		}
		if r.a.now().Sub(fedAt) > behindMax {
			return errors.New("the service has not come to the end of the stream: see what it logs, with --set log.level=info")
		}
	}
}

func (r *demoRun) finish(ctx context.Context) error {
	if err := r.takeSnapshot(ctx, true); err != nil {
		return err
	}
	r.screen.last(&r.snapshot)
	return nil
}

// takeSnapshot updates the snapshot; ClickHouse is asked less often, unless it is the last one.
func (r *demoRun) takeSnapshot(ctx context.Context, last bool) error {
	now := r.a.now()
	v := &r.snapshot
	v.At, v.Sent, v.Days, v.Topic = r.at.Load(), r.sent.Load(), r.stream.Days(), r.c.Triggers.Topic
	v.Day = min(v.Days, r.stream.DayOf(v.At))
	v.Partitions, v.Triggers = r.service.pipeline.Status(), r.triggers.Total()
	v.Latest = r.triggers.Latest()
	var read uint64
	for i := range v.Partitions {
		read += v.Partitions[i].Counts.Events
	}
	if passed := now.Sub(r.rateSince); passed >= askEvery {
		v.Rate = float64(read-min(read, r.rateFrom)) / passed.Seconds()
		r.rateSince, r.rateFrom = now, read
	}
	if !last && now.Sub(r.asked) < askEvery {
		return nil
	}
	r.asked = now
	var err error
	v.Tables, err = demo.ReadTables(ctx, r.tables, r.database)
	return err
}

// caughtUp reports whether the service has read and delivered everything, and its triggers have been read back.
func (r *demoRun) caughtUp(ctx context.Context) (bool, error) {
	_, ends, err := r.service.conn.Offsets(ctx, r.c.Input.Topic)
	if err != nil {
		return false, err
	}
	triggers := uint64(0)
	statuses := r.service.pipeline.Status()
	for i := range statuses {
		p := &statuses[i]
		if p.Offset < ends[p.Partition] || p.Committed < ends[p.Partition] {
			return false, nil
		}
		triggers += p.Triggers
	}
	return len(statuses) == len(ends) && uint64(r.triggers.Total()) >= triggers, nil
}
