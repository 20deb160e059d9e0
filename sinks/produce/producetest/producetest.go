// Package producetest makes topics and reads them whole, for the tests of the sinks that write to Kafka. It reads with another
// library than the one that writes, which checks every batch's checksum. Only tests import it.
package producetest

import (
	"context"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

const patience = 30 * time.Second

// Client returns a client of the broker at addr that notices new topics soon.
func Client(t testing.TB, addr string) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{MetadataTTL: 100 * time.Millisecond}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(addr), Transport: transport}
}

// CreateTopic makes a topic. config is pairs of names and values.
func CreateTopic(t testing.TB, client *kafka.Client, topic string, partitions int, config ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	entries := make([]kafka.ConfigEntry, 0, len(config)/2)
	for i := 0; i+1 < len(config); i += 2 {
		entries = append(entries, kafka.ConfigEntry{ConfigName: config[i], ConfigValue: config[i+1]})
	}
	answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}}})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		t.Fatalf("creating topic %s: %v", topic, err)
	}
}

// Read returns all that is in the topic by now: for each partition its records in order.
func Read(t testing.TB, client *kafka.Client, topic string, partitions int) [][]*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	missing := Count(t, client, topic, partitions)
	offsets := make(map[int32]kgo.Offset, partitions)
	for p := range partitions {
		offsets[int32(p)] = kgo.NewOffset().AtStart()
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(client.Addr.String()), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	records := make([][]*kgo.Record, partitions)
	for missing > 0 {
		fetched := reader.PollFetches(ctx)
		if err := fetched.Err(); err != nil {
			t.Fatalf("reading topic %s, %d records still to come: %v", topic, missing, err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			records[r.Partition] = append(records[r.Partition], r)
			missing--
		})
	}
	return records
}

// Count returns how many records the topic has.
func Count(t testing.TB, client *kafka.Client, topic string, partitions int) (n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	asked := make([]kafka.OffsetRequest, partitions)
	for p := range partitions {
		asked[p] = kafka.LastOffsetOf(p)
	}
	answer, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: asked}})
	if err != nil {
		t.Fatalf("asking for the offsets of topic %s: %v", topic, err)
	}
	for _, p := range answer.Topics[topic] {
		if p.Error != nil {
			t.Fatalf("asking for the offsets of topic %s: %v", topic, p.Error)
		}
		n += p.LastOffset
	}
	return n
}
