package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"winback/bench/load"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/schemas"
)

// TestMain lets this binary become the children that the harness starts out of itself.
func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		if err := run(context.Background(), nil, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	embeddedtest.Main(m)
}

// contestOf runs the whole harness and returns what it printed.
func contestOf(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	args = append([]string{"-events", "20000", "-users", "500", "-repeats", "1", "-partitions", "3"}, args...)
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	return out.String()
}

func TestTheReportEndsWithTheFiguresThatProgramsRead(t *testing.T) {
	out := contestOf(t, "-rows", rowsMemory)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, name := range []string{"events_per_s", "line_rate", "floor_rate", "over_line", "over_floor"} {
		line := lines[len(lines)-5+i]
		if !regexp.MustCompile(`^`+name+` \d+(\.\d+)?$`).MatchString(line) || regexp.MustCompile(` [0.]+$`).MatchString(line) {
			t.Errorf("want a number above 0 after %s: %q", name, line)
		}
	}
	for _, want := range []string{"20000 events", "rows go to memory", "triggers"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestEveryRowReachesClickHouse(t *testing.T) {
	embeddedtest.Library(t)
	profile := filepath.Join(t.TempDir(), "cpu")
	out := contestOf(t, "-rows", rowsClickHouse, "-only", onlyPipeline, "-cpuprofile", profile)
	if !strings.Contains(out, "rows go to clickhouse") {
		t.Errorf("another store was taken:\n%s", out)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("no CPU profile: %v", err)
	}
}

func TestLostRowsAreNoticed(t *testing.T) {
	d := new(discardRows)
	if err := d.Insert(t.Context(), &schemas.Rows{Activity: make([]schemas.Activity, 3)}); err != nil {
		t.Fatal(err)
	}
	if err := d.check(t.Context(), &work{Rows: 3}); err != nil {
		t.Error(err)
	}
	if err := d.check(t.Context(), &work{Rows: 4}); err == nil {
		t.Error("3 rows pass for 4")
	}
}

func TestARunWithoutTriggersIsRefused(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), []string{"-events", "300", "-users", "300", "-repeats", "1", "-only", onlyPipeline, "-rows", rowsDiscard}, &out)
	if !strings.Contains(fmt.Sprint(err), "nothing to find") {
		t.Errorf("one event a user: %v\n%s", err, out.String())
	}
}

func TestTheBrokersChildServesAndEndsWithItsStdin(t *testing.T) {
	b, err := startBroker(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, b.addr)
	if err := c.EnsureTopic(t.Context(), "topic", 2, ingest.TopicConfig{}); err != nil {
		t.Error(err)
	}
	if err := b.stop(); err != nil {
		t.Errorf("the child's end: %v", err)
	}
	if conn, err := net.Dial("tcp", b.addr); err == nil {
		conn.Close()
		t.Error("somebody still listens")
	}
}

func TestABrokerThatCannotStartSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := startBroker(file); err == nil {
		t.Error("a broker started on a file")
	}
}

func connect(t *testing.T, broker string) *ingest.Connection {
	t.Helper()
	k := ingest.DefaultKafka()
	k.Brokers = []string{broker}
	conn, err := k.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// prepared returns a filled topic on a broker of the test's own.
func prepared(t *testing.T, args ...string) (*workload, *options) {
	t.Helper()
	args = append([]string{"-events", "20000", "-users", "500", "-partitions", "3"}, args...)
	o, err := parse(args, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	w, err := prepare(t.Context(), &o, connect(t, embeddedtest.Broker(t).Addr()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return w, &o
}

func TestTheTopicHoldsTheStreamOnceInItsUsersOrder(t *testing.T) {
	w, o := prepared(t)
	g, err := o.generator()
	if err != nil {
		t.Fatal(err)
	}
	want, e := map[string][]string{}, load.Event{}
	for range o.events {
		g.Next(&e)
		key := string(load.AppendKey(nil, e.User))
		want[key] = append(want[key], string(g.AppendJSON(nil, &e)))
	}
	for p, last := range w.last {
		reader := ingest.NewReader(w.conn, w.topic, int32(p), 0, ingest.DefaultFetch(), w.log)
		for b := range reader.Batches(t.Context()) {
			for r := range b.Records() {
				key := string(r.Key)
				if len(want[key]) == 0 || want[key][0] != string(r.Value) {
					t.Fatalf("partition %d, offset %d: %s", p, r.Offset, r.Value)
				}
				want[key] = want[key][1:]
			}
			if b.Next >= last {
				break
			}
		}
		if reader.Err() != nil {
			t.Fatal(reader.Err())
		}
	}
	for key, left := range want {
		if len(left) > 0 {
			t.Errorf("%d events of %s are missing", len(left), key)
		}
	}
}

func TestFillKeepsItsRate(t *testing.T) {
	start := time.Now()
	prepared(t, "-events", "5000", "-rate", "10000")
	if took := time.Since(start); took < 450*time.Millisecond {
		t.Errorf("5,000 events at 10,000/s took %v", took)
	}
}

func TestFillingEndsWithItsContext(t *testing.T) {
	o, err := parse([]string{"-rate", "100"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, embeddedtest.Broker(t).Addr())
	if err := conn.EnsureTopic(t.Context(), "events", 2, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := fill(ctx, &o, conn, "events", 2, slog.New(slog.DiscardHandler)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after 50 ms of 5,000,000 events at 100/s: %v", err)
	}
}

func TestTheFloorCountsEveryEvent(t *testing.T) {
	w, o := prepared(t)
	f := newFloor(w)
	if got, err := f.run(t.Context(), w); got.events != 20_000 || err != nil {
		t.Fatalf("%d events: %v", got.events, err)
	}
	var got, want row
	for _, table := range f.tables {
		for _, r := range table {
			got.events, got.amount, got.duration, got.last = got.events+r.events, got.amount+r.amount, got.duration+r.duration, max(got.last, r.last)
		}
	}
	g, err := o.generator()
	if err != nil {
		t.Fatal(err)
	}
	var e load.Event
	for range 20_000 {
		g.Next(&e)
		want.add(&schemas.Event{Amount: e.Amount, Duration: e.Duration, Time: e.Time})
	}
	if want.types = got.types; got != want {
		t.Errorf("the table holds %+v, the stream %+v", got, want)
	}
}

func TestTheStreamReachesTheEventsAskedForNearTheSpansEnd(t *testing.T) {
	o, err := parse([]string{"-events", "100000", "-users", "2000"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	g, err := o.generator()
	if err != nil {
		t.Fatal(err)
	}
	var e load.Event
	for i := range 100_000 {
		if !g.Next(&e) {
			t.Fatalf("the stream ended after %d events", i)
		}
	}
	if day := (e.Time - o.population.Start) / 86_400_000; day < 39 {
		t.Errorf("the last event is on day %d of 42", day)
	}
}

func TestContendersTakeTurnsAndTheFirstRoundDoesNotCount(t *testing.T) {
	var order []string
	var reported int
	made := func(name string) contender {
		return contender{name, func(context.Context, *workload) (outcome, error) {
			order = append(order, name)
			return outcome{events: 7}, nil
		}}
	}
	medians, err := compare(t.Context(), &workload{events: 7}, []contender{made("a"), made("b")}, 2, func(string, outcome) { reported++ })
	if err != nil || len(medians) != 2 || reported != 4 {
		t.Fatalf("%v, %d reported: %v", medians, reported, err)
	}
	if want := []string{"a", "b", "a", "b", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("ran %v, want %v", order, want)
	}
}

func TestARunThatMissesEventsIsRefused(t *testing.T) {
	short := contender{"short", func(context.Context, *workload) (outcome, error) { return outcome{events: 6}, nil }}
	if _, err := once(t.Context(), &workload{events: 7}, short); err == nil || err.Error() != "short: it took 6 of 7 events" {
		t.Errorf("six of seven events: %v", err)
	}
	cause := errors.New("cause")
	broken := contender{"broken", func(context.Context, *workload) (outcome, error) { return outcome{}, cause }}
	if _, err := once(t.Context(), &workload{events: 7}, broken); !errors.Is(err, cause) {
		t.Errorf("a broken run: %v", err)
	}
}

func TestRunsWithDifferentResultsAreRefused(t *testing.T) {
	n := uint64(0)
	moody := contender{"moody", func(context.Context, *workload) (outcome, error) {
		n++
		return outcome{events: 7, work: work{Triggers: n}}, nil
	}}
	if _, err := compare(t.Context(), &workload{events: 7}, []contender{moody}, 2, func(string, outcome) {}); err == nil {
		t.Error("two runs with different triggers pass")
	}
}

func TestEveryFaultOfTheCommandLineIsReported(t *testing.T) {
	_, err := parse([]string{"-only", "load", "-events", "0", "-users", "-1", "-rows", "x"}, os.Stderr)
	for _, want := range []string{"-brokers and -topic", "must be positive", "population.users", "-rows"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
