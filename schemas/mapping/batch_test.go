package mapping_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// told is what is said of each event of a record: the user and the time, or the reason and the detail; and the record that it is by itself.
func told(d *mapping.Decoder, r *schemas.Record) (all []string) {
	var e schemas.Event
	for reason := range d.Events(r, &e) {
		one := fmt.Sprintf("%s %d", e.User, e.Time)
		if reason != schemas.Accepted {
			one = fmt.Sprintf("%s %s", reason, d.Detail())
		}
		own := d.Record()
		all = append(all, fmt.Sprintf("%s | %d %s", one, own.Element, own.Value))
	}
	return all
}

func batchDecoder(t *testing.T, text string) *mapping.Decoder {
	t.Helper()
	cfg := parse(t, text)
	cfg.Key = mapping.KeyIgnore
	return compile(t, cfg).NewDecoder()
}

func TestAnArrayIsAsManyEventsAsItHasElements(t *testing.T) {
	const a, b = `{"user":"a","type":"order","time":1}`, `{"user":"b","type":"order","time":2}`
	whole := func(value, detail string) []string { return []string{"malformed " + detail + " | 0 " + value} }
	for _, test := range []struct {
		name, value string
		want        []string
	}{
		{"one", `[` + a + `]`, []string{"a 1 | 1 " + a}},
		{"two, and white space", " [ " + a + "\r\n,\t" + b + " ] \n", []string{"a 1 | 1 " + a, "b 2 | 2 " + b}},
		{"none", ` [ ] `, nil},
		{"one is refused", `[` + a + `,{"user":"x","type":"order"},` + b + `]`,
			[]string{"a 1 | 1 " + a, `bad_time element 2 of 3: time: missing or empty | 2 {"user":"x","type":"order"}`, "b 2 | 3 " + b}},
		{"one is no object", `[7,` + a + `,"x,]",[` + b + `],null]`, []string{"malformed element 1 of 5: byte 0: not a JSON object | 1 7", "a 1 | 2 " + a,
			`malformed element 3 of 5: byte 0: not a JSON object | 3 "x,]"`, "malformed element 4 of 5: byte 0: not a JSON object | 4 [" + b + "]",
			"malformed element 5 of 5: byte 0: not a JSON object | 5 null"}},
		{"one is no JSON", `[{"user":},` + a + `,{"x":[1}},` + b + `]`, []string{"malformed element 1 of 4: byte 8: no JSON value | 1 {\"user\":}", "a 1 | 2 " + a,
			`malformed element 3 of 4: byte 7: a comma or a closing bracket is missing | 3 {"x":[1}}`, "b 2 | 4 " + b}},
		{"one is missing", `[` + a + `,,` + b + `,]`, []string{"a 1 | 1 " + a, "malformed element 2 of 4: byte 0: an element is missing | 2 ", "b 2 | 3 " + b,
			"malformed element 4 of 4: byte 0: an element is missing | 4 "}},
		{"a comma is missing", `[` + a + b + `]`, []string{"malformed element 1 of 1: byte 36: something follows the JSON object | 1 " + a + b}},
		{"brackets and quotes in text", `[{"user":"a]}\"\\","type":"[{","time":1},` + b + `]`, []string{`a]}"\ 1 | 1 {"user":"a]}\"\\","type":"[{","time":1}`, "b 2 | 2 " + b}},
		{"cut short behind an element", `[` + a, whole(`[`+a, "byte 0: an array is not closed")},
		{"cut short inside an element", `[` + a + `,{"user":"b`, whole(`[`+a+`,{"user":"b`, "byte 0: an array is not closed")},
		{"a bracket alone", `[`, whole(`[`, "byte 0: an array is not closed")},
		{"something behind it", `[` + a + `] x`, whole(`[`+a+`] x`, "byte 39: something follows the JSON array")},
		{"a closing bracket too many", `[` + a + `},` + b + `]`, whole(`[`+a+`},`+b+`]`, "byte 37: a closing bracket that nothing has opened")},
		{"more elements than events could be", "[" + strings.Repeat("{},", 99) + "{}]", whole("["+strings.Repeat("{},", 99)+"{}]", "byte 0: an array of more elements than its bytes could be events")},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := batchDecoder(t, `{}`)
			for range 2 { // the second time by what the first has taught
				if got := told(d, &schemas.Record{Value: []byte(test.value)}); !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
			if got := told(d, &schemas.Record{Value: []byte(b)}); !slices.Equal(got, []string{"b 2 | 0 " + b}) {
				t.Errorf("the record behind it: got %q", got)
			}
		})
	}
}

func TestEachNamesTheArrayOfEvents(t *testing.T) {
	const a, b = `{"user":"a","type":"order","time":1}`, `{"user":"b","type":"order","time":2}`
	for _, test := range []struct {
		name, value string
		want        []string
	}{
		{"two", `{"x":{"batch":[` + a + `,` + b + `]}}`, []string{"a 1 | 1 " + a, "b 2 | 2 " + b}},
		{"none", `{"x":{"batch":[]},"user":"a","type":"order","time":1}`, nil},
		{"of equal fields the last", `{"x":{"batch":[` + a + `,` + a + `]},"x":{"batch":[` + b + `]}}`, []string{"b 2 | 1 " + b}},
		{"one is no JSON", `{"x":{"batch":[{"user":},` + b + `]},"y":1}`, []string{"malformed element 1 of 2: byte 8: no JSON value | 1 {\"user\":}", "b 2 | 2 " + b}},
		{"no batch", b, []string{"b 2 | 0 " + b}},
		{"null", `{"user":"a","type":"order","time":1,"x":{"batch":null}}`, []string{`a 1 | 0 {"user":"a","type":"order","time":1,"x":{"batch":null}}`}},
		{"a batch in a batch", `{"x":{"batch":[{"user":"a","type":"order","time":1,"x":{"batch":[` + b + `]}}]}}`,
			[]string{`a 1 | 1 {"user":"a","type":"order","time":1,"x":{"batch":[` + b + `]}}`}},
		{"an object", `{"x":{"batch":{"user":"a"}}}`, []string{`malformed each "{\"user\":\"a\"}": not an array | 0 {"x":{"batch":{"user":"a"}}}`}},
		{"text", `{"x":{"batch":"[]"}}`, []string{`malformed each "[]": not an array | 0 {"x":{"batch":"[]"}}`}},
		{"cut short", `{"x":{"batch":[` + a + `,`, []string{`malformed byte 14: an array is not closed | 0 {"x":{"batch":[` + a + `,`}},
		{"not closed around it", `{"x":{"batch":[` + a + `]}`, []string{`malformed byte 53: the JSON ends inside an object | 0 {"x":{"batch":[` + a + `]}`}},
		{"an array of events", `[` + a + `]`, []string{"a 1 | 1 " + a}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := batchDecoder(t, `{each: x.batch}`)
			for range 2 {
				if got := told(d, &schemas.Record{Value: []byte(test.value)}); !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}

func TestWhatAnElementLacksIsFoundAroundIt(t *testing.T) {
	d := batchDecoder(t, `{each: events, user: [user.id, account], time: [at, sent], amount: {field: price, times: count}, id: {field: id, within: source}}`)
	decodeAll := func(value string) (all []schemas.Event) {
		t.Helper()
		var e schemas.Event
		for reason := range d.Events(&schemas.Record{Value: []byte(value)}, &e) {
			if reason != schemas.Accepted {
				t.Fatalf("%s: %s (%s)", value, reason, d.Detail())
			}
			e.User = slices.Clone(e.User)
			all = append(all, e)
		}
		return all
	}
	got := decodeAll(`{"user":{"id":"around","x":1},"at":5,"count":3,"type":"visit","id":"batch","source":"s","events":[
		{"price":2},{"price":0,"account":"own"},{"price":0,"user":{"x":2}},{"price":0,"at":null,"type":"order"},{"price":0,"sent":9,"id":"e"},{"price":0,"id":"e","user":{"id":"x"},"source":"t"}]}`)
	want := []struct {
		user         string
		time, amount int64 // the time in seconds
		kind         string
		id           bool
	}{{"around", 5, 6, "visit", false}, {"own", 5, 0, "visit", false}, {"around", 5, 0, "visit", false}, {"around", 5, 0, "order", false},
		{"around", 9, 0, "visit", true}, {"x", 5, 0, "visit", true}}
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	words := vocabulary(t)
	for i, w := range want {
		if e := got[i]; string(e.User) != w.user || e.Time != 1000*w.time || e.Amount != w.amount || words.Name(e.Type) != w.kind || e.ID != 0 != w.id {
			t.Errorf("element %d: got %+v, want %+v", i+1, e, w)
		}
	}
	same := decodeAll(`{"source":"s","events":[{"id":"e","account":"around","type":"visit","at":1}]}`)
	if got[4].ID != same[0].ID {
		t.Error("the id of an element depends on more than what it is within")
	}
}

func TestARecordBehindABatchFindsNothingOfIt(t *testing.T) {
	d := batchDecoder(t, `{each: events}`)
	told(d, &schemas.Record{Value: []byte(`{"user":"around","type":"visit","time":7,"events":[{"time":1},{}]}`)})
	for _, value := range []string{`{"type":"visit","time":1}`, `[{"type":"visit","time":1}]`, `{"events":[{"type":"visit","time":1}]}`} {
		if got := told(d, &schemas.Record{Value: []byte(value)}); len(got) != 1 || !strings.HasPrefix(got[0], "no_user") {
			t.Errorf("%s: got %q", value, got)
		}
	}
}

func TestTheCallsOfABatchAreDecodedAsTheyAreAlone(t *testing.T) {
	d := batchDecoder(t, `{preset: segment}`)
	call := strings.Replace(segmentOrderCompleted, "AiUGstSDIg", "u2", 1)
	value := `{"batch":[` + segmentOrderCompleted + `,` + call + `],"sentAt":"2026-03-01T10:00:05Z","context":{"timezone":"Europe/Berlin"}}`
	var e schemas.Event
	n := 0
	for reason := range d.Events(&schemas.Record{Value: []byte(value)}, &e) {
		n++
		alone, _ := decodeEvent(t, batchDecoder(t, `{preset: segment}`), schemas.Record{Value: d.Record().Value})
		if reason != schemas.Accepted || e.Amount != 2500 || e.ID != alone.ID || e.ID == 0 || e.Offset != 120 || alone.Offset != 0 {
			t.Errorf("got %+v, %s (%s), alone %+v", e, reason, d.Detail(), alone)
		}
	}
	if n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestThousandsOfElementsAreReadAndABatchBeyondMaxBytesIsRefused(t *testing.T) {
	d := batchDecoder(t, `{max_bytes: 500000}`)
	elements := make([]string, 5000)
	for i := range elements {
		elements[i] = fmt.Sprintf(`{"user":"u%d","type":"order","time":%d}`, i, i)
		if i%1000 == 7 {
			elements[i] = `{"user":"none"}`
		}
	}
	value := "[" + strings.Join(elements, ",") + "]"
	events, refused := 0, 0
	for i, one := range told(d, &schemas.Record{Value: []byte(value)}) {
		switch {
		case strings.HasPrefix(one, fmt.Sprintf("no_type element %d of 5000: ", i+1)):
			refused++
		case one == fmt.Sprintf("u%d %d | %d %s", i, i, i+1, elements[i]):
			events++
		default:
			t.Fatalf("element %d: %s", i, one)
		}
	}
	if events != 4995 || refused != 5 {
		t.Errorf("%d events and %d refused", events, refused)
	}
	if got := told(batchDecoder(t, `{}`), &schemas.Record{Value: []byte(value)}); len(got) != 1 || !strings.HasPrefix(got[0], "oversized") {
		t.Errorf("got %q", got)
	}
}

func TestTheKeyAndTheTimeOfARecordAreThoseOfEachOfItsEvents(t *testing.T) {
	d := compile(t, parse(t, `{preset: cloudevents}`)).NewDecoder()
	value := `[{"type":"visit","subject":"u1"},{"type":"visit","subject":"u2"},{"type":"visit","subject":"u1","time":"2026-03-01T10:00:00Z"}]`
	got := told(d, &schemas.Record{Offset: 5, Time: 77, Key: []byte("u1"), Value: []byte(value)})
	if len(got) != 3 || !strings.HasPrefix(got[0], "u1 77 |") || !strings.HasPrefix(got[1], `key_mismatch element 2 of 3: key "u1"`) || !strings.HasPrefix(got[2], "u1 1772359200000 |") {
		t.Errorf("got %q", got)
	}
	if own := d.Record(); own.Offset != 5 || own.Time != 77 || string(own.Key) != "u1" {
		t.Errorf("got %+v", own)
	}
}

func TestAnEventOfABatchCanStandAlone(t *testing.T) {
	const a, b = `{"user":"a","time":1}`, `{"user":"b","time":2}`
	for value, want := range map[string][]string{
		`[` + a + `,` + b + `]`:                            {a, b},
		` {"x": [` + a + ` , ` + b + ` ] ,"type":"order"}`: {` {"x": [` + a + `] ,"type":"order"}`, ` {"x": [` + b + `] ,"type":"order"}`},
		`{"type":"order","user":"a","time":1}`:             {`{"type":"order","user":"a","time":1}`},
	} {
		d, again := batchDecoder(t, `{each: x, type: {const: visit}}`), batchDecoder(t, `{each: x, type: {const: visit}}`)
		var got []string
		var e schemas.Event
		for range d.Events(&schemas.Record{Value: []byte(value)}, &e) {
			got = append(got, string(d.Alone()))
			if alone, reason := decodeEvent(t, again, schemas.Record{Value: d.Alone()}); reason != schemas.Accepted || string(alone.User) != string(e.User) || alone.Time != e.Time {
				t.Errorf("%s: got %+v, %s", d.Alone(), alone, reason)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestALoopThatEndsEarlyLeavesNothingBehind(t *testing.T) {
	d := batchDecoder(t, `{}`)
	var e schemas.Event
	for range d.Events(&schemas.Record{Value: []byte(`[` + valid + `,` + valid + `]`)}, &e) {
		break
	}
	if reason, found := d.Next(&e); found {
		t.Errorf("another event: %s", reason)
	}
}

func TestDecodeTakesTheFirstEventAndRefusesARecordWithoutAny(t *testing.T) {
	d := batchDecoder(t, `{}`)
	if got, reason := decode(t, d, schemas.Record{Value: []byte(`[` + valid + `]`)}); reason != schemas.Accepted || got.user != "u1" {
		t.Errorf("got %v, %s", got, reason)
	}
	if _, reason := decode(t, d, schemas.Record{Value: []byte(`[]`)}); reason != schemas.Malformed || d.Detail() != "record: an array without events" {
		t.Errorf("got %s (%s)", reason, d.Detail())
	}
}

func TestBatchesAreReadWithoutAllocating(t *testing.T) {
	for _, test := range []struct{ mapping, value string }{
		{`{}`, `[` + typicalEvent + `,` + typicalEvent + `,{"user":7},8]`},
		{`{preset: segment}`, `{"batch":[` + segmentOrderCompleted + `,{}],"context":{"timezone":"+02:00"}}`},
	} {
		d := batchDecoder(t, test.mapping)
		record, n := schemas.Record{Value: []byte(test.value)}, 0
		var e schemas.Event
		if allocs := testing.AllocsPerRun(10, func() {
			for range d.Events(&record, &e) {
				n += len(d.Record().Value)
			}
		}); allocs != 0 || n == 0 {
			t.Errorf("%s: %v allocations, %d bytes", test.mapping, allocs, n)
		}
	}
}

// FuzzBatch holds the elements of an array to what they are when they are decoded alone, and the elements to encoding/json.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{`[]`, `[{}]`, `[` + valid + `,` + typicalEvent + `]`, `[7,{"user":"a"},[{}],"]",null]`, `[{"user":"a\"]","x":{"y":[1,{}]}}` + "\n, {}\t]", `[{]`, `[{"a":[}},{}]`,
		`[{},]`, `[,]`, `[{}}]`, `[{}] x`, `["\\",{"user":"\\\""}]`, `[{"x":"\q"},` + valid + `]`, `[` + strings.Repeat("{},", 30) + `{}]`, `[ 1 , 2 ]`} {
		f.Add([]byte(seed))
	}
	m := compile(f, mapping.Config{Key: mapping.KeyIgnore, Each: "batch"}, "shoes")
	top, inside, alone := m.NewDecoder(), m.NewDecoder(), m.NewDecoder()
	f.Fuzz(func(t *testing.T, value []byte) {
		if i := slices.IndexFunc(value, func(r byte) bool { return !strings.ContainsRune(" \t\r\n", rune(r)) }); len(value) > 10_000 || i < 0 || value[i] != '[' {
			return
		}
		got := outcomesOf(top, value)
		var elements []json.RawMessage
		whole := len(got) == 1 && strings.HasSuffix(got[0].detail, "its bytes could be events")
		if json.Unmarshal(value, &elements) == nil && !whole && len(got) != len(elements) {
			t.Fatalf("%d events of %d elements: %+v", len(got), len(elements), got)
		}
		var e schemas.Event
		at := 0
		for reason := range top.Events(&schemas.Record{Value: value, Time: recordTime}, &e) {
			own := top.Record()
			if own.Element > 0 {
				if elements != nil && string(own.Value) != string(elements[at]) {
					t.Fatalf("element %d is %q, want %q", at, own.Value, elements[at])
				}
				if want := outcomeOf(alone, own.Value); want.reason != reason && !strings.HasPrefix(string(own.Value), "[") && !strings.Contains(string(own.Value), "batch") {
					t.Fatalf("element %d: %s, alone %+v", at, reason, want)
				}
			}
			at++
		}
		around := outcomesOf(inside, []byte(`{"batch":`+string(value)+`}`))
		for i := range around {
			if around[i].reason == schemas.Accepted && (len(got) != len(around) || got[i] != around[i]) {
				t.Fatalf("in an object: %+v, else %+v", around, got)
			}
		}
	})
}
