package ingest_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"winback/pipeline/ingest"
	"winback/schemas"
)

func TestEnsureTopic(t *testing.T) {
	b := startBroker(t)
	conn := b.connect()
	cfg := ingest.TopicConfig{Retention: schemas.Day, Settings: map[string]string{"cleanup.policy": "delete"}}
	for range 2 { // makes it, then finds it
		if err := conn.EnsureTopic(t.Context(), "triggers", 5, cfg); err != nil {
			t.Fatal(err)
		}
	}
	info := b.TopicInfo("triggers")
	if got := info.Configs["retention.ms"]; got == nil || *got != "86400000" {
		t.Errorf("retention.ms is %v", got)
	}
	if n, err := conn.Partitions(t.Context(), "triggers"); n != 5 || err != nil {
		t.Errorf("%d partitions, error %v", n, err)
	}
	wantError(t, conn.EnsureTopic(t.Context(), "triggers", 8, cfg), "topic triggers", "5 partitions", "needs 8")
	wantError(t, conn.EnsureTopic(t.Context(), "copies", 1, ingest.TopicConfig{Replication: 3}), "topic copies", "lower replication")
}

// Members start at once, and each wants the topic.
func TestEnsureTopicTogether(t *testing.T) {
	b := startBroker(t)
	var all sync.WaitGroup
	for range 4 {
		conn := b.connect()
		all.Go(func() {
			if err := conn.EnsureTopic(t.Context(), "triggers", 3, ingest.TopicConfig{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A topic just made answers errors 3, 5 and 6 for a moment.
func TestEnsureTopicWaitsForLeaders(t *testing.T) {
	b := startBroker(t)
	for _, code := range []*kerr.Error{kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable, kerr.NotLeaderForPartition} {
		b.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "triggers", Err: code, Count: 2})
	}
	conn := b.connect()
	if err := conn.EnsureTopic(t.Context(), "triggers", 1, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
}

func TestUnknownTopic(t *testing.T) {
	b := startBroker(t)
	_, err := b.connect().Partitions(t.Context(), "nowhere")
	wantError(t, err, "topic nowhere", "no such topic")
	if !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("error %v is not UnknownTopicOrPartition", err)
	}
	if b.TopicInfo("nowhere") != nil {
		t.Error("to ask for a topic has made it")
	}
}

func TestOffsets(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 3, nil)
	b.produce("clicks", 1, 0, 50)
	if err := b.DeleteRecords("clicks", 1, 20); err != nil {
		t.Fatal(err)
	}
	first, last, err := b.connect().Offsets(t.Context(), "clicks")
	if err != nil || !slices.Equal(first, []int64{0, 20, 0}) || !slices.Equal(last, []int64{0, 50, 0}) {
		t.Errorf("offsets from %v to %v, error %v", first, last, err)
	}
}
