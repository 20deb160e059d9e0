package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"

	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/embeddedtest"
)

const topic = "events"

func client(t *testing.T, b *broker.Broker) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(b.Addr()), Transport: transport, Timeout: 5 * time.Second}
}

func createTopic(t *testing.T, c *kafka.Client) {
	t.Helper()
	answer, err := c.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 2, ReplicationFactor: 1}}})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		t.Fatal(err)
	}
}

func produce(ctx context.Context, c *kafka.Client, values ...string) error {
	records := make([]kafka.Record, len(values))
	for i, v := range values {
		records[i] = kafka.Record{Value: kafka.NewBytes([]byte(v))}
	}
	answer, err := c.Produce(ctx, &kafka.ProduceRequest{Topic: topic, Partition: 1, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...)})
	if err != nil {
		return err
	}
	return answer.Error
}

func end(t *testing.T, c *kafka.Client) int64 {
	t.Helper()
	answer, err := c.ListOffsets(t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(1)}}})
	if err != nil || len(answer.Topics[topic]) != 1 {
		t.Fatalf("%v, %v", answer, err)
	}
	return answer.Topics[topic][0].LastOffset
}

func committed(t *testing.T, c *kafka.Client) int64 {
	t.Helper()
	answer, err := c.OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: "g", Topics: map[string][]int{topic: {1}}})
	if err != nil || len(answer.Topics[topic]) != 1 {
		t.Fatalf("%v, %v", answer, err)
	}
	return answer.Topics[topic][0].CommittedOffset
}

// fill leaves three records and a committed offset of two.
func fill(t *testing.T, c *kafka.Client) {
	t.Helper()
	createTopic(t, c)
	if err := produce(t.Context(), c, "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	answer, err := c.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{GroupID: "g", GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 1, Offset: 2}}}})
	if err == nil {
		err = answer.Topics[topic][0].Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

func wantFilled(t *testing.T, c *kafka.Client) {
	t.Helper()
	if n := end(t, c); n != 3 {
		t.Errorf("the partition ends at %d, want 3", n)
	}
	if n := committed(t, c); n != 2 {
		t.Errorf("committed offset %d, want 2", n)
	}
}

func TestSurvivesRestart(t *testing.T) {
	c := broker.Config{Dir: t.TempDir()}
	b := embeddedtest.BrokerAt(t, c)
	fill(t, client(t, b))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	wantFilled(t, client(t, embeddedtest.BrokerAt(t, c)))
}

// What lies on disk while the broker runs is what a killed process would leave.
func TestSurvivesKill(t *testing.T) {
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	fill(t, client(t, embeddedtest.BrokerAt(t, broker.Config{Dir: dir})))
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	wantFilled(t, client(t, embeddedtest.BrokerAt(t, broker.Config{Dir: image})))
}

func TestTopicsAreNotCreatedOnDemand(t *testing.T) {
	c := client(t, embeddedtest.BrokerAt(t, broker.Config{Dir: t.TempDir()}))
	if err := produce(t.Context(), c, "a"); err == nil {
		t.Error("produced to a topic that is not there")
	}
	answer, err := c.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil || len(answer.Topics) != 0 || len(answer.Brokers) != 1 {
		t.Errorf("topics %v, brokers %v, error %v", answer.Topics, answer.Brokers, err)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	b := embeddedtest.BrokerAt(t, broker.Config{Dir: t.TempDir()})
	if host, _, _ := net.SplitHostPort(b.Addr()); host != "127.0.0.1" {
		t.Errorf("address %s", b.Addr())
	}
}

func TestShortSessionsAreAllowed(t *testing.T) {
	b := embeddedtest.BrokerAt(t, broker.Config{Dir: t.TempDir()})
	createTopic(t, client(t, b))
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: "g", Brokers: []string{b.Addr()}, Topics: []string{topic},
		SessionTimeout: time.Second, HeartbeatInterval: 300 * time.Millisecond, JoinGroupBackoff: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	generation, err := group.Next(ctx)
	if err != nil || len(generation.Assignments[topic]) != 2 {
		t.Fatalf("%v, %v", generation, err)
	}
}

func TestTLSAndLogin(t *testing.T) {
	certificate, roots := selfSigned(t)
	b := embeddedtest.BrokerAt(t, broker.Config{
		Dir: t.TempDir(), TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
		SASL: &broker.Login{Mechanism: "PLAIN", User: "u", Password: "p"},
	})
	for password, allowed := range map[string]bool{"p": true, "wrong": false} {
		transport := &kafka.Transport{TLS: &tls.Config{RootCAs: roots}, SASL: plain.Mechanism{Username: "u", Password: password}}
		c := &kafka.Client{Addr: kafka.TCP(b.Addr()), Transport: transport, Timeout: 5 * time.Second}
		_, err := c.Metadata(t.Context(), &kafka.MetadataRequest{})
		if (err == nil) != allowed {
			t.Errorf("password %q: %v", password, err)
		}
		transport.CloseIdleConnections()
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestStartFailures(t *testing.T) {
	used := t.TempDir()
	b := embeddedtest.BrokerAt(t, broker.Config{Dir: used})
	_, port, err := net.SplitHostPort(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	taken, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	damaged := t.TempDir()
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(filepath.Join(damaged, "data"), 0o700), os.WriteFile(filepath.Join(damaged, "data", "meta.json"), []byte("{"), 0o600)); err != nil {
		t.Fatal(err)
	}
	blocked := t.TempDir()
	for _, name := range []string{"meta.json.tmp", "topics.json.tmp"} {
		if err := os.MkdirAll(filepath.Join(blocked, "data", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		config broker.Config
		words  []string
	}{
		"directory in use":  {broker.Config{Dir: used}, []string{"in use", "another directory"}},
		"port taken":        {broker.Config{Dir: t.TempDir(), Port: taken}, []string{port, "another port"}},
		"file as directory": {broker.Config{Dir: file}, []string{file, "choose one"}},
		"damaged":           {broker.Config{Dir: damaged}, []string{"meta.json", damaged, "remove"}},
		"many files fail":   {broker.Config{Dir: blocked}, []string{"meta.json.tmp", blocked}},
		"no directory":      {broker.Config{}, []string{"dir"}},
		"port too high":     {broker.Config{Dir: damaged, Port: 70000}, []string{"port"}},
		"mechanism":         {broker.Config{Dir: damaged, SASL: &broker.Login{Mechanism: "NTLM"}}, []string{"sasl.mechanism", "PLAIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := broker.Start(t.Context(), tc.config)
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q", fmt.Sprint(err))
			}
			for _, w := range tc.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if _, err := broker.Start(t.Context(), broker.Config{Dir: fresh, Port: taken}); err == nil {
		t.Error("started on a port that is taken")
	}
	if _, err := os.Stat(filepath.Join(fresh, "data")); err == nil {
		t.Error("a failed start leaves data")
	}
	if err := produceAfter(t, b); err != nil {
		t.Errorf("the failed starts harmed the broker that runs: %v", err)
	}
}

func produceAfter(t *testing.T, b *broker.Broker) error {
	t.Helper()
	c := client(t, b)
	createTopic(t, c)
	return produce(t.Context(), c, "a")
}

func TestCloseSaysWhatWasNotWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	b, err := broker.Start(t.Context(), broker.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	createTopic(t, client(t, b))
	data := filepath.Join(dir, "data")
	if err := errors.Join(os.RemoveAll(data), os.WriteFile(data, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err == nil {
		t.Error("Close says nothing although nothing could be written")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	embeddedtest.BrokerAt(t, broker.Config{Dir: dir}) // the lock was given up
}
