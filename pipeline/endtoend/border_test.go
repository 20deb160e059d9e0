package endtoend_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"winback/pipeline"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/sinks/events"
	"winback/sinks/memory"
)

// TestABorderJudgedOverManyInsertsLosesNoRow lets thousands of users be due at one border, a few at a time, so that many inserts in a row have
// the same offsets and the same watermark.
func TestABorderJudgedOverManyInsertsLosesNoRow(t *testing.T) {
	const users = 3000
	c := newCrashing(t, embeddedtest.Broker(t).Addr())
	must(t, c.connection.EnsureTopic(t.Context(), "border", 1, ingest.TopicConfig{}))
	want, end := writeCrowd(t, c, users)
	inserts := &placeCounter{next: c.rows, places: map[[3]int64]int{}}
	p := crowdPipeline(t, c, inserts)
	must(t, runTo(t, p, end))

	most := 0
	for _, n := range inserts.places {
		most = max(most, n)
	}
	if most < 5 {
		t.Fatalf("%d inserts at the same place at the most: the test shows nothing", most)
	}
	transitions := map[string]int{}
	for _, d := range want {
		transitions[fmt.Sprint(d.User, " ", d.At, " ", d.Kind, " ", d.To)]++
	}
	compare(t, "transitions", transitions, query(t, c.tables, "SELECT arrayStringConcat([user, toString(toUnixTimestamp64Milli(at)), kind, to_state], ' ') FROM transitions"))
	// Everybody but the one who ends the log is casual by now; nobody has left a state that they had not entered.
	compare(t, "lifecycle_daily", map[string]int{fmt.Sprint("casual ", users): 1, "new 0": 1},
		query(t, c.tables, "SELECT state || ' ' || toString(argMax(users, day)) FROM lifecycle_daily GROUP BY state"))
	compare(t, "days below zero", map[string]int{"0": 1}, query(t, c.tables, "SELECT toString(countIf(users < 0)) FROM lifecycle_daily"))
	t.Logf("%d decisions, up to %d inserts at the same place", len(want), most)
}

// placeCounter counts the inserts by offsets and watermark.
type placeCounter struct {
	next   pipeline.RowSink
	places map[[3]int64]int // by the one goroutine of the one partition's inserts
}

func (c *placeCounter) Insert(ctx context.Context, rows *schemas.Rows) error {
	if len(rows.Decisions) > 0 {
		c.places[[3]int64{rows.From, rows.To, rows.Watermark}]++
	}
	return c.next.Insert(ctx, rows)
}

// writeCrowd writes one visit of each user and, more than a week later, one that passes all borders of theirs. It returns what must be decided, and where
// the log ends.
func writeCrowd(t *testing.T, c *crashing, users int) (want []schemas.Decision, end int64) {
	t.Helper()
	const start = int64(1_700_000_000_000) / day * day
	compiled, vocabulary, mapped, settings, err := rules()
	must(t, err)
	oracle, err := state.New(compiled, vocabulary, settings)
	must(t, err)
	out := events.Defaults()
	out.Topic, out.Partitions = "border", 1
	producer := events.New(c.connection.Client(), out, quiet())
	decoder := mapped.NewDecoder()
	var found state.Outbox
	var event schemas.Event
	for n := range users + 1 {
		key, at := fmt.Append(nil, "user-", n), start
		if n == users {
			key, at = []byte("last"), start+7*day+2*hour
		}
		value := fmt.Appendf(nil, `{"user":%q,"type":"visit","time":%d}`, key, at)
		must(t, producer.Send(t.Context(), key, value, 0))
		if reason := decoder.Decode(&schemas.Record{Key: key, Value: value}, &event); reason != schemas.Accepted {
			t.Fatalf("%s: %v", value, reason)
		}
		oracle.Add(&event, &found)
	}
	must(t, producer.Close(t.Context()))
	return found.Decisions, int64(users) + 1
}

func crowdPipeline(t *testing.T, c *crashing, rows pipeline.RowSink) *pipeline.Pipeline {
	t.Helper()
	compiled, vocabulary, mapped, settings, err := rules()
	must(t, err)
	settings.Drain = 100
	in := reading()
	in.Topic, in.Group, in.Tick = "border", "border", 10*schemas.Millisecond
	config := pipeline.Defaults()
	config.FlushEvery, config.IdleAfter, config.FlushRows = 10*schemas.Millisecond, schemas.Day, 50
	started := time.Now()
	p, err := pipeline.New(config, pipeline.Parts{
		Connection: c.connection, Ingest: in, Mapping: mapped, Vocabulary: vocabulary, Rules: compiled, State: settings,
		Triggers: &memory.Triggers{}, DeadLetters: &memory.DeadLetters{}, Rows: rows,
		Now: func() time.Time { return time.UnixMilli(simulatedAt).Add(time.Since(started)) }, Log: quiet(),
	})
	must(t, err)
	return p
}
