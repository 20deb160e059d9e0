package deadletter_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas"
	"winback/sinks/deadletter"
	"winback/sinks/produce/producetest"
)

// Two headers on the wire: a: 1, and b: null.
var wireHeaders = []byte{4, 2, 'a', 2, '1', 2, 'b', 1}

func newProducer(t *testing.T, adjust func(*deadletter.Config)) (*deadletter.Producer, func() [][]*kgo.Record) {
	t.Helper()
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	cfg := deadletter.Defaults()
	adjust(&cfg)
	producetest.CreateTopic(t, client, cfg.Topic, 3)
	read := func() [][]*kgo.Record { return producetest.Read(t, client, cfg.Topic, 3) }
	return deadletter.New(client, cfg, "clicks", slog.New(slog.DiscardHandler)), read
}

// headers returns the record's headers as "key=value", a null as "key".
func headers(r *kgo.Record) []string {
	var all []string
	for _, h := range r.Headers {
		text := h.Key
		if h.Value != nil {
			text += "=" + string(h.Value)
		}
		all = append(all, text)
	}
	return all
}

func TestDeadLettersKeepTheRecordAndNameItsOrigin(t *testing.T) {
	p, read := newProducer(t, func(*deadletter.Config) {})
	letters := []schemas.DeadLetter{
		{Offset: 41, Time: 1_700_000_000_000, Reason: schemas.Malformed, Detail: "not JSON at byte 3", Key: []byte("ann"), Value: []byte("{{{"), Headers: wireHeaders},
		{Offset: 42, Time: 1_700_000_000_001, Reason: schemas.NoUser, Detail: "no user", Key: nil, Value: nil, Element: 3},
		{Offset: 43, Last: 92, Reason: schemas.Damaged, Detail: "a wrong checksum", Value: []byte("a batch")},
	}
	if err := p.Deliver(t.Context(), 2, letters); err != nil {
		t.Fatal(err)
	}
	got := read()[2]
	if len(got) != 3 {
		t.Fatalf("%d letters in partition 2, want 3", len(got))
	}
	if string(got[0].Key) != "ann" || string(got[0].Value) != "{{{" || got[1].Key != nil || got[1].Value != nil {
		t.Errorf("keys and values %q=%q, %q=%q", got[0].Key, got[0].Value, got[1].Key, got[1].Value)
	}
	for i, want := range [][]string{
		{"a=1", "b", "winback-topic=clicks", "winback-partition=2", "winback-offset=41", "winback-reason=malformed", "winback-detail=not JSON at byte 3", "winback-time=1700000000000"},
		{"winback-topic=clicks", "winback-partition=2", "winback-offset=42", "winback-reason=no_user", "winback-detail=no user", "winback-time=1700000000001", "winback-element=3"},
		{"winback-topic=clicks", "winback-partition=2", "winback-offset=43", "winback-reason=damaged", "winback-detail=a wrong checksum", "winback-time=0", "winback-last-offset=92"},
	} {
		if !slices.Equal(headers(got[i]), want) {
			t.Errorf("letter %d: headers %q, want %q", i, headers(got[i]), want)
		}
	}
}

func TestHeadersThatCannotBeReadAreKeptAsBytes(t *testing.T) {
	p, read := newProducer(t, func(*deadletter.Config) {})
	broken := wireHeaders[:5]
	if err := p.Deliver(t.Context(), 0, []schemas.DeadLetter{{Reason: schemas.Malformed, Headers: broken}}); err != nil {
		t.Fatal(err)
	}
	if got := headers(read()[0][0]); got[0] != "winback-headers="+string(broken) || got[1] != "winback-topic=clicks" {
		t.Errorf("headers %q", got)
	}
}

// A record may be refused just because it is too long; compressed, it was short enough for the broker to take it once.
func TestADeadLetterThatIsTooLongIsCut(t *testing.T) {
	p, read := newProducer(t, func(c *deadletter.Config) { c.MaxBytes = 5000 })
	long := bytes.Repeat([]byte("long "), 10_000)
	letters := []schemas.DeadLetter{{Offset: 1, Reason: schemas.Oversized, Key: []byte("k"), Value: long}, {Offset: 2, Reason: schemas.Late, Value: []byte("next")}}
	if err := p.Deliver(t.Context(), 0, letters); err != nil {
		t.Fatal(err)
	}
	got := read()[0]
	if len(got) != 2 || string(got[1].Value) != "next" {
		t.Fatalf("got %d letters", len(got))
	}
	if n := len(got[0].Value); n < 4000 || n > 5000 || !bytes.HasPrefix(long, got[0].Value) {
		t.Errorf("the value was cut to %d bytes", n)
	}
	if h := headers(got[0]); h[len(h)-1] != "winback-truncated=50000" {
		t.Errorf("headers %q", h)
	}
}

func TestATopicWithASmallerLimitIsAFatalError(t *testing.T) {
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	producetest.CreateTopic(t, client, "dead", 1, "max.message.bytes", "1000")
	cfg := deadletter.Defaults()
	cfg.Topic = "dead"
	p := deadletter.New(client, cfg, "clicks", slog.New(slog.DiscardHandler))
	err := p.Deliver(t.Context(), 0, []schemas.DeadLetter{{Value: make([]byte, 2000)}})
	if err == nil || !strings.Contains(err.Error(), kafka.MessageSizeTooLarge.Title()) || !strings.Contains(err.Error(), "lower max_bytes") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	if err := deadletter.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	faults := schemas.FaultsOf(deadletter.Config{}.Validate())
	if len(faults) < 3 || faults[0].Field != "topic" {
		t.Errorf("faults %v", faults)
	}
}
