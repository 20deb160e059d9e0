package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/config"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/schemas/mapping"
	"winback/sinks/clickhouse"
)

type fakeServer struct {
	versionErr                   error
	have, want                   int64
	lacking, differing, refusing []clickhouse.Problem
	pushed                       []string
	histories                    clickhouse.Histories
	historiesErr                 error
}

func (f fakeServer) Version(context.Context) (string, error) { return "25.8.2.1", f.versionErr }
func (f fakeServer) SchemaVersion(context.Context) (have, want int64, err error) {
	return f.have, f.want, nil
}
func (f fakeServer) Lacking(context.Context) ([]clickhouse.Problem, error)    { return f.lacking, nil }
func (f fakeServer) Compare(context.Context) ([]clickhouse.Problem, error)    { return f.differing, nil }
func (f fakeServer) TryInserts(context.Context) ([]clickhouse.Problem, error) { return f.refusing, nil }
func (f fakeServer) PushedTo(context.Context) ([]string, error)               { return f.pushed, nil }
func (f fakeServer) CheckHistories(context.Context) (clickhouse.Histories, error) {
	return f.histories, f.historiesErr
}
func (f fakeServer) Close() error { return nil }

// topics answers for a cluster: a count, or an error.
func topics(answers map[string]any) func(context.Context, string) (int, error) {
	return func(_ context.Context, topic string) (int, error) {
		switch answer := answers[topic].(type) {
		case int:
			return answer, nil
		case error:
			return 0, fmt.Errorf("topic %s: %w", topic, answer)
		}
		return 0, fmt.Errorf("topic %s: %w: make it, or name another", topic, kafka.UnknownTopicOrPartition)
	}
}

func TestTheDoctorNamesWhatIsWrongAndTheRemedy(t *testing.T) {
	c := config.Defaults()
	whole := map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}
	var text strings.Builder
	for _, patient := range []struct {
		name   string
		sample sample
		group  error
		keeps  map[string]string
		topics map[string]any
		server server
		err    error
		code   int
	}{
		{"healthy", sample{records: 400, events: 400}, nil, map[string]string{"retention.ms": "17280000000", "cleanup.policy": "delete"}, map[string]any{"winback.events": 8, "winback.triggers": 8, "winback.deadletters": 8}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"new", sample{}, nil, map[string]string{"retention.ms": "604800000"}, map[string]any{"winback.events": 8}, fakeServer{have: 0, want: 5, lacking: []clickhouse.Problem{{What: "the user winback lacks CREATE TABLE", Remedy: "GRANT CREATE TABLE ON winback.* TO winback"}}}, nil, exitFailed},
		{"tables that take no rows", sample{records: 400, events: 400}, nil, nil, whole, fakeServer{have: 5, want: 5, differing: []clickhouse.Problem{{What: "the table triggers has no column risk", Remedy: "run `winback migrate`", Stops: true}, {What: "the view episodes is missing", Remedy: "run `winback migrate`"}}}, nil, exitFailed},
		{"a user without rights, rows missing", sample{records: 400, events: 400}, nil, nil, whole, fakeServer{
			have: 5, want: 5, refusing: []clickhouse.Problem{{What: "inserting into triggers", Remedy: "GRANT INSERT ON winback.triggers TO winback", Stops: true}},
			pushed: []string{"shop.theirs on triggers"}, histories: clickhouse.Histories{Changes: 12345, Broken: 3, Example: "ann", Topic: "winback.events"},
		}, nil, exitFailed},
		{"a view is missing, and too many rows to look at", sample{records: 400, events: 400}, nil, nil, whole, fakeServer{
			have: 5, want: 5, differing: []clickhouse.Problem{{What: "the view episodes is missing", Remedy: "run `winback migrate`"}}, historiesErr: errors.New("code: 159, message: Timeout exceeded"),
		}, nil, exitFailed},
		{"other partition counts", sample{records: 400, events: 397, refused: 3, problem: "offset 7: no_user: user: missing or empty", unknownZones: mapping.UnknownZones{Events: 12, First: "NA"}}, nil, map[string]string{"retention.ms": "-1"}, map[string]any{"winback.events": 8, "winback.triggers": 4, "winback.deadletters": 1}, fakeServer{have: 6, want: 5}, nil, exitFailed},
		{"nothing there", sample{}, nil, nil, map[string]any{"winback.triggers": 8}, nil, errors.New("dial tcp 127.0.0.1:9000: connection refused: is it up?"), exitFailed},
		{"another format", sample{records: 1, refused: 1, problem: "offset 7: malformed: byte 0: not a JSON object"}, nil, map[string]string{"retention.ms": "-1", "cleanup.policy": "compact,delete"}, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitFailed},
		{"aborted transactions", sample{records: 40, events: 40, passed: 1450}, nil, map[string]string{"retention.ms": "-1"}, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"nothing but aborted transactions, and another's group", sample{passed: 500_000}, errors.New("the group is in use: choose another"), map[string]string{"retention.ms": "-1"}, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitFailed},
		{"no permission to ask", sample{records: 400, events: 400}, nil, nil, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"batches", sample{records: 3, events: 7}, nil, nil, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"batches with refusals", sample{records: 3, events: 7, refused: 2, problem: "offset 7: array_in_path: element 3 of 4: amount: the path items.price goes through an array"}, nil, nil, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"empty batches", sample{records: 3}, nil, nil, map[string]any{"winback.events": 1, "winback.triggers": 1, "winback.deadletters": 1}, fakeServer{have: 5, want: 5}, nil, exitDone},
		{"no Kafka, old ClickHouse", sample{}, nil, nil, map[string]any{"winback.events": errors.New("nothing listens there: check brokers")},
			fakeServer{versionErr: errors.New("version 23.1: 24.8 or later is needed")}, nil, exitFailed},
	} {
		var stdout bytes.Buffer
		a := &app{stdout: &stdout, stderr: &stdout}
		settings := func(context.Context, string) (map[string]string, error) {
			if patient.keeps == nil {
				return nil, kafka.TopicAuthorizationFailed
			}
			return patient.keeps, nil
		}
		d := &doctor{c: &c, partitions: topics(patient.topics), settings: settings, sample: func(context.Context) (sample, error) { return patient.sample, nil }, clickhouse: func(context.Context) (server, error) { return patient.server, patient.err },
			group: func(context.Context, string) error { return patient.group }, offsets: func(context.Context) error { return nil }}
		d.configuration(nil)
		d.examine(t.Context())
		if code := a.report(t.Context(), a.showFindings(d.findings, outputText)); code != patient.code {
			t.Errorf("%s: exit code %d, want %d", patient.name, code, patient.code)
		}
		fmt.Fprintf(&text, "== %s\n%s", patient.name, stdout.String())
	}
	golden(t, "doctor.txt", text.String())
}

// What would end the start must not wait for the start to be seen.
func TestTheDoctorSaysThatTheOffsetsAreOfAnotherLog(t *testing.T) {
	c := config.Defaults()
	d := &doctor{
		c: &c, partitions: func(context.Context, string) (int, error) { return 8, nil }, settings: func(context.Context, string) (map[string]string, error) { return nil, nil },
		sample: func(context.Context) (sample, error) { return sample{}, nil }, group: func(context.Context, string) error { return nil },
		offsets: func(context.Context) error { return errors.New("the topic had 4 partitions and has 8 now") },
	}
	d.examine(t.Context())
	for _, f := range d.findings {
		if f.Check == "consumer group" && f.Status == statusFail && strings.Contains(f.Detail, "had 4 partitions") {
			return
		}
	}
	t.Errorf("got %v", d.findings)
}

func TestTheDoctorListsEveryFaultAndAsksNoServerThen(t *testing.T) {
	got := winback(t, nil, "", "doctor", "-o", "json", "--set", "scorer.grain=7m", "--set", "input.topic=")
	if got.code != exitFailed || got.stderr != "" {
		t.Errorf("got %+v", got)
	}
	var statuses []string
	for line := range strings.Lines(got.stdout) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, f.Check+" "+f.Status)
	}
	want := "[configuration FAIL configuration FAIL kafka skip clickhouse skip]"
	if fmt.Sprint(statuses) != want {
		t.Errorf("got %v, want %v", statuses, want)
	}
}

// servers gives a broker and a ClickHouse database of the test's own, as environment.
func servers(t *testing.T) (environ []string, conn *ingest.Connection) {
	t.Helper()
	options := embeddedtest.ClickHouse(t)
	broker := embeddedtest.Broker(t).Addr()
	conn, err := ingest.Kafka{Brokers: []string{broker}}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return []string{
		"WINBACK_KAFKA_BROKERS=" + broker, "WINBACK_CLICKHOUSE_ADDR=" + options.Addr[0], "WINBACK_CLICKHOUSE_DATABASE=" + options.Auth.Database,
		"WINBACK_CLICKHOUSE_USERNAME=" + options.Auth.Username, "WINBACK_CLICKHOUSE_PASSWORD=" + options.Auth.Password,
		"WINBACK_LOG_LEVEL=warn", "WINBACK_INPUT_TICK=100ms", "WINBACK_INPUT_MAX_WAIT=100ms", "WINBACK_PIPELINE_FLUSH_EVERY=100ms",
		"WINBACK_TOPICS_RETENTION=200d",
		"WINBACK_STATE_MAX_JUMP=0", // in March bob is alone, and comes once a day
	}, conn
}
