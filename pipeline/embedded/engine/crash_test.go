package engine_test

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/embedded/engine"
)

const batchRows = 1000

// A server killed in the middle of inserts has every acknowledged batch when it starts again, and no half of one.
func TestKillLosesNoAcknowledgedBatch(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	acknowledged, rounds := uint64(0), 2
	for round := range rounds {
		s := embeddedtest.EngineAt(t, c)
		conn := embeddedtest.Connect(t, s.Options())
		if err := conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS t (x UInt64) ENGINE = MergeTree ORDER BY x"); err != nil {
			t.Fatal(err)
		}
		acknowledged += insertUntilKilled(t, s, conn, uint64(20+10*round))
		conn.Close()
	}
	rows := number(t, embeddedtest.Connect(t, embeddedtest.EngineAt(t, c).Options()), "SELECT count() FROM t")
	if rows < acknowledged*batchRows || rows%batchRows != 0 {
		t.Errorf("%d rows of %d acknowledged batches of %d", rows, acknowledged, batchRows)
	}
	// The batch under way may have been written, but not acknowledged any more: one a round.
	if rows > (acknowledged+uint64(rounds))*batchRows {
		t.Errorf("%d rows: more than were sent", rows)
	}
}

// insertUntilKilled inserts batch after batch; once killAfter are acknowledged the server is killed, at no moment in particular.
func insertUntilKilled(t *testing.T, s *engine.Server, conn driver.Conn, killAfter uint64) (acknowledged uint64) {
	t.Helper()
	enough, killed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(killed)
		<-enough
		s.Kill()
	}()
	for insert(t, conn) == nil {
		if acknowledged++; acknowledged == killAfter {
			close(enough)
		}
	}
	if acknowledged < killAfter {
		t.Fatal("inserts failed before the kill")
	}
	<-killed
	return acknowledged
}

func insert(t *testing.T, conn driver.Conn) error {
	t.Helper()
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (x)")
	if err != nil {
		return err
	}
	for i := range uint64(batchRows) {
		if err := batch.Append(i); err != nil {
			t.Fatal(err)
		}
	}
	return batch.Send()
}
