package events_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	wire "github.com/segmentio/kafka-go/protocol/produce"

	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas"
	"winback/sinks/events"
	"winback/sinks/produce"
	"winback/sinks/produce/producetest"
)

const partitions = 4

func config() events.Config {
	cfg := events.Defaults()
	cfg.Topic, cfg.Partitions = "clicks", partitions
	cfg.Retry.First, cfg.Retry.Max, cfg.Retry.Quiet = 5, 20, 0
	return cfg
}

// newTopic returns a client of a broker that has the topic.
func newTopic(t testing.TB) *kafka.Client {
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	producetest.CreateTopic(t, client, "clicks", partitions)
	return client
}

func newProducer(t testing.TB, client *kafka.Client, cfg events.Config) *events.Producer {
	t.Helper()
	p := events.New(client, cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // by now the test has flushed what it wants to
		_ = p.Close(ctx)
	})
	return p
}

// Several goroutines send; each key's records arrive complete, in order, on the partition Java would give it.
func TestEveryRecordArrivesInOrder(t *testing.T) {
	for _, compression := range []string{"none", "lz4", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			client := newTopic(t)
			cfg := config()
			cfg.Compression, cfg.BatchBytes = compression, 2000
			p := newProducer(t, client, cfg)
			const senders, each = 4, 2000
			var all sync.WaitGroup
			for s := range senders {
				all.Go(func() {
					key, value := fmt.Appendf(nil, "user-%d", s), make([]byte, 0, 20)
					for i := range each {
						value = strconv.AppendInt(value[:0], int64(i), 10) // Send copies
						if err := p.Send(t.Context(), key, value, int64(1_700_000_000_000+i)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			next := make(map[string]int)
			for partition, records := range producetest.Read(t, client, "clicks", partitions) {
				for _, r := range records {
					key, n := string(r.Key), next[string(r.Key)]
					if string(r.Value) != strconv.Itoa(n) || r.Timestamp.UnixMilli() != int64(1_700_000_000_000+n) {
						t.Fatalf("key %s: value %s at %v, want number %d", key, r.Value, r.Timestamp, n)
					}
					if want := produce.Partition(r.Key, partitions); int32(partition) != want {
						t.Fatalf("key %s is on partition %d, want %d", key, partition, want)
					}
					next[key]++
				}
			}
			for s := range senders {
				if n := next[fmt.Sprintf("user-%d", s)]; n != each {
					t.Errorf("user-%d has %d records, want %d", s, n, each)
				}
			}
		})
	}
}

func TestARecordGoesWholeToThePartitionItIsSentTo(t *testing.T) {
	client := newTopic(t)
	p := newProducer(t, client, config())
	key := []byte("k")
	elsewhere := (produce.Partition(key, partitions) + 1) % partitions
	want := produce.Record{Key: key, Value: []byte("v"), Time: 0, Copied: true, Headers: []produce.Header{{Key: "h", Value: []byte("1")}}}
	if err := errors.Join(p.SendTo(t.Context(), elsewhere, &want), p.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	got := producetest.Read(t, client, "clicks", partitions)[elsewhere]
	if len(got) != 1 || string(got[0].Value) != "v" || got[0].Timestamp.UnixMilli() != 0 || len(got[0].Headers) != 1 || got[0].Headers[0].Key != "h" {
		t.Errorf("got %v", got)
	}
}

func TestALingeringBatchIsSentWithoutAFlush(t *testing.T) {
	client := newTopic(t)
	p := newProducer(t, client, config())
	if err := p.Send(t.Context(), []byte("k"), []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	limit := time.Now().Add(20 * time.Second)
	for producetest.Count(t, client, "clicks", partitions) == 0 {
		if time.Now().After(limit) {
			t.Fatal("the record was not sent without a flush")
		}
	}
}

func TestOrderOutlastsBrokerThatRestarts(t *testing.T) {
	cfg := broker.Config{Dir: t.TempDir(), Port: embeddedtest.FreePort(t)}
	running := embeddedtest.BrokerAt(t, cfg)
	client := producetest.Client(t, running.Addr())
	producetest.CreateTopic(t, client, "clicks", partitions)
	c := config()
	c.BatchBytes, c.Linger = 500, 0
	p := newProducer(t, client, c)
	const total = 30_000
	sent := make(chan error, 1)
	var count atomic.Int64
	go func() {
		for i := range total {
			if err := p.Send(t.Context(), []byte("k"), strconv.AppendInt(nil, int64(i), 10), 0); err != nil {
				sent <- err
				return
			}
			count.Store(int64(i))
		}
		sent <- p.Flush(t.Context())
	}()
	for restart := range int64(2) {
		for count.Load() < total*(restart+1)/3 {
			time.Sleep(time.Millisecond)
		}
		if err := running.Close(); err != nil {
			t.Fatal(err)
		}
		running = embeddedtest.BrokerAt(t, cfg)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	next := 0
	for _, r := range producetest.Read(t, producetest.Client(t, running.Addr()), "clicks", partitions)[produce.Partition([]byte("k"), partitions)] {
		n, _ := strconv.Atoi(string(r.Value))
		if n > next {
			t.Fatalf("number %d follows %d", n, next-1)
		}
		next = max(next, n+1) // a batch whose answer was lost is there twice
	}
	if next != total {
		t.Errorf("%d records arrived, want %d", next, total)
	}
}

// answers replies to every produce request with a code, once let.
type answers struct {
	code kafka.Error
	let  chan struct{}
}

func (a *answers) RoundTrip(ctx context.Context, _ net.Addr, _ kafka.Request) (kafka.Response, error) {
	select {
	case <-a.let:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &wire.Response{Topics: []wire.ResponseTopic{{Partitions: []wire.ResponsePartition{{ErrorCode: int16(a.code)}}}}}, nil
}

func scripted(a *answers) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP("127.0.0.1:1"), Transport: a}
}

func TestTheErrorOfABatchIsReturnedFromThenOn(t *testing.T) {
	a := &answers{code: kafka.TopicAuthorizationFailed, let: make(chan struct{})}
	close(a.let)
	p := newProducer(t, scripted(a), config())
	if err := p.Send(t.Context(), []byte("k"), nil, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Flush(t.Context()); !errors.Is(err, kafka.TopicAuthorizationFailed) {
			t.Errorf("flush: %v", err)
		}
		if err := p.Send(t.Context(), []byte("k"), nil, 0); !errors.Is(err, kafka.TopicAuthorizationFailed) {
			t.Errorf("send: %v", err)
		}
	}
	if err := p.Close(t.Context()); !errors.Is(err, kafka.TopicAuthorizationFailed) {
		t.Errorf("close: %v", err)
	}
}

func TestFullBuffersBlockSend(t *testing.T) {
	a := &answers{let: make(chan struct{})}
	cfg := config()
	cfg.BatchBytes, cfg.Partitions = 1000, 1
	p := newProducer(t, scripted(a), cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	sent := 0
	for p.Send(ctx, []byte("k"), make([]byte, 90), 0) == nil {
		sent++
	}
	if ctx.Err() == nil || sent < 10 || sent > 22 {
		t.Errorf("%d records of 100 bytes went into two batches of 1000, context %v", sent, ctx.Err())
	}
	close(a.let)
	if err := p.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Send(t.Context(), []byte("k"), nil, 0); !errors.Is(err, events.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCloseEndsWithItsContext(t *testing.T) {
	p := events.New(scripted(&answers{let: make(chan struct{})}), config(), slog.New(slog.DiscardHandler))
	if err := p.Send(t.Context(), []byte("k"), nil, 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestSendDoesNotAllocate(t *testing.T) {
	a := &answers{let: make(chan struct{})}
	close(a.let)
	cfg := config()
	p := newProducer(t, scripted(a), cfg)
	key, value := []byte("user"), bytes.Repeat([]byte("v"), 200)
	send := func() {
		for range 1000 {
			if err := p.Send(t.Context(), key, value, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	send()
	if n := testing.AllocsPerRun(50, send); n > 50 { // those of a request now and then
		t.Errorf("%v allocations for 1000 records", n)
	}
}

func TestValidate(t *testing.T) {
	if err := config().Validate(); err != nil {
		t.Error(err)
	}
	bad := config()
	bad.Partitions, bad.BatchBytes, bad.Linger = 0, 2_000_000, -1
	if faults := schemas.FaultsOf(bad.Validate()); len(faults) != 3 {
		t.Errorf("faults %v", faults)
	}
}

func BenchmarkSend(b *testing.B) {
	for _, compression := range []string{"none", "lz4", "zstd"} {
		b.Run(compression, func(b *testing.B) {
			client := newTopic(b)
			cfg := config()
			cfg.Compression = compression
			p := newProducer(b, client, cfg)
			keys := make([][]byte, 1000)
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "user-%06d", i)
			}
			value := []byte(fmt.Sprintf(`{"user":"user-000000","time":1700000000000,"type":"page_view","url":"/catalogue/%0100d"}`, 7))
			b.SetBytes(int64(len(keys[0]) + len(value)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := p.Send(b.Context(), keys[i%len(keys)], value, 1_700_000_000_000); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
