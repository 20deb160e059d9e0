package ingest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/ingest"
	"winback/schemas"
)

func TestReaderReadsEveryCodec(t *testing.T) {
	b := startBroker(t)
	conn := b.connect()
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			b.topic(name, 1, nil)
			const n = 3000
			b.produce(name, 0, 0, n/2, kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(16<<10))
			b.produce(name, 0, n/2, n, kgo.ProducerBatchCompression(codec))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r := ingest.NewReader(conn, name, 0, 0, quick(), silent())
			i := 0
			var record schemas.Record
			for batch := range r.Batches(ctx) {
				if batch.From != int64(i) {
					t.Fatalf("batch from %d, want %d", batch.From, i)
				}
				for batch.Read(&record) {
					check(t, &record, i)
					i++
				}
				if batch.AtEnd() {
					break
				}
			}
			if r.Err() != nil || i != n {
				t.Fatalf("read %d records of %d, error %v", i, n, r.Err())
			}
		})
	}
}

func check(t *testing.T, r *schemas.Record, i int) {
	t.Helper()
	if r.Offset != int64(i) || string(r.Value) != string(value(i)) || r.Time != stamp(i).UnixMilli() || len(r.Key) < 5 {
		t.Fatalf("record %d: offset %d, time %d, key %q, value %q", i, r.Offset, r.Time, r.Key, r.Value)
	}
	if want := string([]byte{2, 2, 'n', 2, byte(i)}); string(r.Headers) != want {
		t.Fatalf("record %d: headers %q, want %q", i, r.Headers, want)
	}
}

func TestReaderGoesOnWhereItStopped(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 1000, kgo.ProducerBatchMaxBytes(8<<10))
	r := ingest.NewReader(b.connect(), "clicks", 0, 10, quick(), silent())
	next := int64(10)
	for next < 1000 {
		taken := 0
		for batch := range r.Batches(t.Context()) {
			var record schemas.Record
			for taken < 7 && batch.Read(&record) { // leaves in the middle of a batch
				if record.Offset != next {
					t.Fatalf("offset %d, want %d", record.Offset, next)
				}
				next, taken = next+1, taken+1
			}
			if batch.Next != next {
				t.Fatalf("Next is %d after offset %d", batch.Next, next-1)
			}
			break
		}
	}
}

func TestReaderRefusesAHandlerThatDoesNotRead(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 10)
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, quick(), silent())
	for range r.Batches(t.Context()) {
	}
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "topic clicks, partition 0, offset 0") {
		t.Fatalf("error %v", err)
	}
}

func TestReaderTicksWhileIdle(t *testing.T) {
	b := brokerWithClicks(t, 1)
	cfg := quick()
	cfg.MaxWait = 30 * schemas.Second
	r := ingest.NewReader(b.connect(), "clicks", 0, -1, cfg, silent())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ticks := 0
	began := time.Now()
	for batch := range r.Batches(ctx) {
		for range batch.Records() {
			t.Error("a record out of nothing")
		}
		if ticks++; ticks == 5 {
			cancel()
		}
	}
	if ticks != 5 || r.Err() != nil || time.Since(began) > 5*time.Second {
		t.Errorf("%d ticks in %s, error %v", ticks, time.Since(began), r.Err())
	}
}

// An outage must not be taken for a partition without new records.
func TestReaderIsNotAtTheEndWithoutABroker(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 10)
	cfg := quick()
	cfg.MaxWait = 100 * schemas.Millisecond
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
	reached, down := false, false
	for batch := range r.Batches(t.Context()) {
		for range batch.Records() {
		}
		switch {
		case batch.AtEnd() && !reached:
			reached = true
			b.Close()
		case reached && !batch.AtEnd() && !down:
			down = true
			b.start()
		case down && batch.AtEnd():
			return
		}
	}
	t.Fatalf("ended: %v", r.Err())
}

func TestReaderOvertakenByRetention(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 100, kgo.ProducerBatchMaxBytes(1<<10))
	if err := b.DeleteRecords("clicks", 0, 60); err != nil {
		t.Fatal(err)
	}
	var log notes
	r := ingest.NewReader(b.connect(), "clicks", 0, 20, quick(), log.logger())
	values := readTo(t.Context(), r, 100)
	if len(values) != 40 || values[0] != string(value(60)) {
		t.Fatalf("%d records, the first %.10q; error %v", len(values), values[0], r.Err())
	}
	if err := b.DeleteRecords("clicks", 0, 100); err != nil { // everything: there is nothing to tell of the leap but an empty batch
		t.Fatal(err)
	}
	for batch := range ingest.NewReader(b.connect(), "clicks", 0, 20, quick(), silent()).Batches(t.Context()) {
		if batch.From == 100 && batch.AtEnd() {
			break
		}
	}
	for _, want := range []string{"from=20", "first_retained=60", "lost_offsets=40", "partition=0"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, &log)
		}
	}
}

func TestReaderBeyondTheEnd(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 10)
	r := ingest.NewReader(b.connect(), "clicks", 0, 11, quick(), silent())
	readTo(t.Context(), r, 100)
	wantError(t, r.Err(), "topic clicks, partition 0, offset 11", "end, 10", "winback run --rebuild NAME")
}

// A damaged batch is fetched again; if it stays damaged the reader stops before it.
func TestReaderNamesTheOffsetOfADamagedBatch(t *testing.T) {
	flip := &flipper{marker: value(500)}
	b := startBroker(t, flip.option())
	b.topic("clicks", 1, nil)
	b.produce("clicks", 0, 0, 1000, kgo.ProducerBatchMaxBytes(8<<10))
	for _, damage := range []struct {
		times  int64
		mended bool
	}{{2, true}, {1 << 30, false}} {
		flip.times.Store(damage.times)
		r := ingest.NewReader(b.connect(), "clicks", 0, 0, quick(), silent())
		values := readTo(t.Context(), r, 1000)
		if damage.mended && (r.Err() != nil || len(values) != 1000) {
			t.Errorf("damaged %d times: %d records, error %v", damage.times, len(values), r.Err())
		}
		if !damage.mended {
			if len(values) == 0 || len(values) > 500 {
				t.Errorf("%d records read before the damage at 500", len(values))
			}
			wantError(t, r.Err(), "topic clicks, partition 0, offset", "damaged record batch", "kafka-dump-log.sh", "--skip-batch clicks/0@")
		}
	}
}

func TestReaderPassesOverAbortedTransactions(t *testing.T) {
	b := startBroker(t)
	b.topic("clicks", 1, nil)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr), kgo.TransactionalID("t"), kgo.DefaultProduceTopic("clicks"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var want []string
	for round := range 6 {
		commit := round%3 != 1
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			text := fmt.Sprint(round, i)
			if commit {
				want = append(want, text)
			}
			if err := client.ProduceSync(t.Context(), kgo.StringRecord(text)).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), kgo.TransactionEndTry(commit)); err != nil {
			t.Fatal(err)
		}
	}
	_, last, err := b.connect().Offsets(t.Context(), "clicks")
	if err != nil {
		t.Fatal(err)
	}
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, quick(), silent())
	if got := readTo(t.Context(), r, last[0]); !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestReaderPassesOverCompactedGaps(t *testing.T) {
	b := startBroker(t)
	b.topic("state", 1, map[string]string{"cleanup.policy": "compact", "segment.bytes": "20000", "min.compaction.lag.ms": "0"})
	for i := range 20 {
		b.produce("state", 0, i*100, i*100+100)
	}
	b.Compact()
	_, last, err := b.connect().Offsets(t.Context(), "state")
	if err != nil {
		t.Fatal(err)
	}
	r := ingest.NewReader(b.connect(), "state", 0, 0, quick(), silent())
	values := readTo(t.Context(), r, last[0])
	if last[0] != 2000 || len(values) == 0 || len(values) > 1000 || values[len(values)-1] != string(value(1999)) {
		t.Errorf("%d records up to offset %d; error %v", len(values), last[0], r.Err())
	}
}

// The restart of a broker between two fetches must neither lose nor repeat a record.
func TestReaderSurvivesRestarts(t *testing.T) {
	b := brokerWithClicks(t, 1)
	b.produce("clicks", 0, 0, 1000, kgo.ProducerBatchMaxBytes(2<<10))
	cfg := quick()
	cfg.MaxBytes = 4 << 10
	r := ingest.NewReader(b.connect(), "clicks", 0, 0, cfg, silent())
	restarts, next := 0, int64(0)
	for batch := range r.Batches(t.Context()) {
		for record := range batch.Records() {
			if record.Offset != next {
				t.Fatalf("offset %d, want %d", record.Offset, next)
			}
			next++
		}
		if next > int64(restarts)*300 {
			restarts++
			b.Close()
			b.start()
		}
		if next == 1000 {
			break
		}
	}
	if restarts < 3 || next != 1000 {
		t.Errorf("%d restarts, read to %d, error %v", restarts, next, r.Err())
	}
}
