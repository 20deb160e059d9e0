package produce_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	wire "github.com/segmentio/kafka-go/protocol/produce"

	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/embeddedtest"
	"winback/sinks/produce"
	"winback/sinks/produce/producetest"
	"winback/sinks/retry/retrytest"
)

func quick() produce.Config {
	cfg := produce.Defaults()
	cfg.Retry.First, cfg.Retry.Max, cfg.Retry.Quiet = 5, 20, 0
	return cfg
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func numbered(n, size int) []produce.Record {
	records := make([]produce.Record, n)
	for i := range records {
		records[i] = produce.Record{Key: []byte("key"), Value: fmt.Appendf(nil, "%0*d", size, i), Time: 1_700_000_000_000 + int64(i)}
	}
	return records
}

func TestDeliverKeepsRecordsAsTheyAre(t *testing.T) {
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	producetest.CreateTopic(t, client, "t", 3)
	records := []produce.Record{
		{Key: []byte("k"), Value: []byte("v"), Time: 1_700_000_000_123, Headers: []produce.Header{{Key: "h", Value: []byte("1")}, {Key: "h", Value: nil}}},
		{Key: nil, Value: nil, Time: 1_600_000_000_000},
		{Key: []byte{}, Value: bytes.Repeat([]byte("long "), 5000), Time: 1_700_000_000_124},
		{Key: []byte("now"), Value: []byte{0}},
	}
	for p, compression := range []string{"none", "lz4", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			cfg := quick()
			cfg.Compression = compression
			w := produce.NewWriter(client, "t", cfg, silent())
			before := time.Now().UnixMilli()
			for range 2 { // the second time out of the pools
				if err := w.Deliver(t.Context(), int32(p), records); err != nil {
					t.Fatal(err)
				}
			}
			got := producetest.Read(t, client, "t", 3)[p]
			if len(got) != 2*len(records) {
				t.Fatalf("%d records, want %d", len(got), 2*len(records))
			}
			for i, r := range got {
				want := records[i%len(records)]
				if !bytes.Equal(r.Key, want.Key) || !bytes.Equal(r.Value, want.Value) || (r.Key == nil) != (want.Key == nil) || (r.Value == nil) != (want.Value == nil) {
					t.Errorf("record %d: %q = %.20q, want %q = %.20q", i, r.Key, r.Value, want.Key, want.Value)
				}
				if at := r.Timestamp.UnixMilli(); at != want.Time && (want.Time != 0 || at < before || at > time.Now().UnixMilli()) {
					t.Errorf("record %d: time %d, want %d", i, at, want.Time)
				}
				if len(r.Headers) != len(want.Headers) {
					t.Fatalf("record %d: headers %v, want %v", i, r.Headers, want.Headers)
				}
				for j, h := range r.Headers {
					if h.Key != want.Headers[j].Key || !bytes.Equal(h.Value, want.Headers[j].Value) || (h.Value == nil) != (want.Headers[j].Value == nil) {
						t.Errorf("record %d: header %v, want %v", i, h, want.Headers[j])
					}
				}
			}
		})
	}
}

func TestDeliverStaysBelowTheBrokersLimit(t *testing.T) {
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	producetest.CreateTopic(t, client, "small", 1, "max.message.bytes", "10000")
	cfg := quick()
	cfg.MaxBytes = 10_000
	if err := produce.NewWriter(client, "small", cfg, silent()).Deliver(t.Context(), 0, numbered(1000, 200)); err != nil {
		t.Fatal(err)
	}
	for i, r := range producetest.Read(t, client, "small", 1)[0] {
		if got, _ := strconv.Atoi(string(r.Value)); got != i {
			t.Fatalf("record %d is number %d", i, got)
		}
	}
	cfg.MaxBytes = 1_000_000
	err := produce.NewWriter(client, "small", cfg, silent()).Deliver(t.Context(), 0, numbered(1000, 200))
	if !errors.Is(err, kafka.MessageSizeTooLarge) || !strings.Contains(err.Error(), "max.message.bytes") {
		t.Errorf("got %v", err)
	}
}

func TestDeliverWaitsForBrokerThatIsDown(t *testing.T) {
	port := embeddedtest.FreePort(t)
	cfg := broker.Config{Dir: t.TempDir(), Port: port}
	first := embeddedtest.BrokerAt(t, cfg)
	client := producetest.Client(t, first.Addr())
	producetest.CreateTopic(t, client, "t", 1)
	log := retrytest.NewLog()
	w := produce.NewWriter(client, "t", quick(), log.Logger())
	records := numbered(100, 10)
	deliver(t, w, records[:40])
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.Deliver(t.Context(), 0, records[40:]) }()
	log.Await(t, `waiting for Kafka topic \"t\"`)
	second := embeddedtest.BrokerAt(t, cfg)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	log.Await(t, `Kafka topic \"t\" is back: going on`)
	next := 0
	for _, r := range producetest.Read(t, producetest.Client(t, second.Addr()), "t", 1)[0] {
		n, _ := strconv.Atoi(string(r.Value))
		if n > next {
			t.Fatalf("number %d follows %d", n, next-1)
		}
		next = max(next, n+1)
	}
	if next != len(records) {
		t.Errorf("%d records arrived, want %d", next, len(records))
	}
}

// kafka-go says "topic not found" as long as it has never reached a broker; that is no missing topic.
func TestBrokerNeverReachedIsNotAnUnknownTopic(t *testing.T) {
	client := producetest.Client(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(embeddedtest.FreePort(t))))
	cfg := quick()
	cfg.UnknownTopicAfter = 0
	log := retrytest.NewLog()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- produce.NewWriter(client, "t", cfg, log.Logger()).Deliver(ctx, 0, numbered(1, 1)) }()
	log.Await(t, `waiting for Kafka topic \"t\"`)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownTopicIsFatalAfterAWhile(t *testing.T) {
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	producetest.CreateTopic(t, client, "two", 2)
	cfg := quick()
	cfg.UnknownTopicAfter = 100
	for topic, partition := range map[string]int32{"none": 0, "two": 2} {
		err := produce.NewWriter(client, topic, cfg, silent()).Deliver(t.Context(), partition, numbered(1, 1))
		if err == nil || !strings.Contains(err.Error(), "does not exist") || !strings.Contains(err.Error(), "create it") {
			t.Errorf("topic %s partition %d: %v", topic, partition, err)
		}
	}
}

func TestATopicMadeMeanwhileIsFound(t *testing.T) {
	addr := embeddedtest.Broker(t).Addr()
	log := retrytest.NewLog()
	w := produce.NewWriter(producetest.Client(t, addr), "late", quick(), log.Logger())
	done := make(chan error, 1)
	go func() { done <- w.Deliver(t.Context(), 0, numbered(3, 1)) }()
	log.Await(t, `waiting for Kafka topic \"late\"`)
	other := producetest.Client(t, addr)
	producetest.CreateTopic(t, other, "late", 1)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := producetest.Count(t, other, "late", 1); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}

// refuse fails every request, as kafka-go's Transport does when it cannot connect.
type refuse struct{ err error }

func (r refuse) RoundTrip(context.Context, net.Addr, kafka.Request) (kafka.Response, error) {
	return nil, fmt.Errorf("connecting: %w", r.err)
}

func TestRefusedLoginsAndCertificatesAreFatal(t *testing.T) {
	for cause, want := range map[error]string{
		kafka.SASLAuthenticationFailed:                                   "check the SASL mechanism, user and password",
		&tls.CertificateVerificationError{Err: errors.New("unknown CA")}: "check the TLS settings",
	} {
		client := &kafka.Client{Addr: kafka.TCP("127.0.0.1:1"), Transport: refuse{cause}}
		err := produce.NewWriter(client, "t", quick(), silent()).Deliver(t.Context(), 0, numbered(1, 1))
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// script answers produce requests with one error code after another, and the last one from then on.
type script struct{ codes []kafka.Error }

func (s *script) RoundTrip(context.Context, net.Addr, kafka.Request) (kafka.Response, error) {
	code := s.codes[0]
	if len(s.codes) > 1 {
		s.codes = s.codes[1:]
	}
	return &wire.Response{Topics: []wire.ResponseTopic{{Topic: "t", Partitions: []wire.ResponsePartition{{ErrorCode: int16(code)}}}}}, nil
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		codes []kafka.Error
		want  string // part of the error; empty for none
	}{
		{[]kafka.Error{kafka.NotLeaderForPartition, kafka.LeaderNotAvailable, kafka.NotEnoughReplicasAfterAppend, kafka.RequestTimedOut, kafka.BrokerNotAvailable, 0}, ""},
		{[]kafka.Error{kafka.NotEnoughReplicas, kafka.TopicAuthorizationFailed}, "grant this user Write"},
		{[]kafka.Error{kafka.MessageSizeTooLarge}, "max.message.bytes"},
		{[]kafka.Error{kafka.InvalidTimestamp}, "message.timestamp"},
		{[]kafka.Error{kafka.PolicyViolation}, "refuses the records for good"},
	} {
		client := &kafka.Client{Addr: kafka.TCP("127.0.0.1:1"), Transport: &script{c.codes}}
		err := produce.NewWriter(client, "t", quick(), silent()).Deliver(t.Context(), 0, numbered(1, 1))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("after %v: %v, want %q", c.codes, err, c.want)
		}
	}
}

func deliver(t *testing.T, w *produce.Writer, records []produce.Record) {
	t.Helper()
	if err := w.Deliver(t.Context(), 0, records); err != nil {
		t.Fatal(err)
	}
}
