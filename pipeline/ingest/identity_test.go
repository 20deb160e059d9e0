package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// remake deletes a topic and makes it anew, with records whose numbers begin at 1000 in every partition.
func (b *broker) remake(topic string, partitions int32, records int) {
	b.t.Helper()
	if err := b.DeleteTopic(topic); err != nil {
		b.t.Fatal(err)
	}
	b.topic(topic, partitions, nil)
	for p := range partitions {
		b.produce(topic, p, 1000, 1000+records)
	}
}

// only limits a broker to older versions of Fetch and Metadata.
func only(fetch, metadata int16) kfake.Opt {
	v := kversion.Stable()
	v.SetMaxKeyVersion(1, fetch)
	v.SetMaxKeyVersion(3, metadata)
	return kfake.MaxVersions(v)
}

// The new log is longer than the old position: by offsets alone its records would be read as if they followed. The reader is between two fetches
// while the topic is made anew: no answer of the broker tells it.
func TestReaderNeverGoesOnInATopicMadeAnew(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	var fetches atomic.Int32
	b.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		fetches.Add(1)
		return nil, nil, false
	})
	b.produce("clicks", 0, 0, 1000, kgo.ProducerBatchMaxBytes(2<<10))
	cfg := quick()
	cfg.MaxBytes = 1 << 10
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
	remade, next := false, 0
	for batch := range r.Batches(t.Context()) {
		for record := range batch.Records() {
			if string(record.Value) != string(value(next)) {
				t.Fatalf("%.8q at offset %d, want %.8q", record.Value, record.Offset, value(next))
			}
			next++
		}
		if !remade {
			remade = true
			within(t, 5*time.Second, "a second fetch, whose answer waits for this loop", func() bool { return fetches.Load() == 2 })
			b.remake("clicks", 1, 3000)
		}
	}
	wantError(t, r.Err(), "topic clicks, partition 0, offset", "made anew", "its id was", "winback run --rebuild NAME")
	if next >= 1000 {
		t.Errorf("all %d records were read before the topic was made anew", next)
	}
}

// Between two calls of Batches nothing at all is asked of the broker.
func TestReaderKnowsItsTopicAgain(t *testing.T) {
	for name, options := range map[string][]kfake.Opt{"fetch by id": nil, "fetch by name": {only(11, 12)}} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, options...)
			b.topic("clicks", 1, nil)
			b.produce("clicks", 0, 0, 100)
			r := ingest.NewReader(b.connect(), "clicks", 0, 0, quick(), silent())
			readTo(t.Context(), r, 100)
			b.remake("clicks", 1, 3000)
			if values := readTo(t.Context(), r, 3000); len(values) > 0 {
				t.Errorf("read %.8q and more", values[0])
			}
			wantError(t, r.Err(), "topic clicks, partition 0, offset 100", "made anew")
		})
	}
}

func TestRunEndsWhenTheTopicIsMadeAnew(t *testing.T) {
	for name, options := range map[string][]kfake.Opt{"fetch by id": nil, "fetch by name": {only(11, 12)}} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			b := startBroker(t, options...)
			b.topic("clicks", 2, nil)
			for p := range int32(2) {
				b.produce("clicks", p, 0, 100)
			}
			cfg := quickGroup("clicks")
			cfg.WatchEvery = 100 * schemas.Millisecond
			read := make(chan int64, 1000)
			r := run(t, b.connect(), cfg, func(ctx context.Context, s *ingest.Session) error {
				for batch := range s.Batches(ctx) {
					for record := range batch.Records() {
						read <- record.Offset
					}
				}
				return s.Err()
			})
			for range 200 {
				<-read
			}
			b.remake("clicks", 2, 300)
			select {
			case err := <-r.done:
				wantError(t, err, "topic clicks", "made anew", "winback run --rebuild NAME")
			case <-time.After(10 * time.Second):
				t.Fatal("Run goes on")
			}
		})
	}
}

// A fault of a broker must not make the reader believe in another topic, nor keep it from going on.
func TestReaderGoesOnAfterAFaultInTheSameTopic(t *testing.T) {
	for name, options := range map[string][]kfake.Opt{
		"fetch by id": nil, "fetch by name": {only(11, 12)}, "no ids": {only(11, 9)}, "old": {only(4, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, options...)
			b.topic("clicks", 1, nil)
			b.produce("clicks", 0, 0, 300, kgo.ProducerBatchMaxBytes(2<<10))
			cfg := quick()
			cfg.MaxBytes = 1 << 10
			r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
			restarts, next := 0, 0
			for batch := range r.Batches(t.Context()) {
				for range batch.Records() {
					next++
				}
				if next > restarts*100 {
					restarts++
					b.Close()
					b.start()
				}
				if next == 300 {
					break
				}
			}
			if next != 300 || r.Err() != nil {
				t.Errorf("%d records, error %v", next, r.Err())
			}
		})
	}
}

func TestSessionTellsItsTopic(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 2, nil)
	b.produce("clicks", 1, 0, 50)
	if err := b.DeleteRecords("clicks", 1, 20); err != nil {
		t.Fatal(err)
	}
	type facts struct {
		id         string
		partitions int
		first, end int64
		err        error
	}
	told := make(chan facts, 2)
	r := run(t, b.connect(), quickGroup("clicks"), func(ctx context.Context, s *ingest.Session) error {
		f := facts{id: s.TopicID(), partitions: s.Partitions()}
		if f.first, f.end, f.err = s.Bounds(ctx); s.Partition() == 1 {
			told <- f
		}
		<-ctx.Done()
		return nil
	})
	defer r.leave()
	want := facts{ingest.TopicID(b.TopicInfo("clicks").TopicID).String(), 2, 20, 50, nil}
	if got := <-told; got != want || len(got.id) != 22 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTopicWithoutAnID(t *testing.T) {
	b := startBroker(t, only(11, 9))
	b.topic("clicks", 3, nil)
	topic, err := b.connect().Topic(t.Context(), "clicks")
	if err != nil || topic.Partitions != 3 || topic.ID.String() != "" {
		t.Errorf("got %+v, error %v", topic, err)
	}
}

// Brokers of every version that tells an id agree with kfake's own.
func TestTopicIDByEveryVersionOfMetadata(t *testing.T) {
	for version := int16(10); version <= 13; version++ {
		b := startBroker(t, only(13, version))
		b.topic("clicks", 300, nil)
		topic, err := b.connect().Topic(t.Context(), "clicks")
		if err != nil || topic.Partitions != 300 || topic.ID != ingest.TopicID(b.TopicInfo("clicks").TopicID) {
			t.Errorf("version %d: got %+v, error %v", version, topic, err)
		}
		if _, err = b.connect().Topic(t.Context(), "nowhere"); !errors.Is(err, kafka.UnknownTopicOrPartition) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

func ExampleTopicID_String() {
	fmt.Println(ingest.TopicID{0: 1, 15: 2}, ingest.TopicID{})
	// Output: AQAAAAAAAAAAAAAAAAAAAg
}
