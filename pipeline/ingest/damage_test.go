package ingest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// damager changes one byte of the record batch at a base offset in whatever a broker sends, as long as it is on.
type damager struct {
	base int64
	at   int // in the batch
	xor  byte
	on   atomic.Bool
}

func (d *damager) option() kfake.Opt {
	return kfake.ListenFn(func(network, _ string) (net.Listener, error) {
		l, err := net.Listen(network, "127.0.0.1:0")
		return damagingListener{l, d}, err
	})
}

type damagingListener struct {
	net.Listener
	d *damager
}

func (l damagingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return damagingConn{conn, l.d}, err
}

type damagingConn struct {
	net.Conn
	d *damager
}

func (c damagingConn) Write(b []byte) (int, error) {
	base := binary.BigEndian.AppendUint64(nil, uint64(c.d.base))
	for at := 0; c.d.on.Load() && at+61 < len(b); at++ {
		if bytes.HasPrefix(b[at:], base) && b[at+16] == 2 {
			b = bytes.Clone(b)
			b[at+c.d.at] ^= c.d.xor
			break
		}
	}
	return c.Conn.Write(b)
}

// threeBatches writes the offsets 0 to 99, 100 to 149 and 150 to 199 as a batch each.
func threeBatches(b *broker, topic string, partition int32) {
	for _, ends := range [][2]int{{0, 100}, {100, 150}, {150, 200}} {
		b.produce(topic, partition, ends[0], ends[1])
	}
}

// readThrough reads to the end of 200 offsets, and returns the offsets read and what was skipped.
func readThrough(ctx context.Context, r *ingest.Reader) (offsets []int64, skipped []string, raw []byte) {
	for batch := range r.Batches(ctx) {
		for record := range batch.Records() {
			offsets = append(offsets, record.Offset)
		}
		if batch.Skipped != nil {
			skipped = append(skipped, fmt.Sprint(batch.Skipped.BatchRange, " to ", batch.Next))
			raw = bytes.Clone(batch.Skipped.Raw)
		}
		if batch.Next >= 200 {
			break
		}
	}
	return offsets, skipped, raw
}

// Whatever byte of a batch is damaged, the error names its offsets, and exactly these can be skipped.
func TestADamagedBatchIsNamedAndSkippedAsAWhole(t *testing.T) {
	for name, d := range map[string]*damager{
		"records":                    {at: 80, xor: 4},
		"checksum":                   {at: 17, xor: 1},
		"attributes":                 {at: 22, xor: 1},
		"last offset, one less":      {at: 26, xor: 1}, // 49 is 0x31
		"last offset, two more":      {at: 26, xor: 2},
		"last offset, far too low":   {at: 26, xor: 0x31},
		"last offset, too high":      {at: 25, xor: 1},
		"last offset, negative":      {at: 23, xor: 0x80},
		"count":                      {at: 57, xor: 0x80},
		"first offset, a few more":   {at: 7, xor: 0x18},
		"first offset, far too high": {at: 3, xor: 1},
		"length, too short":          {at: 10, xor: 0x10},
		"length, too long":           {at: 9, xor: 0x10},
		"length, negative":           {at: 8, xor: 0x80},
		"format":                     {at: 16, xor: 3},
		"format of old":              {at: 16, xor: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.base = 100
			d.on.Store(true)
			b := startBroker(t, d.option())
			b.topic("clicks", 1, nil)
			threeBatches(b, "clicks", 0)
			r := ingest.NewReader(b.connect(), "clicks", 0, 0, quick(), silent())
			offsets, _, _ := readThrough(t.Context(), r)
			wantError(t, r.Err(), "topic clicks, partition 0, offset 100", "put clicks/0@100-149 into input.skip_batches", "--skip-batch clicks/0@100-149 does", "kafka-dump-log.sh", "input.skip_batches")
			damaged := (*ingest.DamagedBatch)(nil)
			if len(offsets) != 100 || !errors.As(r.Err(), &damaged) || damaged.First != 100 || damaged.Last != 149 {
				t.Fatalf("%d records, error %v", len(offsets), r.Err())
			}
			cfg := quick()
			cfg.SkipBatches = []ingest.BatchRange{damaged.BatchRange}
			r = ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
			offsets, skipped, raw := readThrough(t.Context(), r)
			if want := slices.Concat(numbers(0, 100), numbers(150, 200)); r.Err() != nil || !slices.Equal(offsets, want) ||
				!slices.Equal(skipped, []string{"clicks/0@100-149 to 150"}) {
				t.Errorf("read %v, skipped %q, error %v", offsets, skipped, r.Err())
			}
			if !bytes.Contains(raw, value(120)) {
				t.Errorf("the raw batch lacks a record: %d bytes", len(raw))
			}
		})
	}
}

func numbers(from, to int64) (all []int64) {
	for ; from < to; from++ {
		all = append(all, from)
	}
	return all
}

// produceRaw writes a batch of 50 records whose checksum is right, whatever is in it.
func (b *broker) produceRaw(topic string, codec int16, records []byte) {
	b.t.Helper()
	batch := kmsg.RecordBatch{
		Length: int32(49 + len(records)), Magic: 2, Attributes: codec, LastOffsetDelta: 49, FirstTimestamp: stamp(0).UnixMilli(),
		MaxTimestamp: stamp(0).UnixMilli(), ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 50, Records: records,
	}
	batch.CRC = int32(crc32.Checksum(batch.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
	request := kmsg.NewPtrProduceRequest()
	request.Acks, request.TimeoutMillis = -1, 5000
	partition := kmsg.NewProduceRequestTopicPartition()
	partition.Records = batch.AppendTo(nil)
	to := kmsg.NewProduceRequestTopic()
	to.Topic, to.TopicID, to.Partitions = topic, b.TopicInfo(topic).TopicID, append(to.Partitions, partition)
	request.Topics = append(request.Topics, to)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	answer, err := request.RequestWith(b.t.Context(), client)
	if err != nil {
		b.t.Fatal(err)
	}
	if code := answer.Topics[0].Partitions[0].ErrorCode; code != 0 {
		b.t.Fatalf("produce: error %d", code)
	}
}

func zipped(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What a producer wrote wrong, under a right checksum, is skipped alike; the records before it are read.
func TestABatchThatDoesNotHoldTogetherIsNamedAndSkipped(t *testing.T) {
	sound := []byte{14, 0, 0, 0, 1, 2, 'x', 0} // one record: no key, value x
	for name, c := range map[string]struct {
		codec   int16
		records []byte
		read    int64 // records of the batch that can be
		says    string
	}{
		"gzip that is none":       {1, []byte("no gzip"), 0, "compressed records do not hold together"},
		"records too large":       {1, zipped(t, make([]byte, 2<<20)), 0, "input.max_unpacked"},
		"records that break off":  {0, append(bytes.Clone(sound), 4, 0, 0), 1, "a record"},
		"zipped records that do":  {1, zipped(t, append(bytes.Clone(sound), 40, 0)), 1, "a record's length"},
		"an offset of elsewhere":  {0, []byte{14, 0, 0, 126, 1, 2, 'x', 0}, 0, "a record's offset"},
		"fewer records than said": {0, sound, 1, "a record's length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			b.topic("clicks", 1, nil)
			b.produce("clicks", 0, 0, 100)
			b.produceRaw("clicks", c.codec, c.records)
			b.produce("clicks", 0, 150, 200)
			cfg := quick()
			cfg.MaxUnpacked = 1 << 20
			cfg.SkipBatches = []ingest.BatchRange{{Topic: "clicks", Partition: 0, First: 100, Last: 150}}
			r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
			readThrough(t.Context(), r)
			wantError(t, r.Err(), "put clicks/0@100-149 into input.skip_batches", "--skip-batch clicks/0@100-149 does", c.says, "skip_batches names clicks/0@100-150, which is not this batch")
			cfg.SkipBatches[0].Last = 149
			r = ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
			offsets, skipped, raw := readThrough(t.Context(), r)
			if want := slices.Concat(numbers(0, 100+c.read), numbers(150, 200)); r.Err() != nil || !slices.Equal(offsets, want) ||
				!slices.Equal(skipped, []string{"clicks/0@100-149 to 150"}) {
				t.Errorf("read %v, skipped %q, error %v", offsets, skipped, r.Err())
			}
			if !bytes.Contains(raw, c.records) {
				t.Error("the raw batch lacks its records")
			}
		})
	}
}

func TestSkippingASoundBatchDoesNothingAndSaysSo(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	threeBatches(b, "clicks", 0)
	cfg := quick()
	cfg.MaxBytes = 1 << 10
	cfg.SkipBatches = []ingest.BatchRange{{"clicks", 0, 100, 149}, {"clicks", 0, 10, 180}, {"clicks", 1, 0, 1}, {"other", 0, 0, 1}, {"clicks", 0, 300, 310}}
	var log notes
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, log.logger())
	offsets, skipped, _ := readThrough(t.Context(), r)
	if len(offsets) != 200 || skipped != nil || r.Err() != nil {
		t.Errorf("%d records, skipped %q, error %v", len(offsets), skipped, r.Err())
	}
	for _, want := range []string{"batch=clicks/0@100-149", "batch=clicks/0@10-180"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log does not say %s once:\n%s", want, &log)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings, want 2:\n%s", n, &log)
	}
}

// The broker refuses to give out the batch at all.
func TestABatchThatTheBrokerRefusesIsNamedAndSkipped(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	threeBatches(b, "clicks", 0)
	b.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		request := q.(*kmsg.FetchRequest)
		asked := request.Topics[0].Partitions[0]
		if asked.FetchOffset < 100 || asked.FetchOffset > 149 {
			return nil, nil, false
		}
		response := request.ResponseKind().(*kmsg.FetchResponse)
		partition := kmsg.NewFetchResponseTopicPartition()
		partition.ErrorCode, partition.HighWatermark, partition.LastStableOffset = 2, 200, 200
		topic := kmsg.NewFetchResponseTopic()
		topic.TopicID, topic.Partitions = request.Topics[0].TopicID, append(topic.Partitions, partition)
		response.Topics = append(response.Topics, topic)
		return response, nil, true
	})
	cfg := quick()
	cfg.MaxBytes = 1 << 10
	cfg.SkipBatches = []ingest.BatchRange{{"clicks", 0, 100, 149}}
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
	offsets, skipped, raw := readThrough(t.Context(), r)
	if len(offsets) != 150 || !slices.Equal(skipped, []string{"clicks/0@100-149 to 150"}) || len(raw) > 0 || r.Err() != nil {
		t.Errorf("%d records, skipped %q, %d raw bytes, error %v", len(offsets), skipped, len(raw), r.Err())
	}
}

// A partition that a damaged batch stops keeps its place, tells of it, and goes on when the batch can be read again. The others work on.
func TestADamagedBatchStopsOnlyItsPartition(t *testing.T) {
	noLeak(t)
	d := &damager{base: 100, at: 80, xor: 4}
	d.on.Store(true)
	b := startBroker(t, d.option())
	b.topic("clicks", 3, nil)
	threeBatches(b, "clicks", 1)
	for _, p := range []int32{0, 2} {
		b.produce("clicks", p, 0, 90) // no batch begins at 100
	}
	var log notes
	cfg := quickGroup("clicks")
	cfg.Tick = 10 * schemas.Millisecond
	var mu sync.Mutex
	next, stopped, lag := map[int32]int64{}, 0, int64(0)
	at := func(want ...int64) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return next[0] == want[0] && next[1] == want[1] && next[2] == want[2]
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- ingest.Run(ctx, b.connect(), cfg, log.logger(), func(ctx context.Context, s *ingest.Session) error {
			for batch := range s.Batches(ctx) {
				for range batch.Records() {
				}
				if err := s.Commit(ctx, batch.Next, ""); err != nil && ctx.Err() == nil {
					return err
				}
				mu.Lock()
				next[s.Partition()] = batch.Next
				if batch.Stopped != nil {
					stopped, lag = stopped+1, batch.HighWater-batch.Next
					if batch.AtEnd() || batch.Stopped.BatchRange != (ingest.BatchRange{Topic: "clicks", Partition: 1, First: 100, Last: 149}) {
						t.Errorf("stopped by %v, at the end: %v", batch.Stopped, batch.AtEnd())
					}
				}
				mu.Unlock()
			}
			return s.Err()
		})
	}()
	within(t, 10*time.Second, "the partition is stopped", func() bool { mu.Lock(); defer mu.Unlock(); return stopped > 0 })
	for _, p := range []int32{0, 2} {
		b.produce("clicks", p, 90, 95)
	}
	within(t, 10*time.Second, "the others go on", at(95, 100, 95))
	b.produce("clicks", 1, 200, 260)
	within(t, 10*time.Second, "the lag grows", func() bool { mu.Lock(); defer mu.Unlock(); return lag == 160 })
	d.on.Store(false)
	within(t, 10*time.Second, "the partition goes on", at(95, 260, 95))
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	for _, want := range []string{"level=ERROR", "a damaged record batch stops this partition", "partition=1 error=\"topic clicks", "--skip-batch clicks/1@100-149", "the partition goes on"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log does not say %q once:\n%s", want, &log)
		}
	}
}

func TestRunRefusesToSkipInAPartitionThatIsNotThere(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 2, nil)
	cfg := quickGroup("clicks")
	cfg.SkipBatches = []ingest.BatchRange{{"clicks", 2, 0, 9}}
	err := ingest.Run(t.Context(), b.connect(), cfg, silent(), nil)
	wantError(t, err, "skip_batches[0]", "clicks/2@0-9", "2 partitions")
}

func TestBatchRangeIsReadAsWritten(t *testing.T) {
	for text, want := range map[string]ingest.BatchRange{
		"a/0@0-0": {"a", 0, 0, 0}, "click.stream_1/12@7-9223372036854775807": {"click.stream_1", 12, 7, 1<<63 - 1},
	} {
		var got ingest.BatchRange
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %v, error %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a", "a/1", "a/1@2", "/1@2-3", "a/1@3-2", "a/-1@2-3", "a/1@2-3-4", "a/1@+2-3", "a/4294967296@2-3", "a/1@2-9223372036854775808", "a/1@2- 3"} {
		var got ingest.BatchRange
		if got.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func FuzzBatchRange(f *testing.F) {
	f.Add("clicks/0@100-149")
	f.Fuzz(func(t *testing.T, text string) {
		var got, again ingest.BatchRange
		if got.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%q: %v became %v, error %v", text, got, again, err)
		}
	})
}
