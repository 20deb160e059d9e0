package endtoend_test

import (
	"testing"
	"time"

	"winback/pipeline"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/sinks/clickhouse"
)

// TestMembersComeAndGo lets events flow while a second member joins and leaves again, a third is killed, and a fourth takes over. What
// comes out is exactly what follows from the events.
func TestMembersComeAndGo(t *testing.T) {
	options := embeddedtest.ClickHouse(t)
	here := place{Broker: startBroker(t), ClickHouse: clickhouse.Defaults()}
	here.ClickHouse.Addr, here.ClickHouse.Database = options.Addr, options.Auth.Database
	here.ClickHouse.Username, here.ClickHouse.Password = options.Auth.Username, options.Auth.Password
	connection := prepare(t, here)

	s := newStream(t, connection, eventCount(t))
	begun := time.Now()
	s.send(0.2)
	first := join(t, here)
	first.await(t, "the first member reads", have(partitions))
	comeAndGo(t, here, s, first)
	beKilled(t, here, s)
	last := join(t, here)
	alongside(func() { s.send(1) }, func() { last.await(t, "the last member has half of the partitions", have(partitions/2)) })
	s.finish()
	members := []*joined{first, last}
	awaitEnd(t, members, s.expect)
	t.Log(rate(s.sent, begun))

	s.expect.sound(t)
	_, ends, err := connection.Offsets(t.Context(), input)
	must(t, err)
	if [partitions]int64(ends) != s.expect.next {
		t.Fatalf("the input ends at %v, want %v", ends, s.expect.next)
	}
	checkCounters(t, members, s.expect)
	first.leave(t)
	last.leave(t)
	checkTriggers(t, connection, s.expect)
	checkLetters(t, connection, s.expect)
	checkTables(t, options, s.expect)
}

// prepare makes the topics and tables.
func prepare(t *testing.T, p place) *ingest.Connection {
	t.Helper()
	m, err := newMember(t.Context(), p, quiet())
	must(t, err)
	t.Cleanup(func() { must(t, m.close()) })
	_, err = m.rows.Migrate(t.Context())
	must(t, err)
	for _, topic := range []string{input, output, refusals} {
		must(t, m.connection.EnsureTopic(t.Context(), topic, partitions, ingest.TopicConfig{}))
	}
	return m.connection
}

// comeAndGo lets a second member join and leave while events flow.
func comeAndGo(t *testing.T, here place, s *stream, first *joined) {
	t.Helper()
	second := join(t, here)
	alongside(func() { s.send(0.4) }, func() { second.await(t, "the second member has half of the partitions", have(partitions/2)) })
	alongside(func() { s.send(0.6) }, func() { second.leave(t) })
	s.whilePulsing(func() {
		first.await(t, "the first member has all partitions again", have(partitions))
	})
}

// beKilled lets a third member join and kills it in the midst of its work.
func beKilled(t *testing.T, here place, s *stream) {
	t.Helper()
	third := joinChild(t, here)
	s.whilePulsing(func() { third.await(t, saysAssigned) })
	alongside(func() { s.send(0.8) }, func() { third.await(t, saysWorking); third.kill(t) })
}

// have asks for so many partitions.
func have(n int) func([]pipeline.Status) bool {
	return func(all []pipeline.Status) bool { return len(all) == n }
}

// alongside runs a on a goroutine of its own and b on this one, and waits for both.
func alongside(a, b func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a()
	}()
	defer func() { <-done }()
	b()
}

// whilePulsing runs f while pulses flow.
func (s *stream) whilePulsing(f func()) {
	over := make(chan struct{})
	alongside(func() { s.pulseUntil(over) }, func() {
		defer close(over)
		f()
	})
}
