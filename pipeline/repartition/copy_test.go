package repartition_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/repartition"
	"winback/schemas/mapping"
	"winback/sinks/produce"
)

// crowd are daily visits of some users, in the order of time.
func crowd(users int, days ...int64) (all []produce.Record) {
	for _, d := range days {
		for u := range users {
			all = append(all, visit(fmt.Sprintf("user-%d", u), monday+d*day+int64(u)*60_000))
		}
	}
	return all
}

// span is the days from one up to another.
func span(from, to int64) (days []int64) {
	for d := from; d < to; d++ {
		days = append(days, d)
	}
	return days
}

// split is a topic of two partitions that got more: users moved on day 20 of 30.
func split(t *testing.T, partitions int32) *bed {
	t.Helper()
	b := newBed(t)
	b.topic(oldTopic, 2, "max.message.bytes", "2000000")
	b.write(oldTopic, 2, byKey(t, "murmur2", 2, crowd(40, span(0, 20)...)...)...)
	b.grow(oldTopic, partitions)
	b.write(oldTopic, int(partitions), byKey(t, "murmur2", partitions, crowd(40, span(20, 30)...)...)...)
	return b
}

func TestEveryUserLiesInOnePartitionAndInTheOrderOfTime(t *testing.T) {
	for _, partitions := range []int{1, 4, 6} {
		b := split(t, 4)
		cfg := config()
		cfg.Partitions = partitions
		report := b.copy(cfg)
		copied := b.read(newTopic, partitions)
		wantSorted(t, copied)
		got := map[string]int{}
		for p, records := range copied {
			if report.Records[p] != int64(len(records)) {
				t.Errorf("partition %d has %d records, and %d are reported", p, len(records), report.Records[p])
			}
			for _, r := range records {
				if want := produce.Partition(r.Key, int32(partitions)); want != int32(p) {
					t.Fatalf("%s is in partition %d, want %d", r.Key, p, want)
				}
				got[string(r.Value)]++
			}
		}
		want := map[string]int{}
		for _, r := range crowd(40, span(0, 30)...) {
			want[string(r.Value)]++
		}
		if len(got) != len(want) || report.Total() != int64(len(want)) {
			t.Errorf("%d different records are there and %d are reported, want %d", len(got), report.Total(), len(want))
		}
		for value, n := range got {
			if n != want[value] {
				t.Errorf("%s is there %d times, want %d", value, n, want[value])
			}
		}
		if report.Behind != 0 || report.Beside != 0 || report.Gone != 0 || report.Sources != 4 || !report.CaughtUp {
			t.Errorf("got %+v", report)
		}
	}
}

func TestARecordStaysAsItIs(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 1)
	records := []produce.Record{
		visit("ann", monday),
		{Key: []byte("ann"), Value: nil, Time: monday + 1, Copied: true},
		{Key: []byte("ann"), Value: []byte{}, Time: 0, Copied: true},
		{Key: []byte("ann"), Value: []byte("no event"), Time: monday + 2, Copied: true, Headers: []produce.Header{{Key: "a", Value: []byte("1")}, {Key: "a"}, {Key: "b", Value: []byte{}}}},
	}
	b.write(oldTopic, 1, byKey(t, "murmur2", 1, records...)...)
	b.copy(config())
	same := func(x, y []byte) bool { return bytes.Equal(x, y) && (x == nil) == (y == nil) }
	got := b.read(newTopic, 1)[0]
	if len(got) != len(records) {
		t.Fatalf("%d records, want %d", len(got), len(records))
	}
	for i, r := range got {
		want := records[i]
		headers := slices.EqualFunc(r.Headers, want.Headers, func(x kgo.RecordHeader, y produce.Header) bool { return x.Key == y.Key && same(x.Value, y.Value) })
		if !same(r.Key, want.Key) || !same(r.Value, want.Value) || r.Timestamp.UnixMilli() != want.Time || !headers {
			t.Errorf("record %d: got %q = %q at %d with %v, want %q = %q at %d with %v", i, r.Key, r.Value, r.Timestamp.UnixMilli(), r.Headers, want.Key, want.Value, want.Time, want.Headers)
		}
	}
}

func TestARecordWithoutKeyGetsItsUserForOneWhereKeysAreIgnored(t *testing.T) {
	ignored := mapping.Defaults()
	ignored.Key = mapping.KeyIgnore
	for name, c := range map[string]struct {
		mapping        mapping.Config
		key            string
		given, keyless int64
	}{
		"keys are users":   {mapping.Defaults(), "", 0, 2},
		"keys are ignored": {ignored, "ann", 1, 1},
	} {
		b := newBed(t)
		b.topic(oldTopic, 2)
		loose := visit("ann", monday)
		loose.Key = nil
		b.write(oldTopic, 2, sent{1, loose}, sent{1, produce.Record{Value: []byte("no event"), Time: monday, Copied: true}})
		parts := b.parts()
		parts.Mapping = compiled(t, c.mapping)
		report := b.copyWith(config(), parts)
		if report.Given != c.given || report.Keyless != c.keyless || report.Total() != 2 {
			t.Errorf("%s: got %+v", name, report)
		}
		for p, records := range b.read(newTopic, 2) {
			for _, r := range records {
				event := string(r.Value) != "no event"
				if event && string(r.Key) != c.key || !event && r.Key != nil || len(r.Key) > 0 && int32(p) != produce.Partition(r.Key, 2) {
					t.Errorf("%s: %s has key %q in partition %d", name, r.Value, r.Key, p)
				}
			}
		}
	}
}

func TestTheNewTopicIsMadeAsTheOldOneIs(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 1, "retention.ms", "-1", "max.message.bytes", "2000000", "message.timestamp.type", "LogAppendTime")
	b.write(oldTopic, 1, byKey(t, "murmur2", 1, visit("ann", monday))...)
	cfg := config()
	cfg.Topic.Retention, cfg.Topic.Settings = 3_600_000, map[string]string{"cleanup.policy": "delete", "max.message.bytes": "1000"}
	b.copy(cfg)
	got := b.settings(newTopic)
	for name, want := range map[string]string{"retention.ms": "-1", "max.message.bytes": "2000000", "message.timestamp.type": "CreateTime", "cleanup.policy": "delete"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestACopyIsNotMadeBesideOtherRecords(t *testing.T) {
	b := split(t, 4)
	b.copy(config())
	b.refused(config(), "topic clicks-new is not empty", "delete the topic, or name another")
	cfg := config()
	cfg.To, cfg.Partitions = "other", 3
	b.topic("other", 2)
	b.refused(cfg, "exists and has 2 partitions, not 3")
	cfg.Partitions = 0
	if report := b.copy(cfg); len(report.Records) != 2 {
		t.Errorf("an empty topic of two partitions was taken for one of %d", len(report.Records))
	}
	cfg.To = "dated"
	b.topic("dated", 4, "message.timestamp.type", "LogAppendTime")
	b.refused(cfg, "would lose their timestamps", "CreateTime")
	cfg.To, cfg.From = "never", "empty"
	b.topic("empty", 2)
	b.refused(cfg, "topic empty is empty")
	cfg.From = "missing"
	b.refused(cfg, "topic missing", "there is no such topic")
}

func TestAFollowingCopyEndsWhereTheOldTopicEndsWhenItIsToldToStop(t *testing.T) {
	b := split(t, 4)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cfg := config()
	cfg.Follow = true
	parts := b.parts()
	parts.CaughtUp = func(r *repartition.Report) {
		if r.Total() != 40*30 {
			t.Errorf("caught up with %d records", r.Total())
		}
		b.write(oldTopic, 4, byKey(t, "murmur2", 4, crowd(40, span(30, 40)...)...)...)
	}
	c, err := repartition.Open(ctx, cfg, parts)
	must(t, err)
	defer c.Close()
	ended := make(chan error, 1)
	var report *repartition.Report
	go func() {
		var err error
		report, err = c.Run(ctx)
		ended <- err
	}()
	for deadline := time.Now().Add(30 * time.Second); b.count() < 40*40; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d records were copied", b.count())
		}
	}
	b.write(oldTopic, 4, byKey(t, "murmur2", 4, crowd(40, span(40, 45)...)...)...)
	stop()
	must(t, <-ended)
	wantSorted(t, b.read(newTopic, 4))
	if n := b.count(); n != 40*45 || report.Total() != n || report.Behind != 0 || report.Beside != 0 {
		t.Errorf("%d records, and %+v", n, report)
	}
}

func TestPartitionsAddedWhileFollowingAreCopiedToo(t *testing.T) {
	b := split(t, 4)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cfg := config()
	cfg.Follow = true
	parts := b.parts()
	parts.CaughtUp = func(*repartition.Report) {
		b.grow(oldTopic, 8)
		b.write(oldTopic, 8, byKey(t, "murmur2", 8, crowd(40, 30)...)...)
		stop()
	}
	c, err := repartition.Open(ctx, cfg, parts)
	must(t, err)
	defer c.Close()
	report, err := c.Run(ctx)
	must(t, err)
	if n := b.count(); n != 40*31 || report.Sources != 8 || report.Behind != 0 {
		t.Errorf("%d records, and %+v", n, report)
	}
}

func TestACopyThatIsBrokenOffSaysWhatItHandedOver(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 2)
	b.write(oldTopic, 2, byKey(t, "murmur2", 2, crowd(100, span(0, 100)...)...)...)
	cause := errors.New("told to stop")
	ctx, stop := context.WithCancelCause(t.Context())
	parts := b.parts()
	parts.Progress = func(done, total int64) {
		if done <= 0 || done > total || total != 10_000 {
			t.Errorf("%d of %d are done", done, total)
		}
		stop(cause)
	}
	c, err := repartition.Open(ctx, config(), parts)
	must(t, err)
	defer c.Close()
	report, err := c.Run(ctx)
	if !errors.Is(err, cause) || report.CaughtUp || report.Total() != 4096 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestWhatIsWrittenMeanwhileIsReported(t *testing.T) {
	b := split(t, 4)
	c, err := repartition.Open(t.Context(), config(), b.parts())
	must(t, err)
	defer c.Close()
	b.write(newTopic, 4, sent{0, visit("by a producer", monday)})
	report, err := c.Run(t.Context())
	must(t, err)
	if report.Beside != 1 {
		t.Errorf("got %+v", report)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	cfg := config()
	cfg.To, cfg.Partitions, cfg.Partitioner = "not a topic", -1, "murmur3"
	err := cfg.Validate()
	for _, want := range []string{`to: "not a topic" is not a topic name`, "partitions: -1: use 1 to", `partitioner: there is no partitioner "murmur3": use one of murmur2, crc32`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from %v", want, err)
		}
	}
	cfg = config()
	cfg.To = cfg.From
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "the topic that is copied") {
		t.Errorf("got %v", err)
	}
}
