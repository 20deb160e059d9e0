package demo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"winback/pipeline"
	"winback/pipeline/demo"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/scorer"
	"winback/sinks/events"
	"winback/sinks/triggers"
)

func small() demo.Config {
	cfg := demo.Defaults()
	cfg.Users, cfg.Days, cfg.Lasting = 50, 10, 0
	return cfg
}

// cluster gives a connection to a broker with the topic in two partitions.
func cluster(t *testing.T, topic string) *ingest.Connection {
	t.Helper()
	conn, err := ingest.Kafka{Brokers: []string{embeddedtest.Broker(t).Addr()}}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := conn.EnsureTopic(t.Context(), topic, 2, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	return conn
}

func producer(t *testing.T, conn *ingest.Connection, topic string) *events.Producer {
	t.Helper()
	cfg := events.Defaults()
	cfg.Topic, cfg.Partitions = topic, 2
	p := events.New(conn.Client(), cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestTheWholeStreamIsFedAndEndsNow(t *testing.T) {
	conn := cluster(t, "in")
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	stream, err := demo.NewStream(small(), now)
	if err != nil {
		t.Fatal(err)
	}
	var sent, at int64
	err = stream.Feed(t.Context(), producer(t, conn, "in"), time.Now, func(n, time int64) { sent, at = n, time })
	if err != nil {
		t.Fatal(err)
	}
	_, last, err := conn.Offsets(t.Context(), "in")
	if err != nil || last[0]+last[1] != sent || last[0] == 0 || last[1] == 0 {
		t.Errorf("%v: sent %d, the topic holds %v", err, sent, last)
	}
	if at != now.UnixMilli() || stream.DayOf(at) != stream.Days() || stream.DayOf(at-int64(9*schemas.Day)) != 1 || stream.DayOf(0) != 0 {
		t.Errorf("the stream ends at %d on day %d", at, stream.DayOf(at))
	}
}

func TestTheFeedKeepsItsPaceAndEndsWithItsContext(t *testing.T) {
	cfg := small()
	cfg.Lasting = time.Hour
	stream, err := demo.NewStream(cfg, time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	conn := cluster(t, "in")
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	begun, calls := time.Now(), 0
	clock := func() time.Time { // half of the hour passes between two looks, once
		if calls++; calls > 2 {
			cancel(cause)
		}
		if calls == 1 {
			return begun
		}
		return begun.Add(time.Hour / 2)
	}
	var sent int64
	if err := stream.Feed(ctx, producer(t, conn, "in"), clock, func(n, _ int64) { sent = n }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if sent == 0 || sent > 1000 {
		t.Errorf("%d records were sent", sent)
	}
}

func TestTriggersAreReadBack(t *testing.T) {
	conn := cluster(t, "out")
	to := triggers.New(conn.Client(), triggers.Config{Topic: "out", Config: triggers.Defaults().Config}, slog.New(slog.DiscardHandler))
	for i := range 12 {
		trigger := schemas.Trigger{User: fmt.Sprintf("u%d", i%11), At: int64(1000 + i), Reason: "r"}
		if err := to.Deliver(t.Context(), int32(i%2), []schemas.Trigger{trigger}); err != nil {
			t.Fatal(err)
		}
	}
	var back demo.Triggers
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- back.Follow(ctx, conn, "out", 2, slog.New(slog.DiscardHandler)) }()
	for back.Total() < 12 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	latest, last := back.Latest()
	if len(latest) != 8 || len(last) != 11 || last["u0"] != 1011 {
		t.Errorf("got %v and %v", latest, last)
	}
	for i := 1; i < len(latest); i++ {
		if latest[i-1].At < latest[i].At {
			t.Errorf("the newest is not first: %v", latest)
		}
	}
}

func snapshot() demo.Snapshot {
	s := demo.Snapshot{
		Day: 41, Days: 63, At: 1767225600000, Sent: 1234567, Rate: 24999.6, Triggers: 31, Topic: "winback.triggers",
		Latest: []schemas.Trigger{{User: "u00000017", At: 1767222000000, Reason: "visits -62 % against own 28 days: 3 instead of 7.9"}},
		Tables: demo.Tables{Events: 1234000, Triggers: 30, Decisions: map[schemas.DecisionKind]uint64{schemas.KindEntered: 30, schemas.KindLost: 2, schemas.KindLifecycle: 4000}},
	}
	for i := range 2 {
		p := pipeline.Status{Partition: int32(i), Lag: 5, Users: 1000, PreChurn: 9}
		p.Counts.Events = 600_000
		p.Lifecycle[scorer.New], p.Lifecycle[scorer.SilentLight], p.Lifecycle[scorer.SilentHeavy] = 100, 20, 3
		p.Refused[schemas.Malformed], p.Refused[schemas.Future] = 7, 1
		s.Partitions = append(s.Partitions, p)
	}
	return s
}

func TestTheViewAddsThePartitionsUp(t *testing.T) {
	s := snapshot()
	want := `Winback: a clickstream made up, day 41 of 63, 2026-01-01 00:00 UTC

  Kafka in      1,200,000 events read, 24,999 a second, 10 waiting; 2 partitions, 2,000 users
  Users         200 new, 0 active, 0 casual, 46 silent, 0 churned
  Slipping      18 now; 30 entered, 0 recovered, 0 settled, 2 lost  (read back from ClickHouse)
  Recall        31 triggers  (read back from topic winback.triggers)
  ClickHouse    1,234,000 events by minute, 4,032 decisions, 30 triggers
  Dead letters  14 malformed, 2 future

  Latest recalls
    2025-12-31 23:00  u00000017  visits -62 % against own 28 days: 3 instead of 7.9
` + strings.Repeat("\n", 7)
	if got := s.View(0); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(s.View(40)) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n >= 40 {
			t.Errorf("%q is %d wide", line, n)
		}
	}
	line := "day 41 of 63: 1,200,000 events, 2,000 users, 18 flagged now; 31 triggers on winback.triggers; ClickHouse holds 1,234,000 events and 4,032 decisions"
	if got := s.Line(); got != line {
		t.Errorf("got %q", got)
	}
}

func TestFlagsAreLaidBesideTheTruth(t *testing.T) {
	cfg := small()
	cfg.Users = 2000
	stream, err := demo.NewStream(cfg, time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	early, late := map[string]int64{}, map[string]int64{}
	for i := range cfg.Users {
		id := fmt.Sprintf("u%08d", i)
		early[id], late[id] = 1, 1<<60
	}
	users := 0
	for i, row := range stream.Compare(late) {
		before := stream.Compare(early)[i]
		if row.Flagged != row.Users || row.Users == 0 {
			t.Errorf("%s: %d of %d", row.What, row.Flagged, row.Users)
		}
		if steady := row.What == "came as ever"; steady != (before.Flagged == before.Users) || !steady && before.Flagged != 0 {
			t.Errorf("%s: %d of %d were flagged before it happened", row.What, before.Flagged, before.Users)
		}
		users += row.Users
	}
	if users != cfg.Users {
		t.Errorf("%d users of %d", users, cfg.Users)
	}
	want := "What truly happened to the made-up users    users  flagged since\n" +
		"  went silent                               1,000        3    0 %\n" +
		"  went nowhere                                  0        0      -\n"
	got := demo.Verdict([]demo.Truth{{"went silent", 1000, 3}, {"went nowhere", 0, 0}})
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAConfigThatMakesNoSenseIsRefused(t *testing.T) {
	_, err := demo.NewStream(demo.Config{Lasting: -1}, time.Now())
	for _, field := range []string{"users", "days", "lasting"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is missing from %v", field, err)
		}
	}
}
