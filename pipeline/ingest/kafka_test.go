package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"winback/pipeline/embedded/apachekafka"
	"winback/pipeline/ingest"
)

// brokers are those that a test runs on: the embedded one, and Apache Kafka where the environment asks for it.
func brokers(t *testing.T, test func(*testing.T, *broker)) {
	t.Run("embedded", func(t *testing.T) { test(t, startBroker(t)) })
	t.Run("Apache Kafka", func(t *testing.T) {
		b, _ := startKafka(t)
		test(t, b)
	})
}

// startKafka starts Apache Kafka, if the environment asks for it, with its data in a directory.
func startKafka(t *testing.T) (b *broker, dir string) {
	t.Helper()
	if os.Getenv("WINBACK_TEST_KAFKA") == "" {
		t.Skip("WINBACK_TEST_KAFKA is not set")
	}
	dir = t.TempDir()
	server, err := apachekafka.Start(t.Context(), apachekafka.Config{Dir: dir, CacheDir: os.Getenv("WINBACK_CACHE_DIR")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &broker{t: t, addr: server.Addr()}, dir
}

// consumeByNewProtocol joins a group by the protocol of KIP-848, where the broker assigns, and returns when it has read a record.
func (b *broker) consumeByNewProtocol(topic, group string) *kgo.Client {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ServerSideBalancer(), kgo.Balancers(kgo.RangeBalancer()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.Close)
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	fetches := client.PollFetches(ctx)
	if err := fetches.Err(); err != nil || fetches.Empty() {
		b.t.Fatalf("no record: %v", err)
	}
	return client
}

func TestAGroupOfTheNewProtocolIsRefusedWithWords(t *testing.T) {
	brokers(t, func(t *testing.T, b *broker) {
		conn := b.connect()
		if err := conn.EnsureTopic(t.Context(), "clicks", 2, ingest.TopicConfig{}); err != nil {
			t.Fatal(err)
		}
		b.produce("clicks", 0, 0, 100)
		cfg := quickGroup("clicks")
		if err := conn.CheckGroup(t.Context(), cfg.Group); err != nil {
			t.Errorf("nobody uses the group: %v", err)
		}
		other := b.consumeByNewProtocol("clicks", cfg.Group)
		handle := func(context.Context, *ingest.Session) error {
			return errors.New("a session beside consumers of another kind")
		}
		err := ingest.Run(t.Context(), conn, cfg, silent(), handle)
		wantError(t, err, "consumer group group-clicks", "KIP-848", "choose another group (input.group), or stop these")
		other.Close()
		within(t, 20*time.Second, "the group is free again", func() bool { return conn.CheckGroup(t.Context(), cfg.Group) == nil })
		assigned := make(chan int32, 100)
		r := run(t, conn, cfg, func(ctx context.Context, s *ingest.Session) error {
			assigned <- s.Partition()
			<-ctx.Done()
			return nil // nothing is committed: the embedded broker never makes the group a classic one again
		})
		for range 2 {
			<-assigned
		}
		r.leave()
	})
}

func TestATopicMadeAnewOnTheBrokerEndsRun(t *testing.T) {
	brokers(t, func(t *testing.T, b *broker) {
		conn := b.connect()
		if err := conn.EnsureTopic(t.Context(), "clicks", 1, ingest.TopicConfig{}); err != nil {
			t.Fatal(err)
		}
		b.produce("clicks", 0, 0, 100)
		before, err := conn.Topic(t.Context(), "clicks")
		if err != nil {
			t.Fatal(err)
		}
		read, id := make(chan int64, 10_000), make(chan string, 10)
		r := run(t, conn, quickGroup("clicks"), func(ctx context.Context, s *ingest.Session) error {
			id <- s.TopicID()
			for batch := range s.Batches(ctx) {
				for record := range batch.Records() {
					read <- record.Offset
				}
			}
			return s.Err()
		})
		for range 100 {
			<-read
		}
		if _, err := conn.Client().DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{"clicks"}}); err != nil {
			t.Fatal(err)
		}
		within(t, 20*time.Second, "the topic is made anew", func() bool {
			err := conn.EnsureTopic(t.Context(), "clicks", 1, ingest.TopicConfig{})
			now, gone := conn.Topic(t.Context(), "clicks")
			return err == nil && gone == nil && now.ID != before.ID
		})
		b.produce("clicks", 0, 0, 1000)
		select {
		case err := <-r.done:
			wantError(t, err, "topic clicks", "made anew", "its id was "+<-id, "winback run --rebuild NAME")
		case <-time.After(20 * time.Second):
			t.Fatal("Run goes on")
		}
		if len(read) > 0 {
			t.Errorf("%d records of the new topic were read", len(read))
		}
	})
}

// The damage is in the broker's file, where a disk would leave it.
func TestADamagedBatchInKafkasFileIsNamedAndSkipped(t *testing.T) {
	b, dir := startKafka(t)
	conn := b.connect()
	if err := conn.EnsureTopic(t.Context(), "clicks", 1, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	threeBatches(b, "clicks", 0)
	segment := filepath.Join(dir, "data", "clicks-0", "00000000000000000000.log")
	stored, err := os.ReadFile(segment) //nolint:gosec // G304: the test made it
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(stored, value(120))
	if at < 0 {
		t.Fatalf("the record is not among the %d bytes of the file", len(stored))
	}
	file, err := os.OpenFile(segment, os.O_WRONLY, 0) //nolint:gosec // G304: the test made it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte{'?'}, int64(at)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	r := ingest.NewReader(conn, "clicks", 0, 0, cfg, silent())
	readThrough(t.Context(), r)
	wantError(t, r.Err(), "put clicks/0@100-149 into input.skip_batches", "--skip-batch clicks/0@100-149 does")
	cfg.SkipBatches = []ingest.BatchRange{{Topic: "clicks", Partition: 0, First: 100, Last: 149}}
	offsets, skipped, raw := readThrough(t.Context(), ingest.NewReader(conn, "clicks", 0, 0, cfg, silent()))
	if len(offsets) != 150 || !slices.Equal(skipped, []string{"clicks/0@100-149 to 150"}) || !bytes.Contains(raw, value(121)) {
		t.Errorf("%d records, skipped %q", len(offsets), skipped)
	}
}

// Between the first look and the attempt to join, the group has become one of the new protocol. What a broker answers to the attempt is an unknown
// server error, which kafka-go tries again for ever.
func TestAnUnknownErrorOfJoiningIsExplainedByTheGroupsKind(t *testing.T) {
	b := brokerWithClicks(t, 1)
	cfg := quickGroup("clicks")
	b.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Group: cfg.Group, Err: kerr.UnknownServerError, Count: 1000})
	looks := 0
	b.ControlKey(int16(kmsg.ListGroups), func(q kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		looks++
		response := q.ResponseKind().(*kmsg.ListGroupsResponse)
		if looks > 1 {
			group := kmsg.NewListGroupsResponseGroup()
			group.Group, group.GroupState, group.GroupType = cfg.Group, "Reconciling", "consumer"
			response.Groups = append(response.Groups, group)
		}
		return response, nil, true
	})
	err := ingest.Run(t.Context(), b.connect(), cfg, silent(), nil)
	wantError(t, err, "consumer group group-clicks", "KIP-848", "state Reconciling", "choose another group")
}
