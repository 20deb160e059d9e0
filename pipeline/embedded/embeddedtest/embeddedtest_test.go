package embeddedtest_test

import (
	"testing"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/embedded/embeddedtest"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	watcher := embeddedtest.Connect(t, embeddedtest.ClickHouse(t))
	var inner string
	t.Run("inner", func(t *testing.T) {
		options := embeddedtest.ClickHouse(t)
		inner = options.Auth.Database
		if err := embeddedtest.Connect(t, options).Exec(t.Context(), "CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x"); err != nil {
			t.Fatal(err)
		}
	})
	if err := watcher.Exec(t.Context(), "SELECT * FROM t"); err == nil {
		t.Error("a table of another test is in sight")
	}
	var left uint64
	if err := watcher.QueryRow(t.Context(), "SELECT count() FROM system.databases WHERE name = ?", inner).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d databases left of the inner test, %v", left, err)
	}
}

func TestBroker(t *testing.T) {
	c := &kafka.Client{Addr: kafka.TCP(embeddedtest.Broker(t).Addr())}
	if answer, err := c.Metadata(t.Context(), &kafka.MetadataRequest{}); err != nil || len(answer.Brokers) != 1 {
		t.Errorf("%v, %v", answer, err)
	}
}
