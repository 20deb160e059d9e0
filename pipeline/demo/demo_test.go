package demo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// stream is one of a hundred users over the demo's half year.
func stream(t *testing.T) (*demo.Stream, int64) {
	t.Helper()
	cfg := demo.Defaults()
	cfg.Users = 100
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	s, err := demo.NewStream(cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	return s, now.UnixMilli()
}

func TestLossesAreTheLastEventsBeforeALongAbsence(t *testing.T) {
	s, end := stream(t)
	losses, err := s.Losses()
	if err != nil {
		t.Fatal(err)
	}
	times := map[string][]int64{}
	vocabulary, err := scorer.Defaults().Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Events(vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	for e := range all {
		if e.Type == schemas.OtherType {
			t.Fatalf("an event of %s has no type", e.User)
		}
		times[string(e.User)] = append(times[string(e.User)], e.Time)
	}
	lost := 0
	for user, at := range times {
		var want []int64
		for i := range at {
			if next := append(at, end)[i+1]; next-at[i] >= int64(demo.Absence) {
				want = append(want, at[i])
			}
		}
		if lost += len(want); !slices.Equal(losses[user], want) {
			t.Errorf("%s left at %v, want %v", user, losses[user], want)
		}
	}
	if lost == 0 || len(losses) > len(times) {
		t.Errorf("%d losses of %d users, of whom %d have some", lost, len(times), len(losses))
	}
}

func TestFlagsAreJudgedByWhetherTheirUsersLeave(t *testing.T) {
	s, end := stream(t)
	const day = int64(schemas.Day)
	begun := end - 182*day
	at := func(days ...int64) (times []int64) {
		for _, d := range days {
			times = append(times, begun+d*day)
		}
		return times
	}
	losses := map[string][]int64{"leaves": at(60), "leaves twice": at(50, 100), "leaves late": at(139), "unseen": at(70)}
	for name, c := range map[string]struct {
		flagged map[string][]int64
		want    [4]int // Flagged, Right, Left, Found
		lead    int64  // days
	}{
		"nobody":                  {nil, [4]int{0, 0, 3, 0}, 0},
		"one who stays":           {map[string][]int64{"stays": at(60)}, [4]int{1, 0, 3, 0}, 0},
		"after the last event":    {map[string][]int64{"leaves": at(63)}, [4]int{1, 1, 3, 1}, 27},
		"before the last event":   {map[string][]int64{"leaves": at(46)}, [4]int{1, 1, 3, 1}, 44},
		"too early":               {map[string][]int64{"leaves": at(45)}, [4]int{1, 0, 3, 0}, 0},
		"when it is over":         {map[string][]int64{"leaves": at(90)}, [4]int{1, 0, 3, 0}, 0},
		"the second time":         {map[string][]int64{"leaves twice": at(80, 101)}, [4]int{1, 1, 3, 1}, 29},
		"the first flag counts":   {map[string][]int64{"leaves": at(70, 62)}, [4]int{1, 1, 3, 1}, 28},
		"too late to be judged":   {map[string][]int64{"leaves late": at(140)}, [4]int{0, 0, 3, 0}, 0},
		"one right and one wrong": {map[string][]int64{"leaves": at(61), "stays": at(61)}, [4]int{2, 1, 3, 1}, 29},
	} {
		o := s.Judge("rule", c.flagged, losses)
		if got := [4]int{o.Flagged, o.Right, o.Left, o.Found}; got != c.want || o.Lead().Milliseconds() != c.lead*day {
			t.Errorf("%s: got %v, %v before, want %v, %d days before", name, got, o.Lead(), c.want, c.lead)
		}
	}
}

func TestTheOutcomesAsATable(t *testing.T) {
	s, end := stream(t)
	last := end - 100*int64(schemas.Day)
	losses := map[string][]int64{"a": {last}, "b": {last}}
	early := map[string][]int64{"a": {last - int64(schemas.Day)}}
	late := map[string][]int64{"a": {last + int64(schemas.Day)}, "b": {last + int64(schemas.Day)}, "c": {last}}
	got := demo.OutcomesTable(s.Judge("Winback", early, losses), s.Judge("the other rule", late, losses), s.Judge("none", nil, nil))
	want := `Do the flagged users leave? (left: nothing of theirs for 30 days)
                       of the flagged left  of the left flagged  flagged, median
  Winback              1 of 1, 100 %        1 of 2, 50 %         1.0 days before they go
  the other rule       2 of 3, 67 %         2 of 2, 100 %        1.0 days after
  none                 -                    -                    -
Users are counted. A flag tells of a loss from 14 days before the last event on.
The last 44 days cannot be judged yet and are left out.
`
	if got != want {
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
