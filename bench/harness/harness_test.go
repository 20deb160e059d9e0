package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"winback/bench/load"
	"winback/bench/measure"
	"winback/pipeline/ingest"
	"winback/schemas"
)

func brokerFor(t *testing.T) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

func TestAContestEndsWithThePairsThatProgramsRead(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-brokers", brokerFor(t), "-events", "20000", "-users", "500", "-repeats", "1", "-partitions", "3"}, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, name := range []string{"events_per_s", "line_rate", "floor_rate", "over_line", "over_floor"} {
		if line := lines[len(lines)-5+i]; !regexp.MustCompile(`^` + name + ` \d+(\.\d+)?$`).MatchString(line) {
			t.Errorf("want a number after %s: %q", name, line)
		}
	}
	if strings.Contains(out.String(), "line_rate 0\n") || !strings.Contains(out.String(), "20000 events") {
		t.Errorf("not all was measured:\n%s", out.String())
	}
}

func TestTheFloorCountsEveryEvent(t *testing.T) {
	o, err := parse([]string{"-events", "20000", "-users", "500", "-partitions", "3", "-brokers", brokerFor(t)}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	k := ingest.DefaultKafka()
	k.Brokers = o.brokers
	conn, err := k.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	w, err := prepare(t.Context(), &o, conn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFloor(w)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.run(t.Context(), w); n != 20_000 || err != nil {
		t.Fatalf("%d events: %v", n, err)
	}
	var got, want row
	for _, table := range f.tables {
		for _, r := range table {
			got.events, got.amount, got.duration, got.last = got.events+r.events, got.amount+r.amount, got.duration+r.duration, max(got.last, r.last)
		}
	}
	g, _, err := o.generator()
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
	g, _, err := o.generator()
	if err != nil {
		t.Fatal(err)
	}
	var e load.Event
	for i := range 100_000 {
		if !g.Next(&e) {
			t.Fatalf("the stream ended after %d events", i)
		}
	}
	if day := (e.Time - o.population.Start) / 86_400_000; day < 56 {
		t.Errorf("the last event is on day %d of 60", day)
	}
}

func TestContendersTakeTurnsAndTheFirstRoundDoesNotCount(t *testing.T) {
	var order []string
	var told int
	made := func(name string) contender {
		return contender{name, func(context.Context, *workload) (int64, error) {
			order = append(order, name)
			return 7, nil
		}}
	}
	medians, err := compare(t.Context(), &workload{events: 7}, []contender{made("a"), made("b")}, 2, func(string, measure.Cost) { told++ })
	if err != nil || len(medians) != 2 || told != 4 {
		t.Fatalf("%v, %d told: %v", medians, told, err)
	}
	if want := []string{"a", "b", "a", "b", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("ran %v, want %v", order, want)
	}
}

func TestARunThatMissesEventsIsRefused(t *testing.T) {
	short := contender{"short", func(context.Context, *workload) (int64, error) { return 6, nil }}
	if _, err := once(t.Context(), &workload{events: 7}, short); err == nil || err.Error() != "short: it took 6 of 7 events" {
		t.Errorf("six of seven events: %v", err)
	}
	cause := errors.New("cause")
	broken := contender{"broken", func(context.Context, *workload) (int64, error) { return 0, cause }}
	if _, err := once(t.Context(), &workload{events: 7}, broken); !errors.Is(err, cause) {
		t.Errorf("a broken run: %v", err)
	}
}

func TestEveryFaultOfTheCommandLineIsReported(t *testing.T) {
	_, err := parse([]string{"-only", "load", "-events", "0", "-users", "0"}, os.Stderr)
	for _, want := range []string{"-brokers and -topic", "must be positive", "population.users"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
