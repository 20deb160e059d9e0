package main

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/config"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
)

// topicEnd writes the end of a partition: so many events, then a transaction of so many that is aborted, or left open.
type topicEnd struct {
	events, transaction int
	open                bool
}

func (e topicEnd) write(t *testing.T, broker, topic string, partition int32) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.TransactionalID("doctor"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	produce := func(n int, commit kgo.TransactionEndTry) {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		records := make([]*kgo.Record, n)
		for i := range records {
			records[i] = &kgo.Record{Topic: topic, Partition: partition, Key: []byte("ann"), Value: []byte(`{"user":"ann","type":"visit","time":1750000000000}`)}
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if e.open && !bool(commit) {
			return
		}
		if err := client.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	if e.events > 0 {
		produce(e.events, kgo.TryCommit)
	}
	if e.transaction > 0 {
		produce(e.transaction, kgo.TryAbort)
	}
}

func TestTheDoctorFindsRecordsBehindOffsetsThatHoldNone(t *testing.T) {
	for name, c := range map[string]struct {
		end       topicEnd
		partition int32
		want      sample
	}{
		"few events":                    {topicEnd{events: 20}, 0, sample{records: 20, events: 20}},
		"behind an aborted transaction": {topicEnd{events: 30, transaction: 120}, 0, sample{records: 30, events: 30, passed: 50}},
		"behind a long one":             {topicEnd{events: 30, transaction: 1200}, 0, sample{records: 30, events: 30, passed: 500}},
		"behind an open one":            {topicEnd{events: 30, transaction: 120, open: true}, 0, sample{records: 30, events: 30, passed: 50}},
		"aborted alone":                 {topicEnd{transaction: 700}, 0, sample{passed: 701}},
		"in the last partition":         {topicEnd{events: 20}, 9, sample{records: 20, events: 20}},
		"empty":                         {topicEnd{}, 0, sample{}},
	} {
		t.Run(name, func(t *testing.T) {
			broker := embeddedtest.Broker(t).Addr()
			conn, err := ingest.Kafka{Brokers: []string{broker}}.Connect()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			settings := config.Defaults()
			if err := conn.EnsureTopic(t.Context(), settings.Input.Topic, 10, ingest.TopicConfig{}); err != nil {
				t.Fatal(err)
			}
			c.end.write(t, broker, settings.Input.Topic, c.partition)
			ctx, cancel := context.WithTimeout(t.Context(), samplePatience/2)
			defer cancel()
			began := time.Now()
			got, err := takeSample(ctx, conn, &settings, &clockSample{})
			if err != nil || got != c.want {
				t.Errorf("got %+v after %s, error %v, want %+v", got, time.Since(began), err, c.want)
			}
		})
	}
}
