package ingest_test

import (
	"log/slog"
	"net"
	"testing"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// Batches are yielded although no broker has answered yet; they must not be taken for the end of the partition.
func TestABatchBeforeTheBrokersFirstAnswerIsNotAtTheEnd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	k := ingest.DefaultKafka()
	k.Brokers = []string{listener.Addr().String()}
	conn, err := k.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cfg := ingest.DefaultFetch()
	cfg.Tick = 10 * schemas.Millisecond
	for b := range ingest.NewReader(conn, "clicks", 0, 5, cfg, slog.New(slog.DiscardHandler)).Batches(t.Context()) {
		if b.HighWater != -1 || b.AtEnd() || b.From != 5 {
			t.Errorf("from %d, high water %d, at end %v: want 5, -1, false", b.From, b.HighWater, b.AtEnd())
		}
		break
	}
}
