package endtoend_test

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"

	"winback/pipeline/embedded/apachekafka"
	"winback/pipeline/embedded/embeddedtest"
)

// What the environment says: onKafka makes Apache Kafka the broker, howMany changes the number of events, and asMember makes the test
// binary one member of the group, until it is killed.
const (
	onKafka  = "WINBACK_TEST_KAFKA"
	howMany  = "WINBACK_TEST_EVENTS"
	asMember = "WINBACK_TEST_MEMBER"
)

func TestMain(m *testing.M) {
	if os.Getenv(asMember) != "" {
		fmt.Fprintln(os.Stderr, "member:", serveUntilKilled())
		os.Exit(1)
	}
	embeddedtest.Main(m)
}

// TestEngineLibrary fetches the ClickHouse engine if it is not on this machine. `make test` runs it before the others, so that they
// need not wait for one another.
func TestEngineLibrary(t *testing.T) {
	if info, err := os.Stat(embeddedtest.Library(t)); err != nil || info.Size() == 0 {
		t.Errorf("the library located: %v, %v", info, err)
	}
}

// startBroker returns the address of the broker that the environment asks for.
func startBroker(t *testing.T) string {
	t.Helper()
	if os.Getenv(onKafka) == "" {
		return embeddedtest.Broker(t).Addr()
	}
	b, err := apachekafka.Start(t.Context(), apachekafka.Config{Dir: t.TempDir(), CacheDir: os.Getenv("WINBACK_CACHE_DIR")})
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b.Addr()
}

// eventCount is how many events the generator is asked for.
func eventCount(t *testing.T) int {
	t.Helper()
	if text := os.Getenv(howMany); text != "" {
		n, err := strconv.Atoi(text)
		must(t, err)
		return n
	}
	if testing.Short() {
		return 30_000
	}
	return cmp.Or(map[bool]int{true: 1_000_000}[os.Getenv(onKafka) != ""], 100_000)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
