package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/sinks/produce"
)

// grown is a broker whose input topic had two partitions for ten days and four for ten more. It has outputs of two partitions.
func grown(t *testing.T) (environ []string, conn *ingest.Connection) {
	t.Helper()
	broker := embeddedtest.Broker(t).Addr()
	conn, err := ingest.Kafka{Brokers: []string{broker}}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	environ = []string{"WINBACK_KAFKA_BROKERS=" + broker, "WINBACK_LOG_LEVEL=warn", "WINBACK_INPUT_TICK=100ms", "WINBACK_INPUT_MAX_WAIT=100ms"}
	if err := conn.EnsureTopic(t.Context(), "winback.triggers", 2, ingest.TopicConfig{}); err != nil {
		t.Fatal(err)
	}
	winback(t, environ, daily(1, 10), "replay", "--partitions", "2", "-").want(t, exitDone, "")
	answer, err := conn.Client().CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: "winback.events", Count: 4}}})
	if err == nil {
		err = answer.Errors["winback.events"]
	}
	if err != nil {
		t.Fatal(err)
	}
	winback(t, environ, daily(11, 20), "replay", "-").want(t, exitDone, "")
	return environ, conn
}

// daily are visits of 25 users on some days of a month.
func daily(from, to int) string {
	var text strings.Builder
	for day := from; day <= to; day++ {
		for user := range 25 {
			fmt.Fprintf(&text, `{"user":"user-%d","type":"visit","time":"2026-01-%02dT%02d:00:00Z"}`+"\n", user, day, user%24)
		}
	}
	return text.String()
}

func TestRepartitionCopiesTheInputTopicAndSaysWhatToDoNext(t *testing.T) {
	environ, _ := grown(t)
	got := winback(t, environ, "", "repartition", "--to", "events-3", "--partitions", "3")
	if got.code != exitDone || got.stderr != "" {
		t.Fatalf("got %+v", got)
	}
	golden(t, "repartition.txt", "$ winback repartition --to events-3 --partitions 3\n"+got.stdout)
	got = winback(t, environ, "", "repartition", "--to", "events-3", "--partitions", "3")
	if got.code != exitFailed || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "topic events-3 is not empty: partition 0 has ") {
		t.Errorf("a second time: got %+v", got)
	}
	got = winback(t, environ, "", "repartition", "--to", "other", "--partitioner", "crc32")
	if got.code != exitFailed || !strings.Contains(got.stderr, "give --partitioner murmur2\n") {
		t.Errorf("another partitioner: got %+v", got)
	}
}

func TestRepartitionThatFollowsEndsWellWhenInterrupted(t *testing.T) {
	environ, conn := grown(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	ended := make(chan outcome, 1)
	go func() {
		ended <- winbackUntil(ctx, environ, "", "repartition", "--to", "events-3", "--partitions", "3", "--follow")
	}()
	awaitRecords(t, conn, 500)
	winback(t, environ, daily(21, 25), "replay", "-").want(t, exitDone, "")
	awaitRecords(t, conn, 625)
	interrupt(interruption{syscall.SIGINT})
	got := <-ended
	if got.code != exitDone || !strings.HasPrefix(got.stdout, "Copied 625 records of topic winback.events (4 partitions) to topic events-3 (3 partitions), all acknowledged\n") {
		t.Errorf("got %+v", got)
	}
	if want := "winback: 500 records copied: copying on what reaches winback.events; let the producers write to events-3, and interrupt this when none writes to winback.events any more\n"; got.stderr != want {
		t.Errorf("got %q, want %q", got.stderr, want)
	}
}

// awaitRecords waits until the copy has so many records.
func awaitRecords(t *testing.T, conn *ingest.Connection, want int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n := int64(0)
		if _, ends, err := conn.Offsets(t.Context(), "events-3"); err == nil {
			for _, end := range ends {
				n += end
			}
		}
		if n >= want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d records were copied, want %d", n, want)
		}
	}
}

func TestRepartitionThatIsBrokenOffSaysThatTheTopicIsNotComplete(t *testing.T) {
	environ, conn := grown(t)
	winback(t, environ, strings.Repeat(daily(21, 25), 40), "replay", "-").want(t, exitDone, "")
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	var stdout, stderr strings.Builder
	looks := 0
	a := &app{environ: environ, stdout: &stdout, stderr: &stderr, size: unsized, now: func() time.Time {
		if looks++; looks == 2 { // the first is when the bar is made, the second when it is shown: records have been handed over
			interrupt(interruption{syscall.SIGTERM})
		}
		return time.Now()
	}}
	code := a.run(ctx, []string{"repartition", "--to", "events-4"})
	want := "winback: broken off: 4,096 records of winback.events were handed to topic events-4, which is not complete: delete it before you begin anew\nwinback: interrupted (terminated)\n"
	if code != exitSignal+int(syscall.SIGTERM) || stderr.String() != want || stdout.String() != "" {
		t.Errorf("got %d, %q, %q", code, stderr.String(), stdout.String())
	}
	if err := conn.EnsureTopic(t.Context(), "narrow", 4, ingest.TopicConfig{Settings: map[string]string{"max.message.bytes": "100"}}); err != nil {
		t.Fatal(err)
	}
	got := winback(t, environ, "", "repartition", "--to", "narrow")
	if got.code != exitFailed || !strings.Contains(got.stderr, "winback: broken off: ") || !strings.Contains(got.stderr, "max.message.bytes") {
		t.Errorf("got %+v", got)
	}
}

func TestRepartitionRefusesWhatMakesNoSense(t *testing.T) {
	for want, args := range map[string][]string{
		"--to is missing: name the new topic":                                                           {},
		"--to winback.triggers: that is the topic of triggers or of dead letters: name another":         {"--to", "winback.triggers"},
		"to: winback.events is the topic that is copied: name another":                                  {"--to", "winback.events"},
		"partitions: -1: use 1 to 10000, or 0 for as many as winback.events has":                        {"--to", "x", "--partitions", "-1"},
		`partitioner: there is no partitioner "md5": use one of murmur2, crc32, fnv1a, fnv1a_reference`: {"--to", "x", "--partitioner", "md5"},
	} {
		winback(t, nil, "", append([]string{"repartition"}, args...)...).want(t, exitUsage, "winback: "+want+"\n")
	}
}

func TestTheManualNamesThePartitionersAndFlagsOfRepartition(t *testing.T) {
	manual := strings.ReplaceAll(read(t, "../../../docs/operations.md"), "`", "")
	for _, p := range produce.Partitioners() {
		if !strings.Contains(manual, p.Clients+" |") || !strings.Contains(manual, "\n| "+p.Name+" ") {
			t.Errorf("%s: %s is missing", p.Name, p.Clients)
		}
	}
	flag := regexp.MustCompile(`--([a-z]+)`)
	for _, found := range flag.FindAllStringSubmatch(new(app).repartitionCommand().Flags().FlagUsages(), -1) {
		if !strings.Contains(manual, found[0]) {
			t.Errorf("%s is missing", found[0])
		}
	}
}
