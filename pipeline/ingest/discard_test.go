package ingest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/ingest"
)

func TestDiscardCountsWhatIsThere(t *testing.T) {
	b := startBroker(t)
	b.topic("events", 2, nil)
	const n = 3000
	b.produce("events", 1, 0, n/2, kgo.ProducerBatchMaxBytes(16<<10))
	b.produce("events", 1, n/2, n, kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	for name, from := range map[string]int64{"from the first": 0, "from the earliest": -1} {
		t.Run(name, func(t *testing.T) {
			cfg := quick()
			cfg.MaxBytes = 32 << 10 // several requests
			r := ingest.NewReader(b.connect(), "events", 1, from, cfg, silent())
			if got, err := r.Discard(t.Context(), n); err != nil || got != n {
				t.Errorf("%d records of %d, %v", got, n, err)
			}
		})
	}
}

func TestDiscardWaitsForWhatIsNotThereAndEndsWithItsContext(t *testing.T) {
	b := startBroker(t)
	b.topic("events", 1, nil)
	b.produce("events", 0, 0, 10)
	r := ingest.NewReader(b.connect(), "events", 0, 0, quick(), silent())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if got, err := r.Discard(ctx, 20); got != 10 || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%d records, %v; want the 10 there are and the end of the context", got, err)
	}
	b.produce("events", 0, 10, 20)
	if got, err := r.Discard(t.Context(), 20); got != 10 || err != nil {
		t.Errorf("going on: %d records, %v; want the other 10", got, err)
	}
}

func TestDiscardNamesAnOffsetBeyondTheEnd(t *testing.T) {
	b := startBroker(t)
	b.topic("events", 1, nil)
	r := ingest.NewReader(b.connect(), "events", 0, 50, quick(), silent())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := r.Discard(ctx, 60); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an offset that no broker has: %v", err)
	}
}
