package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/sinks/memory"
)

// member is a pipeline whose sinks are in memory.
func (b *bed) member(t *testing.T, rebuild string) (*pipeline.Pipeline, *memory.DeadLetters) {
	t.Helper()
	var letters memory.DeadLetters
	parts := b.parts
	parts.Triggers, parts.DeadLetters, parts.Rows, parts.Rebuild = &memory.Triggers{}, &letters, &memory.Rows{}, rebuild
	p, err := pipeline.New(b.config, parts)
	must(t, err)
	return p, &letters
}

// commit puts an offset of partition 0 in the place of the group's.
func (b *bed) commit(t *testing.T, offset int64, note string) {
	t.Helper()
	_, err := b.connection.Client().OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: b.parts.Ingest.Group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{input: {{Partition: 0, Offset: offset, Metadata: note}}},
	})
	must(t, err)
}

func (b *bed) note(t *testing.T) string {
	t.Helper()
	answer, err := b.connection.Client().OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: b.parts.Ingest.Group, Topics: map[string][]int{input: {0}}})
	must(t, err)
	return answer.Topics[input][0].Metadata
}

// What is committed names an offset of a log that is there no more. To go on from it would skip records or mix users' pasts.
func TestAnOffsetOfAnotherLogStopsTheStartUntilARebuild(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(t *testing.T, b *bed)
	}{
		{"committed beyond the end", "group winback has committed offset 1000, but the partition ends at 3", func(t *testing.T, b *bed) {
			b.commit(t, 1000, "")
		}},
		{"partitions added", "the topic had 4 partitions when group winback committed offset", func(t *testing.T, b *bed) {
			answer, err := b.connection.Client().CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: input, Count: 6}}})
			must(t, err)
			must(t, answer.Errors[input])
			answer, err = b.connection.Client().CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: "out", Count: 6}}})
			must(t, err)
			must(t, answer.Errors["out"])
		}},
		{"made anew and longer", "the topic has been deleted and made anew since group winback committed offset 3", func(t *testing.T, b *bed) {
			note := b.note(t)
			answer, err := b.connection.Client().DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{input}})
			must(t, err)
			must(t, answer.Errors[input])
			must(t, b.connection.EnsureTopic(t.Context(), input, partitions, ingest.TopicConfig{}))
			for range 5 {
				b.write(t, "not JSON")
			}
			b.commit(t, 3, note) // brokers forget the offsets of a topic that is deleted, unless it comes back before they do
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := emptyBed(t)
			for range 3 {
				b.write(t, "not JSON")
			}
			p, _ := b.member(t, "")
			must(t, b.run(t, p, caughtUp(p)))
			c.change(t, b)
			if err := pipeline.CheckOffsets(t.Context(), b.connection, b.parts.Ingest, "", nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("beforehand: %v, want %q", err, c.want)
			}
			must(t, pipeline.CheckOffsets(t.Context(), b.connection, b.parts.Ingest, "anew", nil))
			refused, _ := b.member(t, "")
			if err := b.run(t, refused, func() bool { return false }); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the start ends with %v, want %q", err, c.want)
			}
			_, last, err := b.connection.Offsets(t.Context(), input)
			must(t, err)
			rebuilt, letters := b.member(t, "anew")
			must(t, b.run(t, rebuilt, func() bool { return int64(len(letters.All())) == last[0] }))
		})
	}
}

// stored are the builds that have rows.
type stored []string

func (s stored) HasBuild(_ context.Context, _, build string) (bool, error) {
	return slices.Contains(s, build), nil
}

// Brokers forget a group's offsets when its topic is deleted: what comes under the topic's name later is another log.
func TestOffsetsThatAreGoneAreToldWhereRowsAreThere(t *testing.T) {
	b := emptyBed(t)
	check := func(rebuild string, rows stored) error {
		return pipeline.CheckOffsets(t.Context(), b.connection, b.parts.Ingest, rebuild, rows)
	}
	if err := check("", nil); err != nil {
		t.Errorf("a new group: %v", err)
	}
	for rebuild, has := range map[string]stored{"": {"winback"}, "spring": {"winback/spring"}} {
		if err := check(rebuild, has); err == nil || !strings.Contains(err.Error(), "--rebuild NAME") {
			t.Errorf("rows of %v and no offset: %v", has, err)
		}
		if err := check("another", has); err != nil {
			t.Errorf("another name than %v: %v", has, err)
		}
	}
	b.write(t, "not JSON")
	p, _ := b.member(t, "")
	must(t, b.run(t, p, caughtUp(p)))
	must(t, check("", stored{"winback"}))
}

// Members stopped before every partition has begun a rebuild do not leave the others in the build before.
func TestARebuildGoesOnInEveryPartitionWithoutBeingNamed(t *testing.T) {
	b := emptyBed(t)
	b.write(t, "not JSON")
	p, _ := b.member(t, "")
	must(t, b.run(t, p, caughtUp(p)))
	note, began, _ := strings.Cut(b.note(t), " began=")
	_, began, _ = strings.Cut(began, " ")
	began, _, _ = strings.Cut(began, " build=")
	b.commit(t, 1, fmt.Sprintf("%s began=%d %s build=winback/spring", note, time.Now().UnixMilli()+1, began)) // partition 0 alone

	p, _ = b.member(t, "")
	must(t, b.run(t, p, caughtUp(p)))
	all, err := b.connection.Committed(t.Context(), b.parts.Ingest.Group, input, partitions)
	must(t, err)
	for partition, committed := range all {
		if !strings.HasSuffix(committed.Note, " build=winback/spring") {
			t.Errorf("partition %d is in another build: %s", partition, committed.Note)
		}
	}
}

// Nobody ran while retention took records: how many, and from when on windows are whole again, is told.
func TestRecordsThatExpiredUnreadAreTold(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	must(t, err)
	t.Cleanup(cluster.Close)
	b := bedAt(t, cluster.ListenAddrs()[0])
	var log strings.Builder
	b.parts.Log = slog.New(slog.NewTextHandler(&log, nil))
	visit := func(at time.Time) {
		b.write(t, fmt.Sprintf(`{"user":"anna","type":"visit","time":%d}`, at.UnixMilli()))
	}
	began := time.Now().Add(-48 * time.Hour).Truncate(time.Hour)
	for hours := range 4 {
		visit(began.Add(time.Duration(hours) * time.Hour))
	}
	p, _ := b.member(t, "")
	must(t, b.run(t, p, caughtUp(p)))
	for hours := range 10 {
		visit(began.Add(time.Duration(10+hours) * time.Hour))
	}
	must(t, cluster.DeleteRecords(input, 0, 12))

	p, _ = b.member(t, "")
	var status pipeline.Status
	must(t, b.run(t, p, func() bool {
		if all := p.Status(); len(all) == partitions {
			status = all[0]
		}
		return status.Offset == 14 && status.Lag == 0
	}))
	from := began.Add(19*time.Hour).UnixMilli() + b.parts.Rules.Retention() // the newest event of the first batch
	if status.Missing != 8 || status.WindowsFrom != from {
		t.Errorf("%d records missing, windows whole from %v: want 8 and %v", status.Missing, time.UnixMilli(status.WindowsFrom), time.UnixMilli(from))
	}
	for _, want := range []string{"records_at_most=8", "windows_whole_from=" + time.UnixMilli(from).UTC().Format(time.RFC3339)[:13]} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, log.String())
		}
	}
}
