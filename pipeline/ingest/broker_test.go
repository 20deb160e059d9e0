package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// broker is a kfake that can be stopped and started again on the same port and data.
type broker struct {
	t       testing.TB
	dir     string
	options []kfake.Opt
	addr    string
	*kfake.Cluster
}

func startBroker(t testing.TB, options ...kfake.Opt) *broker {
	t.Helper()
	b := &broker{t: t, dir: t.TempDir(), options: options, addr: "127.0.0.1:0"}
	b.start()
	t.Cleanup(func() { b.Close() })
	return b
}

func (b *broker) start() {
	b.t.Helper()
	listen := func(network, _ string) (net.Listener, error) { return net.Listen(network, b.addr) }
	all := append([]kfake.Opt{
		kfake.NumBrokers(1), kfake.DataDir(b.dir), kfake.ListenFn(listen), kfake.GroupMinSessionTimeout(100 * time.Millisecond),
	}, b.options...)
	cluster, err := kfake.NewCluster(all...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Cluster, b.addr = cluster, cluster.ListenAddrs()[0]
}

func (b *broker) topic(name string, partitions int32, settings map[string]string) {
	b.t.Helper()
	if err := b.CreateTopic(name, partitions, settings); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) connect(change ...func(*ingest.Kafka)) *ingest.Connection {
	b.t.Helper()
	k := ingest.DefaultKafka()
	k.Brokers = []string{b.addr}
	for _, c := range change {
		c(&k)
	}
	conn, err := k.Connect()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(conn.Close)
	return conn
}

// produce writes records "from" to "to" less 1 of a sequence to one partition; their values are their numbers.
func (b *broker) produce(topic string, partition int32, from, to int, options ...kgo.Opt) {
	b.t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(b.addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()),
	}, options...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{
			Topic: topic, Partition: partition, Key: fmt.Append(nil, "user", i%100), Value: value(i),
			Headers:   []kgo.RecordHeader{{Key: "n", Value: []byte{byte(i)}}},
			Timestamp: stamp(i),
		})
	}
	if err := client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// began is recent: brokers delete by record timestamp.
var began = time.Now().Truncate(time.Millisecond)

func stamp(i int) time.Time { return began.Add(time.Duration(i) * time.Millisecond) }

func value(i int) []byte { return fmt.Appendf(nil, "%06d %s", i, strings.Repeat("x", i%200)) }

// quick suits tests: an idle partition wakes soon.
func quick() ingest.FetchConfig {
	cfg := ingest.DefaultFetch()
	cfg.Tick = 50 * schemas.Millisecond
	return cfg
}

func quickGroup(topic string) ingest.Config {
	cfg := ingest.Defaults()
	cfg.Topic, cfg.Group, cfg.FetchConfig = topic, "group-"+topic, quick()
	cfg.Heartbeat, cfg.SessionTimeout, cfg.RebalanceTimeout = 100*schemas.Millisecond, 6*schemas.Second, 5*schemas.Second
	return cfg
}

// notes is a log that tests can look into.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func (n *notes) logger() *slog.Logger { return slog.New(slog.NewTextHandler(n, nil)) }

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// within fails the test if what has not come true in time.
func within(t testing.TB, limit time.Duration, what string, true_ func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !true_(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// readTo reads until the offset and returns copies of the values.
func readTo(ctx context.Context, r *ingest.Reader, offset int64) (values []string) {
	var record schemas.Record
	for b := range r.Batches(ctx) {
		for b.Read(&record) {
			values = append(values, string(record.Value))
		}
		if b.Next >= offset {
			break
		}
	}
	return values
}

func grow(t *testing.T, conn *ingest.Connection, topic string, partitions int32) {
	t.Helper()
	answer, err := conn.Client().CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: partitions}},
	})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		t.Fatal(err)
	}
}

// flipper damages what brokers send: the byte before each marker, so many times.
type flipper struct {
	marker []byte
	times  atomic.Int64
}

func (f *flipper) option() kfake.Opt {
	return kfake.ListenFn(func(network, _ string) (net.Listener, error) {
		l, err := net.Listen(network, "127.0.0.1:0")
		return flipListener{l, f}, err
	})
}

type flipListener struct {
	net.Listener
	f *flipper
}

func (l flipListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return flipConn{conn, l.f}, err
}

type flipConn struct {
	net.Conn
	f *flipper
}

func (c flipConn) Write(b []byte) (int, error) {
	if at := bytes.Index(b, c.f.marker); at > 0 && c.f.times.Load() > 0 {
		c.f.times.Add(-1)
		b = bytes.Clone(b)
		b[at-1] ^= 4
	}
	return c.Conn.Write(b)
}

// wantError checks that an error is one line that says all of what.
func wantError(t *testing.T, err error, what ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range what {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has more than one line: %q", err)
	}
}
