package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"winback/pipeline/config"
	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
)

func TestALineGoesToKafkaAsItIsOrAsWinbacksOwnJSON(t *testing.T) {
	vocabulary, err := schemas.NewVocabulary([]string{"order"})
	if err != nil {
		t.Fatal(err)
	}
	event := &replay.Event{Event: schemas.Event{User: []byte(`a"b`), Time: 5, Amount: -7, Type: vocabulary.Lookup([]byte("order"))}, Line: []byte("the line")}
	for name, c := range map[string]struct {
		settings []string
		want     string
	}{
		"the topic's own mapping": {nil, "the line"},
		"a mapping for files":     {[]string{"replay.mapping.preset=cdnow"}, `{"user":"a\"b","type":"order","time":5,"amount":-7}`},
		"a file with a header":    {[]string{"mapping.preset=csv"}, "leave mapping out, and describe the files in replay.mapping"},
		"an amount in cents":      {[]string{"mapping.amount={unit: major}", "replay.mapping.preset=csv"}, "leave mapping out, and describe the files in replay.mapping"},
		"two foreign mappings":    {[]string{"mapping.preset=segment", "replay.mapping.preset=csv"}, "leave mapping out, and describe the files in replay.mapping"},
	} {
		loaded, err := config.Load(config.Sources{Settings: c.settings}, config.Files)
		if err != nil {
			t.Fatal(err)
		}
		encode, _, err := encoder(&loaded.Config, vocabulary)
		if err != nil {
			if !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if got := string(encode(nil, event)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// What a file says of an event reaches the service: who writes Winback's own JSON must leave nothing out that its mapping could have read.
func TestOwnJSONKeepsEveryFieldOfAnEvent(t *testing.T) {
	vocabulary, err := schemas.NewVocabulary([]string{"order"}, "shoes")
	if err != nil {
		t.Fatal(err)
	}
	want := schemas.Event{
		User: []byte("u"), ID: 0xfe, Time: 1_790_000_000_000, Amount: -7, Duration: 9, Offset: -480,
		Type: vocabulary.Lookup([]byte("order")), Category: vocabulary.Category([]byte("shoes")),
	}
	fields := reflect.ValueOf(want)
	for i := range fields.NumField() {
		if fields.Field(i).IsZero() {
			t.Fatalf("the event has no %s", fields.Type().Field(i).Name)
		}
	}
	m, err := mapping.Compile(mapping.Defaults(), vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	value := appendJSON(nil, &replay.Event{Event: want}, vocabulary)
	var got, again schemas.Event
	decoder := m.NewDecoder()
	for _, e := range []*schemas.Event{&got, &again} {
		if reason := decoder.Decode(&schemas.Record{Key: []byte("u"), Value: value}, e); reason != schemas.Accepted {
			t.Fatalf("%s: %v: %s", value, reason, decoder.Detail())
		}
	}
	if got.ID == 0 || got.ID != again.ID {
		t.Errorf("%s has the ids %x and %x, want one that is always the same", value, got.ID, again.ID)
	}
	if got.ID = want.ID; !reflect.DeepEqual(got, want) {
		t.Errorf("%s reads as %+v, want %+v", value, got, want)
	}
}

func TestProgressWithoutATerminalIsALineNowAndThen(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1000, 0)
	a := &app{stderr: &out, now: func() time.Time { return now }}
	bar := a.newProgress("reading", true)
	for range 25 {
		now = now.Add(time.Second)
		bar.show(1_500_000, 3_000_000)
	}
	bar.end()
	things := a.newProgress("replaying", false)
	now = now.Add(time.Minute)
	things.show(12345, 0)
	if got, want := out.String(), strings.Repeat("winback: reading: 1.5 MB, 50 %\n", 2)+"winback: replaying: 12,345\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPartitionCountThatDiffersIsNotTouched(t *testing.T) {
	environ, _ := servers(t)
	line := `{"user":"x","type":"visit","time":1767225600000}`
	got := winback(t, environ, line, "replay", "-")
	if got.code != exitFailed || !strings.HasSuffix(got.stderr, ": --partitions N makes it\n") {
		t.Errorf("got %+v", got)
	}
	winback(t, environ, line, "replay", "--partitions", "3", "-").want(t, exitDone, "")
	winback(t, environ, line, "replay", "--partitions", "3", "-").want(t, exitDone, "")
	winback(t, environ, line, "replay", "--partitions", "2", "-").want(t, exitFailed,
		"winback: topic winback.events has 3 partitions, not 2: leave --partitions out, or name another topic with --set input.topic=NAME\n")
}
