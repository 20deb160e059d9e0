package endtoend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/sinks/deadletter"
	"winback/sinks/produce"
	"winback/sinks/triggers"
)

// readTopic calls read with every record of a topic.
func readTopic(t *testing.T, connection *ingest.Connection, topic string, read func(partition int32, r *schemas.Record, headers map[string]string)) {
	t.Helper()
	first, last, err := connection.Offsets(t.Context(), topic)
	must(t, err)
	for p := range int32(len(last)) {
		if first[p] == last[p] {
			continue
		}
		reader := ingest.NewReader(connection, topic, p, first[p], ingest.DefaultFetch(), quiet())
		var r schemas.Record
		for batch := range reader.Batches(t.Context()) {
			for batch.Read(&r) {
				wire, err := produce.ParseHeaders(r.Headers)
				must(t, err)
				headers := map[string]string{}
				for _, h := range wire {
					headers[h.Key] = string(h.Value)
				}
				read(p, &r, headers)
			}
			if batch.Next >= last[p] {
				break
			}
		}
		must(t, reader.Err())
	}
}

// checkTriggers: each expected trigger once, as it must be, on the partition of its user, and no other.
func checkTriggers(t *testing.T, connection *ingest.Connection, want *expectation) {
	t.Helper()
	missing := map[schemas.TriggerID]schemas.Trigger{}
	partition := map[schemas.TriggerID]int32{}
	for p := range partitions {
		for _, trigger := range want.triggers(p) {
			missing[trigger.ID], partition[trigger.ID] = trigger, int32(p)
		}
	}
	readTopic(t, connection, output, func(p int32, r *schemas.Record, headers map[string]string) {
		var got schemas.Trigger
		must(t, json.Unmarshal(r.Value, &got))
		in, expected := partition[got.ID]
		trigger, first := missing[got.ID]
		switch {
		case !expected:
			t.Errorf("partition %d: nobody expects the trigger %+v", p, got)
		case !first:
			t.Errorf("partition %d: the trigger %+v came twice", p, got)
		case got != trigger:
			t.Errorf("partition %d: trigger %+v, want %+v", p, got, trigger)
		case p != in || string(r.Key) != trigger.User || headers[triggers.HeaderID] != got.ID.String():
			t.Errorf("partition %d, key %q, headers %v: want partition %d and the user and id of %+v", p, r.Key, headers, in, got)
		}
		delete(missing, got.ID)
	})
	for _, trigger := range missing {
		t.Errorf("the trigger %+v is missing", trigger)
	}
}

// checkLetters: each refused record, untouched, with its origin and reason; again only where a member went before it
// could commit.
func checkLetters(t *testing.T, connection *ingest.Connection, want *expectation) {
	t.Helper()
	seen := map[origin]int{}
	readTopic(t, connection, refusals, func(p int32, r *schemas.Record, headers map[string]string) {
		partition, err := strconv.ParseInt(headers[deadletter.HeaderPartition], 10, 32)
		must(t, err)
		offset, err := strconv.ParseInt(headers[deadletter.HeaderOffset], 10, 64)
		must(t, err)
		at := origin{int32(partition), offset}
		l, expected := want.letters[at]
		seen[at]++
		switch {
		case !expected:
			t.Errorf("%+v: nobody expects a dead letter: %v %.100s", at, headers, r.Value)
		case at.partition != p || headers[deadletter.HeaderTopic] != input || headers[deadletter.HeaderReason] != l.reason || headers[deadletter.HeaderDetail] == "":
			t.Errorf("%+v in partition %d: headers %v, want %s", at, p, headers, l.reason)
		case !bytes.Equal(r.Key, l.key) || !bytes.Equal(r.Value, l.value):
			t.Errorf("%+v: %q = %.100q, want %q = %.100q", at, r.Key, r.Value, l.key, l.value)
		}
	})
	again := 0
	for at, l := range want.letters {
		if seen[at] == 0 {
			t.Errorf("%+v: the dead letter is missing: %s %.100s", at, l.reason, l.value)
		}
		again += max(0, seen[at]-1)
	}
	t.Logf("%d dead letters, %d of them sent again by the next owner: %v", len(want.letters), again, want.lettersFrom())
}

// checkCounters asks the members for every user's windows.
func checkCounters(t *testing.T, members []*joined, want *expectation) {
	t.Helper()
	missing := map[string]bool{}
	for user := range want.counters {
		missing[user] = true
	}
	for _, m := range members {
		for _, s := range m.Status() {
			must(t, m.Inspect(t.Context(), s.Partition, func(p *state.Partition) {
				for person := range p.Views(want.border) {
					checkPerson(t, &person, want.counters[person.ID])
					if produce.Partition([]byte(person.ID), partitions) != s.Partition || !missing[person.ID] {
						t.Errorf("user %q stands in partition %d, or twice", person.ID, s.Partition)
					}
					delete(missing, person.ID)
				}
			}))
		}
	}
	for user := range missing {
		t.Errorf("no member knows user %q", user)
	}
	t.Logf("%d users, %d counters each", len(want.counters), 2*len(metrics))
}

func checkPerson(t *testing.T, person *state.UserView, want *counters) {
	if want == nil || len(person.Metrics) != len(metrics) {
		t.Errorf("user %q was not expected, or has %d metrics instead of %d", person.ID, len(person.Metrics), len(metrics))
		return
	}
	for i, m := range metrics {
		if got := person.Metrics[i]; got.Cur.S != want[i].cur || got.Base.S != want[i].base {
			t.Errorf("user %q, %s: %d in the window and %d before, want %d and %d", person.ID, m.name, got.Cur.S, got.Base.S, want[i].cur, want[i].base)
		}
	}
}

// checkTables: what dashboards read is what was produced.
func checkTables(t *testing.T, options *clickhouse.Options, want *expectation) {
	t.Helper()
	conn, err := clickhouse.Open(options)
	must(t, err)
	defer conn.Close()
	checkActivity(t, conn, want)
	checkTransitions(t, conn, want)
	checkProfiles(t, conn, want)
	expected := map[string]int{}
	for p := range partitions {
		for _, trigger := range want.triggers(p) {
			expected[fmt.Sprint(p, trigger.ID)]++
		}
	}
	compare(t, "triggers", expected, query(t, conn, "SELECT toString(partition) || ' ' || id FROM triggers FINAL"))
}

func checkActivity(t *testing.T, conn driver.Conn, want *expectation) {
	t.Helper()
	expected := map[string]int{}
	for kind, s := range want.byType {
		expected[fmt.Sprint(kind, " ", s.events, " ", s.amount, " ", s.duration)]++
	}
	compare(t, "activity", expected, query(t, conn, `SELECT arrayStringConcat([type, toString(sum(events)), toString(sum(amount)), toString(sum(duration_ms))], ' ')
		FROM activity FINAL WHERE minute < fromUnixTimestamp64Milli(?) GROUP BY type`, want.until))
}

func checkTransitions(t *testing.T, conn driver.Conn, want *expectation) {
	t.Helper()
	expected := map[string]int{}
	for _, d := range want.decisions() {
		expected[fmt.Sprint(d.User, " ", d.At, " ", d.Kind, " ", d.From, " ", d.To, " ", d.Episode, " ", d.Metric, " ", d.Cur, " ", d.Base, " ", d.Reason)]++
	}
	compare(t, "transitions", expected, query(t, conn, `SELECT arrayStringConcat([user, toString(toUnixTimestamp64Milli(at)), kind, from_state, to_state, toString(episode),
		metric, toString(cur), toString(base), reason], ' ') FROM transitions FINAL`))
}

func checkProfiles(t *testing.T, conn driver.Conn, want *expectation) {
	t.Helper()
	expected := map[string]int{}
	for _, p := range want.profiles() {
		expected[fmt.Sprint(p.User, " ", p.At, " ", p.Lifecycle, " ", p.RFM)]++
	}
	compare(t, "profiles", expected, query(t, conn, `SELECT arrayStringConcat([user, toString(toUnixTimestamp64Milli(at)), lifecycle, rfm], ' ') FROM profiles FINAL`))
}

// query counts the lines of an answer.
func query(t *testing.T, conn driver.Conn, text string, args ...any) map[string]int {
	t.Helper()
	rows, err := conn.Query(t.Context(), text, args...)
	must(t, err)
	defer rows.Close()
	lines := map[string]int{}
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		lines[line]++
	}
	must(t, rows.Err())
	return lines
}

func compare(t *testing.T, table string, want, got map[string]int) {
	t.Helper()
	for line, n := range want {
		if got[line] != n {
			t.Errorf("%s: %q %d times, want %d", table, line, got[line], n)
		}
	}
	for line, n := range got {
		if want[line] == 0 {
			t.Errorf("%s: nobody expects %q, %d times", table, line, n)
		}
	}
	t.Logf("%s: %d rows", table, len(want))
}

// awaitEnd waits until the members together have committed everything.
func awaitEnd(t *testing.T, members []*joined, want *expectation) {
	t.Helper()
	members[0].await(t, "all is committed", func([]pipeline.Status) bool {
		done := 0
		for _, m := range members {
			for _, s := range m.Status() {
				if !s.Restoring && s.Committed == want.next[s.Partition] {
					done++
				}
			}
		}
		return done == partitions
	})
}

// rate says how fast something went.
func rate(n int, since time.Time) string {
	return fmt.Sprintf("%d events in %v, %.0f/s", n, time.Since(since).Round(time.Millisecond), float64(n)/time.Since(since).Seconds())
}
