package repartition_test

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/embedded/apachekafka"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/pipeline/repartition"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/sinks/events"
	"winback/sinks/produce"
	"winback/sinks/produce/producetest"
)

const (
	oldTopic = "clicks"
	newTopic = "clicks-new"
	day      = int64(schemas.Day)
	hour     = int64(schemas.Hour)
	monday   = 1_735_689_600_000 - 2*day // 2024-12-30
)

// bed is a broker.
type bed struct {
	t          *testing.T
	conn       *ingest.Connection
	client     *kafka.Client // knows new partitions soon
	batchBytes int           // of what write sends at a time
}

func newBed(t *testing.T) *bed {
	t.Helper()
	addr := startBroker(t)
	conn, err := ingest.Kafka{Brokers: []string{addr}}.Connect()
	must(t, err)
	t.Cleanup(conn.Close)
	return &bed{t: t, conn: conn, client: producetest.Client(t, addr), batchBytes: 4000}
}

// startBroker returns the address of an embedded broker, or of Apache Kafka where WINBACK_TEST_KAFKA is set.
func startBroker(t *testing.T) string {
	t.Helper()
	if os.Getenv("WINBACK_TEST_KAFKA") == "" {
		return embeddedtest.Broker(t).Addr()
	}
	b, err := apachekafka.Start(t.Context(), apachekafka.Config{Dir: t.TempDir(), CacheDir: os.Getenv("WINBACK_CACHE_DIR")})
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b.Addr()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (b *bed) topic(name string, partitions int, config ...string) {
	if !slices.Contains(config, "retention.ms") { // the records bear times long past
		config = append(config, "retention.ms", "-1")
	}
	producetest.CreateTopic(b.t, b.client, name, partitions, config...)
}

// grow adds partitions and waits until producers can see them.
func (b *bed) grow(name string, partitions int32) {
	b.t.Helper()
	answer, err := b.client.CreatePartitions(b.t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: name, Count: partitions}}})
	if err == nil {
		err = answer.Errors[name]
	}
	must(b.t, err)
	for {
		answer, err := b.client.Metadata(b.t.Context(), &kafka.MetadataRequest{Topics: []string{name}})
		must(b.t, err)
		if len(answer.Topics[0].Partitions) == int(partitions) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// sent is one record to write.
type sent struct {
	partition int32
	produce.Record
}

func visit(user string, at int64) produce.Record {
	return produce.Record{Key: []byte(user), Value: fmt.Appendf(nil, `{"user":%q,"type":"visit","time":%d}`, user, at), Time: at, Copied: true}
}

// write puts the records into the topic, each partition's in the order given.
func (b *bed) write(name string, partitions int, all ...sent) {
	b.t.Helper()
	cfg := events.Defaults()
	cfg.Topic, cfg.Partitions, cfg.BatchBytes = name, int32(partitions), b.batchBytes
	producer := events.New(b.client, cfg, silent())
	for i := range all {
		must(b.t, producer.SendTo(b.t.Context(), all[i].partition, &all[i].Record))
	}
	must(b.t, producer.Close(b.t.Context()))
}

// byKey gives every record the partition that a partitioner chooses.
func byKey(t *testing.T, partitioner string, partitions int32, records ...produce.Record) (all []sent) {
	t.Helper()
	p, err := produce.PartitionerNamed(partitioner)
	must(t, err)
	for _, r := range records {
		all = append(all, sent{p.Partition(r.Key, partitions), r})
	}
	return all
}

func config() repartition.Config {
	fetch := ingest.DefaultFetch()
	fetch.Tick, fetch.MaxWait = 50*schemas.Millisecond, 50*schemas.Millisecond
	return repartition.Config{From: oldTopic, To: newTopic, Partitioner: "murmur2", Fetch: fetch}
}

// reading is how the service reads a topic.
func reading(topic string) ingest.Config {
	c := ingest.Defaults()
	c.FetchConfig = config().Fetch
	c.Topic, c.Group = topic, "group-"+topic
	return c
}

func compiled(t *testing.T, c mapping.Config) *mapping.Mapping {
	t.Helper()
	vocabulary, err := scorer.Defaults().Vocabulary()
	must(t, err)
	m, err := mapping.Compile(c, vocabulary)
	must(t, err)
	return m
}

func (b *bed) parts() repartition.Parts {
	return repartition.Parts{Connection: b.conn, Mapping: compiled(b.t, mapping.Defaults()), Log: silent()}
}

// copy makes a whole copy.
func (b *bed) copy(cfg repartition.Config) *repartition.Report {
	b.t.Helper()
	return b.copyWith(cfg, b.parts())
}

func (b *bed) copyWith(cfg repartition.Config, parts repartition.Parts) *repartition.Report {
	b.t.Helper()
	must(b.t, cfg.Validate())
	c, err := repartition.Open(b.t.Context(), cfg, parts)
	must(b.t, err)
	defer c.Close()
	report, err := c.Run(b.t.Context())
	must(b.t, err)
	return report
}

// refused opens a copy that must not begin.
func (b *bed) refused(cfg repartition.Config, words ...string) {
	b.t.Helper()
	c, err := repartition.Open(b.t.Context(), cfg, b.parts())
	if err == nil {
		c.Close()
		b.t.Fatalf("the copy was begun; want a refusal with %q", words)
	}
	for _, want := range words {
		if !strings.Contains(err.Error(), want) {
			b.t.Errorf("%q is missing from: %v", want, err)
		}
	}
}

func (b *bed) read(name string, partitions int) [][]*kgo.Record {
	return producetest.Read(b.t, b.client, name, partitions)
}

func times(records []*kgo.Record) (all []int64) {
	for _, r := range records {
		all = append(all, r.Timestamp.UnixMilli())
	}
	return all
}

func wantSorted(t *testing.T, partitions [][]*kgo.Record) {
	t.Helper()
	for p, records := range partitions {
		if all := times(records); !slices.IsSorted(all) {
			t.Errorf("partition %d is not in the order of time", p)
		}
	}
}

// count is how many records the new topic has.
func (b *bed) count() int64 {
	_, ends, err := b.conn.Offsets(b.t.Context(), newTopic)
	must(b.t, err)
	n := int64(0)
	for _, end := range ends {
		n += end
	}
	return n
}

func (b *bed) settings(name string) map[string]string {
	b.t.Helper()
	answer, err := b.client.DescribeConfigs(b.t.Context(), &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: name,
	}}})
	must(b.t, err)
	all := map[string]string{}
	for _, e := range answer.Resources[0].ConfigEntries {
		all[e.ConfigName] = e.ConfigValue
	}
	return all
}
