// Package demo shows the service at work: it feeds a made-up clickstream to the input topic faster than real time, reads back what the
// service delivered to Kafka and ClickHouse, and compares it with what truly happened to the made-up users.
//
// cmd/winback calls it; it shows the service and is no part of it.
package demo

import (
	"context"
	"fmt"
	"time"

	"winback/bench/load"
	"winback/schemas"
	"winback/sinks/events"
)

// Config says what stream is made and how fast it goes by.
type Config struct {
	Users   int           // how many there are
	Days    int           // of event time; the rule needs 35 before it can flag anybody
	Lasting time.Duration // wall time that the stream takes; 0 is as fast as possible
	Seed    uint64
	Faults  float64 // share of events with a fault: out of order, twice, cut off, late, in the future
}

// Defaults is nine weeks of a thousand users in twenty seconds.
func Defaults() Config {
	return Config{Users: 1000, Days: 63, Lasting: 20 * time.Second, Seed: 1, Faults: 0.001}
}

// population is an app that people open several times a day, so that a few days are evidence enough. There are no seasonal users: nine
// weeks are too short to tell a season from a loss.
func (c Config) population(start, end int64) load.Config {
	p := load.Defaults()
	p.Seed, p.Users, p.Start, p.End, p.Faults = c.Seed, c.Users, start, end, c.Faults
	p.EventsPerUserDay, p.EventsPerSession, p.Spread = 11, 3, 0.5
	p.Shares = load.Shares{Decaying: 0.10, Silent: 0.10, Returning: 0.05, Newcomer: 0.10}
	return p
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Users < 1 || c.Users > 1_000_000 {
		faults.Add("users", "%d: use 1 to 1000000", c.Users)
	}
	if c.Days < 1 || c.Days > 3650 {
		faults.Add("days", "%d: use 1 to 3650 (63 is usual: the rule looks 35 days back)", c.Days)
	}
	if c.Lasting < 0 {
		faults.Add("lasting", "%v: must not be negative", c.Lasting)
	}
	return faults.Err()
}

const day = int64(schemas.Day)

// Stream is a made-up clickstream that ends with the last full hour, so that the same seed makes the same events for an hour.
type Stream struct {
	cfg        Config
	start, end int64
	generator  *load.Generator
}

// NewStream makes the stream; now is wall time.
func NewStream(cfg Config, now time.Time) (*Stream, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	s := &Stream{cfg: cfg, end: now.Truncate(time.Hour).UnixMilli()}
	s.start = s.end - int64(cfg.Days)*day
	var err error
	s.generator, err = load.New(cfg.population(s.start, s.end))
	return s, err
}

// Days is how many days the stream spans.
func (s *Stream) Days() int { return s.cfg.Days }

// DayOf is the number of the day, from 1, that an event time lies in, 0 before the stream. Days begin at the stream's own hour.
func (s *Stream) DayOf(at int64) int {
	if at < s.start {
		return 0
	}
	return min(s.cfg.Days, int((at-s.start)/day)+1)
}

// Feed writes the stream at its pace and returns when every record is acknowledged. now is the wall clock; moved, which may be nil, is
// called with how many records were sent and how far event time has come.
func (s *Stream) Feed(ctx context.Context, to *events.Producer, now func() time.Time, moved func(sent, at int64)) error {
	var (
		event      load.Event
		key, value []byte
		sent, at   = int64(0), s.start
	)
	pacer := events.NewPacer(s.rate(), now)
	for s.generator.Next(&event) {
		if event.Fault == load.Sound {
			at = event.Time
		}
		if sent%waitEvery == 0 {
			if moved != nil {
				moved(sent, at)
			}
			if err := pacer.Wait(ctx, at); err != nil {
				return err
			}
		}
		key, value = load.AppendKey(key[:0], event.User), s.generator.AppendJSON(value[:0], &event)
		if err := to.Send(ctx, key, value, 0); err != nil {
			return err
		}
		sent++
	}
	err := to.Flush(ctx)
	if moved != nil {
		moved(sent, s.end)
	}
	return err
}

// waitEvery is after how many records the feed looks at the clock.
const waitEvery = 64

// rate is how many milliseconds of event time pass in a second; 0 is as fast as possible.
func (s *Stream) rate() float64 {
	if s.cfg.Lasting == 0 {
		return 0
	}
	return float64(s.end-s.start) / s.cfg.Lasting.Seconds()
}
