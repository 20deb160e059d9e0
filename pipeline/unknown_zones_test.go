package pipeline_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"winback/sinks/events"
	"winback/sinks/memory"
)

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
next:
	for line := range strings.Lines(l.text.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue next
			}
		}
		n++
	}
	return n
}

// Of 30 events in one partition, 25 name a zone that nobody knows.
func TestEventsInUnknownTimeZonesCountAndAreTold(t *testing.T) {
	b := emptyBed(t)
	var log lines
	b.parts.Log = slog.New(slog.NewTextHandler(&log, nil))
	out := events.Defaults()
	out.Topic, out.Partitions = input, partitions
	producer := events.New(b.connection.Client(), out, slog.New(slog.DiscardHandler))
	for i := range int64(30) {
		zone := "NA"
		if i >= 25 {
			zone = "GMT+0530"
		}
		value := fmt.Sprintf(`{"user":"u","type":"visit","time":%d,"utc_offset":%q}`, dawn+i, zone)
		must(t, producer.Send(t.Context(), []byte("u"), []byte(value), 0))
	}
	must(t, producer.Close(t.Context()))
	p := b.pipeline(t, &memory.Triggers{}, &memory.Rows{})
	var unknown int64
	var counted uint64
	must(t, b.run(t, p, func() bool {
		if !caughtUp(p)() {
			return false
		}
		unknown, counted = 0, 0
		for _, s := range p.Status() {
			unknown, counted = unknown+s.UnknownZones, counted+s.Counts.Events
		}
		return true
	}))
	if unknown != 25 || counted != 30 {
		t.Errorf("%d events in unknown zones, %d counted; want 25 and 30", unknown, counted)
	}
	if n := log.count("level=WARN", "time zone", "first=NA"); n < 1 || n > 2 {
		t.Errorf("the log tells it %d times:\n%s", n, log.text.String())
	}
}
