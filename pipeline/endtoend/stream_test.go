package endtoend_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"winback/bench/load"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/sinks/events"
	"winback/sinks/produce"
)

const (
	closing    = int64(time.Hour/time.Millisecond) + 5*60_000 // after the stream's end: by then every minute and border of it is closed
	badEvery   = 997                                          // events between two records that nobody should have sent
	pulseUsers = 64                                           // enough that every partition has some
)

// stream writes the events, and notes on its way what must come of them.
type stream struct {
	t         *testing.T
	generator *load.Generator
	config    load.Config
	producer  *events.Producer
	expect    *expectation
	total     int // events the generator is good for, about
	sent      int // of the generator's
	at        int64
	pulses    int
	bad       int
	key       []byte
	value     []byte
}

// newStream asks for so many events that n are left when the fates have taken theirs.
func newStream(t *testing.T, connection *ingest.Connection, n int) *stream {
	t.Helper()
	cfg := load.Defaults()
	cfg.Seed = 20240101
	cfg.End, cfg.Start = 1_704_067_200_000+cfg.End-cfg.Start, 1_704_067_200_000 // from Monday 2024-01-01
	cfg.Faults = 0.05
	cfg.Users = max(60, n/420)
	g, err := load.New(cfg)
	must(t, err)
	cfg.EventsPerUserDay *= 1.01 * float64(n) / g.Expected()
	g, err = load.New(cfg)
	must(t, err)
	out := events.Defaults()
	out.Topic, out.Partitions = input, partitions
	s := &stream{
		t: t, generator: g, config: cfg, total: n, at: cfg.Start, expect: newExpectation(t, cfg.End),
		producer: events.New(connection.Client(), out, quiet()),
	}
	t.Cleanup(func() { _ = s.producer.Close(context.Background()) }) // again, if the test did not get so far
	return s
}

// send writes events up to a share of the whole, or all for 1.
func (s *stream) send(share float64) {
	var e load.Event
	for share >= 1 || s.sent < int(share*float64(s.total)) {
		if !s.generator.Next(&e) {
			break
		}
		s.sent++
		if e.Fault == load.Sound || e.Fault == load.Duplicate {
			s.at = max(s.at, e.Time)
		}
		s.key = load.AppendKey(s.key[:0], e.User)
		s.value = s.generator.AppendJSON(s.value[:0], &e)
		s.write(s.key, s.value, e.Fault.Reason())
		if e.Fault.Reason() == schemas.Accepted {
			s.expect.count(string(s.key), e.Type.String(), e.Time, e.Amount, e.Duration)
		}
		if s.sent%badEvery == 0 {
			s.sendBad()
		}
	}
	if err := s.producer.Flush(s.t.Context()); err != nil {
		s.t.Error(err)
	}
}

// write sends a record and tells the expectation; reason says whether it must be refused.
func (s *stream) write(key, value []byte, reason schemas.Reason) {
	if err := s.producer.Send(s.t.Context(), key, value, 0); err != nil {
		s.t.Errorf("sending: %v", err)
		return
	}
	s.expect.record(produce.Partition(key, partitions), key, value, reason)
}

// pulse sends a visit of each of some users at the stream's present time, for a flow that lasts as long as somebody waits.
func (s *stream) pulse(at int64) {
	s.pulses++
	for user := range pulseUsers {
		key := fmt.Appendf(nil, "pulse-%d", user)
		s.write(key, fmt.Appendf(nil, `{"user":%q,"type":"visit","time":%d}`, key, at), schemas.Accepted)
		s.expect.count(string(key), "visit", at, 0, 0)
	}
	if err := s.producer.Flush(s.t.Context()); err != nil {
		s.t.Error(err)
	}
}

// pulseUntil lets pulses flow until done is closed.
func (s *stream) pulseUntil(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(2 * pollEvery):
			s.pulse(s.at)
		}
	}
}

// sendBad sends a record that must go to the dead letters, of another kind each time.
func (s *stream) sendBad() {
	s.bad++
	user := fmt.Sprintf("bad-%d", s.bad)
	kinds := []struct {
		value  string
		reason schemas.Reason
	}{
		{"", schemas.Malformed},
		{"not JSON", schemas.Malformed},
		{`{"type":"visit","time":%[2]d}`, schemas.NoUser},
		{`{"user":"somebody else","type":"visit","time":%[2]d}`, schemas.KeyMismatch},
		{`{"user":%[1]q,"time":%[2]d}`, schemas.NoType},
		{`{"user":%[1]q,"type":"visit","time":"yesterday"}`, schemas.BadTime},
		{`{"user":%[1]q,"type":"order","time":%[2]d,"amount":"much"}`, schemas.BadAmount},
		{`{"user":%[1]q,"type":"order","time":%[2]d,"basket":[{"total":5}]}`, schemas.ArrayInPath},
		{`{"user":%[1]q,"type":"session_end","time":%[2]d,"duration_ms":-1}`, schemas.BadDuration},
		{`{"user":%[1]q,"type":"visit","time":%[2]d,"note":"` + strings.Repeat("x", 70_000) + `"}`, schemas.Oversized},
	}
	kind := kinds[s.bad%len(kinds)]
	value := kind.value
	if strings.Contains(value, "%[") {
		value = fmt.Sprintf(value, user, s.at)
	}
	s.write([]byte(user), []byte(value), kind.reason)
}

// finish sends what closes every minute and border of the stream, and waits until all is acknowledged.
func (s *stream) finish() {
	s.pulse(s.config.End + closing)
	must(s.t, s.producer.Close(s.t.Context()))
}
