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

func TestTheWholeStreamIsFedAndEndsWithTheHour(t *testing.T) {
	conn := cluster(t, "in")
	now := time.Date(2026, 3, 10, 12, 34, 56, 0, time.UTC)
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
	if at != now.Truncate(time.Hour).UnixMilli() || stream.DayOf(at) != stream.Days() || stream.DayOf(at-int64(10*schemas.Day)) != 1 || stream.DayOf(0) != 0 {
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
	latest, times := back.Latest(), back.Times()
	if len(latest) != 8 || latest[7].At != 1004 || len(times) != 11 || len(times["u0"]) != 2 || times["u0"][0]+times["u0"][1] != 2011 {
		t.Errorf("got %v and %v", latest, times)
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

func TestTheViewSumsThePartitions(t *testing.T) {
	s := snapshot()
	want := `Winback: a clickstream made up, day 41 of 63, 2026-01-01 00:00 UTC

  Kafka in      1,200,000 events of 2 partitions, 24,999 a second, 10 waiting
  Users         2,000: 200 new, 0 active, 0 casual, 46 silent, 0 churned
  Slipping      18 now; 30 entered, 0 recovered, 0 settled, 2 lost
  Recall        31 triggers, read back from topic winback.triggers
  ClickHouse    1,234,000 events, 4,032 decisions, 30 triggers, read back
  Dead letters  14 malformed, 2 future

  Latest recalls
    12-31 23:00  u00000017  visits -62 % against own 28 days: 3 instead of 7.9
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

// Everybody is flagged once at a time, early or late; who counts as found follows from their fates alone.
func TestFlagsAreComparedWithWhatHappened(t *testing.T) {
	cfg := demo.Defaults()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	stream, err := demo.NewStream(cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	at := func(time int64) demo.Comparison {
		times := map[string][]int64{}
		for i := range cfg.Users {
			times[fmt.Sprintf("u%08d", i)] = []int64{time}
		}
		return stream.Compare(times)
	}
	begun, end := now.UnixMilli()-int64(cfg.Days)*int64(schemas.Day), now.UnixMilli()
	early, midway, never := at(begun), at(end-int64(demo.Within)), stream.Compare(nil)
	users, found := early.TooRecent, 0
	for i, row := range early.Declined {
		users += row.Users
		found += midway.Declined[i].Flagged
		if row.Users == 0 || row.Flagged != 0 || row.Median() != 0 || never.Declined[i].Flagged != 0 {
			t.Errorf("%s: %d of %d were found before it happened", row.What, row.Flagged, row.Users)
		}
		if m := midway.Declined[i]; m.Flagged == 0 || m.Flagged == m.Users || m.Median() <= 0 || m.Median() > demo.Within.Std() {
			t.Errorf("%s: at the last moment %d of %d were found, the median after %v", row.What, m.Flagged, m.Users, m.Median())
		}
	}
	for i, row := range early.Steady {
		if row.Users == 0 || row.Flagged != row.Users || never.Steady[i].Flagged != 0 || never.Steady[i].Users != row.Users {
			t.Errorf("%s: %d of %d were flagged", row.What, row.Flagged, row.Users)
		}
	}
	before := early.Steady[len(early.Steady)-1]
	if before.Users != users || users+early.Steady[0].Users+early.Steady[1].Users != cfg.Users || early.TooRecent == 0 || found == 0 {
		t.Errorf("%d slipped away, %d of them lately, %d were there before, and there are %d users", users, early.TooRecent, before.Users, cfg.Users)
	}
}

func TestTheComparisonAsATable(t *testing.T) {
	c := demo.Comparison{Declined: []demo.Truth{{What: "went silent", Users: 1000, Flagged: 3}, {What: "went nowhere"}}, Steady: []demo.Truth{{What: "came as ever", Users: 40, Flagged: 20}}, TooRecent: 7}
	want := `What truly happened to the users     users  flagged within 14d of it  median
  went silent                        1,000        3    0.3 %              -
  went nowhere                           0        0        -              -
Who should be left in peace          users  flagged at any time
  came as ever                          40       20     50 %
Not counted above: 7 to whom it happened in the last 14d.
`
	if got := c.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnInvalidConfigIsRefused(t *testing.T) {
	_, err := demo.NewStream(demo.Config{Lasting: -1}, time.Now())
	for _, field := range []string{"users", "days", "lasting"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is missing from %v", field, err)
		}
	}
}
