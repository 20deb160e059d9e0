package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/demo"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
)

// From nothing to triggers with the commands that a newcomer types.
func TestReplayMigrateDoctorAndRunWorkTogether(t *testing.T) {
	environ, conn := servers(t)
	environ = bareRule(environ...)
	file := write(t, "shop.csv", shop())
	got := winback(t, environ, "", "run")
	got.want(t, exitFailed, got.stderr)
	if !strings.Contains(got.stderr, "winback.events") || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("without the topic: got %+v", got)
	}
	got = winback(t, environ, "", "replay", "--set", "replay.mapping.preset=csv", "--partitions", "1", file)
	if got.code != exitDone || !strings.HasSuffix(got.stdout, "Sent 151 events to topic winback.events, all acknowledged\n") {
		t.Fatalf("got %+v", got)
	}
	got = winback(t, environ, "", "run")
	if got.code != exitFailed || !regexp.MustCompile("^winback: the ClickHouse schema is version 0 and [0-9]+ is needed: run `winback migrate`, or start with --migrate\n$").MatchString(got.stderr) {
		t.Errorf("got %+v", got)
	}
	if got = winback(t, environ, "", "migrate"); got.code != exitDone || !regexp.MustCompile("^(applied .*\n)+The schema went from version 0 to [0-9]+\n$").MatchString(got.stdout) {
		t.Errorf("got %+v", got)
	}
	if got = winback(t, environ, "", "migrate"); got.code != exitDone || !strings.HasPrefix(got.stdout, "The schema is up to date: version ") {
		t.Errorf("got %+v", got)
	}
	if got = winback(t, environ, "", "doctor"); got.code != exitDone || strings.Contains(got.stdout, statusFail) || strings.Count(got.stdout, statusWarn+" ") != 2 /* topics to be made */ || !strings.Contains(got.stdout, "the newest 50 records are events") || !strings.Contains(got.stdout, "winback.events keeps 200d") {
		t.Errorf("got %+v", got)
	}
	runUntilTriggered(t, environ, conn)
}

// runUntilTriggered runs the service until ann's recall is in its topic, then tells it to stop.
func runUntilTriggered(t *testing.T, environ []string, conn *ingest.Connection) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan outcome, 1)
	address := fmt.Sprint("127.0.0.1:", embeddedtest.FreePort(t))
	go func() { ended <- winbackUntil(ctx, environ, "", "run", "--set", "api.listen="+address) }()
	deadline := time.After(time.Minute)
	for triggers := int64(0); triggers == 0; {
		select {
		case got := <-ended:
			t.Fatalf("the service has ended: %+v", got)
		case <-deadline:
			t.Fatal("no trigger within a minute")
		case <-time.After(50 * time.Millisecond):
		}
		_, last, err := conn.Offsets(ctx, "winback.triggers")
		if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) { // not made yet
			t.Fatal(err)
		}
		for _, n := range last {
			triggers += n
		}
	}
	if metrics := scrape(t, address); !strings.Contains(metrics, `winback_triggers_total{partition="0"} 1`) {
		t.Errorf("the metrics do not tell of the trigger:\n%s", metrics)
	}
	cancel(interruption{syscall.SIGTERM})
	// What is being delivered at that moment may be left to the next start, with a warning.
	if got := <-ended; got.code != exitDone || strings.Contains(got.stderr, "winback: ") {
		t.Errorf("got %+v", got)
	}
}

// scrape waits until the trigger has been told of: it is counted when its delivery is acknowledged.
func scrape(t *testing.T, address string) (metrics string) {
	t.Helper()
	for range 100 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if metrics = string(body); strings.Contains(metrics, `winback_triggers_total{partition="0"} 1`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return metrics
}

func TestTheDemoEndsByItselfAndLeavesNoFiles(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	environ := append(os.Environ(), "HOME="+temp)
	for i, entry := range environ {
		if strings.HasPrefix(entry, "WINBACK_") && !strings.HasPrefix(entry, "WINBACK_CACHE_DIR=") {
			environ[i] = "UNUSED="
		}
	}
	library := embeddedtest.Library(t)
	got := winback(t, append([]string{"CHDB_LIB_PATH=" + library}, environ...), "", "demo", "--users", "200", "--days", "100", "--lasting", "0s")
	if got.code != exitDone || got.stderr != "" {
		t.Fatalf("got %+v", got)
	}
	for _, want := range []string{"day 100 of 100", "against own 28 days", "0 waiting", "Do the flagged users leave?", "the bare 30 % rule", "Try next:"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is missing from\n%s", want, got.stdout)
		}
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) != 0 {
		t.Errorf("%v: left behind: %v", err, left)
	}
}

func TestTheDemosOutputFitsATerminal(t *testing.T) {
	rows := demo.OutcomesTable(demo.Outcome{Rule: "the bare 30 % rule", Flagged: 10_000, Right: 1000, Left: 10_000, Found: 1000})
	for line := range strings.Lines(rows + tryNext) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}

func TestTheScreenIsRedrawnInPlace(t *testing.T) {
	var out bytes.Buffer
	s := screen{a: &app{stdout: &out}}
	s.place([]string{"a\n", "b\n"})
	s.place([]string{"c\n"})
	if got, want := out.String(), "a\x1b[K\nb\x1b[K\n\x1b[J\x1b[2A\rc\x1b[K\n\x1b[J"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheScreenTakesNoMoreThanTheTerminalHas(t *testing.T) {
	var out bytes.Buffer
	s := screen{a: &app{stdout: &out, size: func() (width, height int) { return 30, 8 }}}
	s.draw(&demo.Snapshot{Days: 63})
	if lines := strings.Count(out.String(), "\n"); lines != 7 {
		t.Errorf("%d lines were drawn on a terminal of 8: %q", lines, out.String())
	}
	s.draw(&demo.Snapshot{Days: 63})
	if !strings.Contains(out.String(), "\x1b[7A") {
		t.Errorf("got %q", out.String())
	}
}
