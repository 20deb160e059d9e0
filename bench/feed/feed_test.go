package feed_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"winback/bench/feed"
	"winback/bench/load"
)

const (
	topic      = "events"
	partitions = 4
)

func client(t *testing.T) *kafka.Client {
	c, _ := brokerAndClient(t)
	return c
}

// brokerAndClient returns a broker with an empty topic, and a client of it.
func brokerAndClient(t *testing.T) (*kafka.Client, *kfake.Cluster) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(cluster.ListenAddrs()...), Transport: transport}, cluster
}

func generator(t *testing.T) *load.Generator {
	t.Helper()
	cfg := load.Defaults()
	cfg.Users = 500
	g, err := load.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// readAll returns a partition's records.
func readAll(t *testing.T, c *kafka.Client, partition int) (keys, values []string) {
	t.Helper()
	offsets, err := c.ListOffsets(t.Context(), &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(partition)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for last := offsets.Topics[topic][0].LastOffset; int64(len(keys)) < last; {
		answer, err := c.Fetch(t.Context(), &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: int64(len(keys)), MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		for {
			r, err := answer.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			key, _ := kafka.ReadAll(r.Key)
			value, _ := kafka.ReadAll(r.Value)
			if r.Offset >= int64(len(keys)) {
				keys, values = append(keys, string(key)), append(values, string(value))
			}
		}
	}
	return keys, values
}

func TestEveryEventArrivesOnceInItsUsersOrder(t *testing.T) {
	const limit = 20_000
	c := client(t)
	w := feed.NewWriter(t.Context(), c, topic, partitions)
	n, err := feed.Run(t.Context(), w, generator(t), feed.Pace{Limit: limit})
	if err != nil || n != limit {
		t.Fatalf("%d events written: %v", n, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want, g, e, total := map[string][]string{}, generator(t), load.Event{}, 0
	for range limit {
		g.Next(&e)
		key := string(load.AppendKey(nil, e.User))
		want[key] = append(want[key], string(g.AppendJSON(nil, &e)))
	}
	for p := range partitions {
		keys, values := readAll(t, c, p)
		if len(keys) < limit/partitions/2 {
			t.Errorf("partition %d has only %d events", p, len(keys))
		}
		for i, key := range keys {
			if len(want[key]) == 0 || want[key][0] != values[i] {
				t.Fatalf("partition %d, record %d of %s: %s", p, i, key, values[i])
			}
			want[key] = want[key][1:]
		}
		total += len(keys)
	}
	if total != limit {
		t.Errorf("%d events arrived, want %d", total, limit)
	}
}

func TestPaceIsKept(t *testing.T) {
	w := feed.NewWriter(t.Context(), client(t), topic, partitions)
	start := time.Now()
	if _, err := feed.Run(t.Context(), w, generator(t), feed.Pace{Rate: 10_000, Limit: 5_000}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 450*time.Millisecond {
		t.Errorf("5,000 events at 10,000/s took %v", took)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	w := feed.NewWriter(t.Context(), client(t), topic, partitions)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	n, err := feed.Run(ctx, w, generator(t), feed.Pace{Rate: 100})
	if !errors.Is(err, context.DeadlineExceeded) || n > 20 {
		t.Errorf("%d events at 100/s in 50 ms: %v", n, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALostBrokerEndsTheFeed(t *testing.T) {
	c, cluster := brokerAndClient(t)
	w := feed.NewWriter(t.Context(), c, topic, partitions)
	for p := range partitions { // once the client knows the cluster, it does not wait for it to come up
		readAll(t, c, p)
	}
	cluster.Close()
	_, err := feed.Run(t.Context(), w, generator(t), feed.Pace{})
	if closed := w.Close(); err == nil || !errors.Is(closed, err) {
		t.Errorf("without a broker Run ended with %v and Close with %v", err, closed)
	}
}
