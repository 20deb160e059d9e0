package endtoend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"winback/pipeline"
	"winback/pipeline/delivery"
	"winback/pipeline/delivery/deliverytest"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/sinks/clickhouse"
	"winback/sinks/deadletter"
	"winback/sinks/events"
	"winback/sinks/triggers"
)

const (
	crashInput = "crash-events" // of one partition, read by every case
	crashUsers = 24
	crashDays  = 33
	frame      = 20 // records that are read together
)

// crashing is what the cases share: a broker with a log, a ClickHouse, and what must come of the log.
type crashing struct {
	connection *ingest.Connection
	rows       *clickhouse.Sink
	tables     driver.Conn
	want       *expectation
}

// TestACrashAtEveryArrow lets the owner of a partition die before and after every step of the delivery protocol, and another one finish.
// Without anything durable beside Kafka and ClickHouse nothing is lost and no trigger repeated, and rows that come again are merged. With a
// journal, a checkpoint and a fence, no row comes again.
func TestACrashAtEveryArrow(t *testing.T) {
	c := newCrashing(t, startBroker(t))
	c.fill(t)
	for _, durable := range []bool{false, true} {
		for _, point := range delivery.Points() {
			t.Run(fmt.Sprintf("%s/%v", map[bool]string{false: "log alone", true: "journal"}[durable], point), func(t *testing.T) {
				t.Parallel()
				newCrashCase(t, c, durable, point).run(t)
			})
		}
	}
}

func newCrashing(t *testing.T, broker string) *crashing {
	t.Helper()
	c := &crashing{}
	c.open(t)
	var err error
	c.connection, err = ingest.Kafka{Brokers: []string{broker}, ClientID: "crash"}.Connect()
	must(t, err)
	t.Cleanup(c.connection.Close)
	return c
}

// open makes the tables.
func (c *crashing) open(t *testing.T) {
	t.Helper()
	options := embeddedtest.ClickHouse(t)
	settings := clickhouse.Defaults()
	settings.Addr, settings.Database = options.Addr, options.Auth.Database
	settings.Username, settings.Password = options.Auth.Username, options.Auth.Password
	var err error
	c.rows, err = clickhouse.Open(t.Context(), settings, quiet())
	must(t, err)
	t.Cleanup(func() { must(t, c.rows.Close()) })
	_, err = c.rows.Migrate(t.Context())
	must(t, err)
	c.tables, err = chgo.Open(options)
	must(t, err)
	t.Cleanup(func() { _ = c.tables.Close() })
}

// fill makes the topic and writes a log of users who come every day; some stay away after two and a half weeks and more, and every tenth record is refused. The last
// record passes the borders of all before it.
func (c *crashing) fill(t *testing.T) {
	t.Helper()
	const start = int64(1_700_000_000_000) / day * day
	must(t, c.connection.EnsureTopic(t.Context(), crashInput, 1, ingest.TopicConfig{}))
	c.want = newExpectation(t, start+crashDays*day)
	out := events.Defaults()
	out.Topic, out.Partitions = crashInput, 1
	producer := events.New(c.connection.Client(), out, quiet())
	written := 0
	write := func(key, value string, reason schemas.Reason) {
		must(t, producer.Send(t.Context(), []byte(key), []byte(value), 0))
		c.want.record(0, []byte(key), []byte(value), reason)
		if written++; written%frame == 0 {
			must(t, producer.Flush(t.Context()))
		}
	}
	for d := range int64(crashDays) {
		for user := range int64(crashUsers) {
			if user%2 == 0 && d > 18+user/3 {
				continue
			}
			key := fmt.Sprint("user-", user)
			for visit := range int64(2) {
				at := start + d*day + visit*hour + user
				write(key, fmt.Sprintf(`{"user":%q,"type":"visit","time":%d}`, key, at), schemas.Accepted)
				c.want.count(key, "visit", at, 0, 0)
			}
			if user%5 == 4 {
				write(key, "not JSON", schemas.Malformed)
			}
		}
	}
	write("last", fmt.Sprintf(`{"user":"last","type":"visit","time":%d}`, start+crashDays*day+closing), schemas.Accepted)
	must(t, producer.Close(t.Context()))
	if len(c.want.triggers(0)) < 5 || len(c.want.profiles()) < 5 {
		t.Fatalf("%d triggers and %d profiles are expected: the log shows nothing", len(c.want.triggers(0)), len(c.want.profiles()))
	}
}

// crashCase is one point with topics, a group and a journey of its own. Its rows bear its name in place of the input's.
type crashCase struct {
	*crashing
	name    string
	point   delivery.Point
	durable bool

	journal    deliverytest.Journal
	checkpoint deliverytest.Checkpoint
	fence      deliverytest.Fence
}

func newCrashCase(t *testing.T, c *crashing, durable bool, point delivery.Point) *crashCase {
	t.Helper()
	s := &crashCase{crashing: c, name: fmt.Sprintf("crash-%v-%d-%v", durable, point.Arrow, point.After), point: point, durable: durable}
	for _, topic := range []string{s.triggers(), s.letters()} {
		must(t, c.connection.EnsureTopic(t.Context(), topic, 1, ingest.TopicConfig{}))
	}
	compiled, vocabulary, _, settings, err := rules()
	must(t, err)
	settings.Journey = s.name
	s.checkpoint.Restore = func(snapshot *bytes.Reader) (*state.Partition, error) {
		return state.Restore(snapshot, compiled, vocabulary, settings)
	}
	return s
}

func (s *crashCase) triggers() string { return s.name + "-triggers" }
func (s *crashCase) letters() string  { return s.name + "-letters" }

// Insert stores rows under the case's name.
func (s *crashCase) Insert(ctx context.Context, rows *schemas.Rows) error {
	own := *rows
	own.Topic = s.name
	return s.rows.Insert(ctx, &own)
}

func (s *crashCase) pipeline(t *testing.T, flushRows int, hook delivery.Hook) *pipeline.Pipeline {
	t.Helper()
	config, parts := s.assemble(t, flushRows, hook)
	p, err := pipeline.New(config, parts)
	must(t, err)
	return p
}

func (s *crashCase) assemble(t *testing.T, flushRows int, hook delivery.Hook) (pipeline.Config, pipeline.Parts) {
	t.Helper()
	compiled, vocabulary, mapped, settings, err := rules()
	must(t, err)
	reading := reading()
	reading.Topic, reading.Group = crashInput, s.name
	reading.Tick, reading.MaxBytes = 10*schemas.Millisecond, 1024
	config := pipeline.Defaults()
	config.FlushEvery, config.IdleAfter, config.FlushRows = 10*schemas.Millisecond, schemas.Day, flushRows
	out, letters := triggers.Defaults(), deadletter.Defaults()
	out.Topic, letters.Topic = s.triggers(), s.letters()
	started := time.Now()
	parts := pipeline.Parts{
		Connection: s.connection, Ingest: reading, Mapping: mapped, Vocabulary: vocabulary, Rules: compiled, State: settings,
		Triggers:    triggers.New(s.connection.Client(), out, quiet()),
		DeadLetters: deadletter.New(s.connection.Client(), letters, crashInput, quiet()),
		Rows:        s,
		Delivered:   pipeline.TriggerLog{Connection: s.connection, Topic: s.triggers(), Log: quiet()},
		Now:         func() time.Time { return time.UnixMilli(simulatedAt).Add(time.Since(started)) }, Log: quiet(),
		DeliveryHook: hook,
	}
	parts.State.Journey = s.name
	if s.durable {
		parts.Journal, parts.Checkpoint, parts.Fence = &s.journal, &s.checkpoint, &s.fence
	} else {
		parts.State.Drain = 3 // borders are judged over several epochs
	}
	return config, parts
}

var committed = delivery.Point{Arrow: delivery.EpochCommitted, After: true}

// die ends the owner at the case's point once some epochs have been committed.
func (s *crashCase) die() delivery.Hook {
	commits := 0
	return func(_ int32, at delivery.Point) error {
		if at == committed {
			commits++
		}
		if at == s.point && commits >= 3 {
			return deliverytest.ErrDied
		}
		return nil
	}
}

func (s *crashCase) run(t *testing.T) {
	err := runTo(t, s.pipeline(t, 8, s.die()), s.want.next[0])
	if !errors.Is(err, deliverytest.ErrDied) {
		t.Fatalf("the first owner ended with %v, want its death", err)
	}
	commits := 0
	must(t, runTo(t, s.pipeline(t, 12, func(_ int32, at delivery.Point) error { // the next owner cuts the log in other places
		if at == committed {
			commits++
		}
		return nil
	}), s.want.next[0]))
	s.checkTriggers(t)
	repeatedLetters := s.checkLetters(t)
	repeatedRows := s.checkRows(t, s.name)
	if s.durable && (s.fence.Raised(0) != 2 || s.checkpoint.Loads() != 1 || repeatedRows != 0) {
		t.Errorf("fence raised %d times, %d checkpoints loaded, %d rows stored again: want 2, 1 and none", s.fence.Raised(0), s.checkpoint.Loads(), repeatedRows)
	}
	t.Logf("lost: nothing; repeated: 0 triggers, %d dead letters, %d rows; %d commits after the crash", repeatedLetters, repeatedRows, commits)
}

// runTo works until everything up to an offset of the only partition is committed, or to the pipeline's end.
func runTo(t *testing.T, p *pipeline.Pipeline, end int64) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			t.Fatalf("not done in time: %+v", p.Status())
		case <-time.After(pollEvery):
		}
		if all := p.Status(); len(all) == 1 && !all[0].Restoring && all[0].Committed == end {
			cancel()
			return <-done
		}
	}
}

// id is a trigger's in the case's journey.
func (s *crashCase) id(t *schemas.Trigger) schemas.TriggerID {
	return schemas.NewTriggerID(t.User, s.name, t.Episode, t.Stage)
}

func (s *crashCase) checkTriggers(t *testing.T) {
	t.Helper()
	missing := map[schemas.TriggerID]bool{}
	for _, trigger := range s.want.triggers(0) {
		missing[s.id(&trigger)] = true
	}
	readTopic(t, s.connection, s.triggers(), func(_ int32, _ *schemas.Record, headers map[string]string) {
		var id schemas.TriggerID
		must(t, id.UnmarshalText([]byte(headers[triggers.HeaderID])))
		if !missing[id] {
			t.Errorf("trigger %v came twice, or nobody expects it", id)
		}
		delete(missing, id)
	})
	if len(missing) > 0 {
		t.Errorf("%d triggers are lost", len(missing))
	}
}

func (s *crashCase) checkLetters(t *testing.T) (repeated int) {
	t.Helper()
	seen := map[string]int{}
	readTopic(t, s.connection, s.letters(), func(_ int32, _ *schemas.Record, headers map[string]string) {
		seen[headers[deadletter.HeaderOffset]]++
	})
	for at := range s.want.letters {
		n := seen[fmt.Sprint(at.offset)]
		if n == 0 {
			t.Errorf("the dead letter of offset %d is lost", at.offset)
		}
		repeated += max(0, n-1)
	}
	if len(seen) != len(s.want.letters) {
		t.Errorf("dead letters of %d records, want %d", len(seen), len(s.want.letters))
	}
	return repeated
}

// checkRows compares what the views show of a build with what must be there, and returns how many rows stand in the tables a second time.
func (s *crashCase) checkRows(t *testing.T, build string) (repeated int) {
	t.Helper()
	transitions, profiles, sent := map[string]int{}, map[string]int{}, map[string]int{}
	for _, d := range s.want.decisions() {
		transitions[fmt.Sprint(d.User, " ", d.At, " ", d.Kind, " ", d.To)]++
	}
	for _, p := range s.want.profiles() {
		profiles[fmt.Sprint(p.User, " ", p.At, " ", p.Lifecycle, " ", p.RFM)]++
	}
	for _, trigger := range s.want.triggers(0) {
		sent[s.id(&trigger).String()]++
	}
	visits := map[string]int{fmt.Sprint("visit ", s.want.byType["visit"].events): 1}
	where := " FINAL WHERE topic = '" + s.name + "' AND build = '" + build + "'"
	compare(t, "transitions", transitions, query(t, s.tables, "SELECT arrayStringConcat([user, toString(toUnixTimestamp64Milli(at)), kind, to_state], ' ') FROM transitions"+where))
	compare(t, "profiles", profiles, query(t, s.tables, "SELECT arrayStringConcat([user, toString(toUnixTimestamp64Milli(at)), lifecycle, rfm], ' ') FROM profiles"+where))
	compare(t, "triggers", sent, query(t, s.tables, "SELECT toString(id) FROM triggers"+where))
	compare(t, "activity", visits, query(t, s.tables, "SELECT type || ' ' || toString(sum(events)) FROM activity"+where+" AND minute < fromUnixTimestamp64Milli(?) GROUP BY type", s.want.until))
	for _, table := range []string{"transitions", "profiles", "triggers", "activity"} {
		var stored, distinct uint64
		must(t, s.tables.QueryRow(t.Context(), fmt.Sprintf("SELECT (SELECT count() FROM %[1]s WHERE topic = '%[2]s'), (SELECT count() FROM %[1]s FINAL WHERE topic = '%[2]s')", table, s.name)).Scan(&stored, &distinct))
		repeated += int(stored - distinct)
	}
	return repeated
}
