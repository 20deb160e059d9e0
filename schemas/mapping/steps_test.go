package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/schemas/mapping"
)

// outcome is all that is said of a record.
type outcome struct {
	user     string
	numbers  [5]int64 // time, amount, duration, offset and id
	kind     schemas.TypeID
	category schemas.CategoryID
	reason   schemas.Reason
	detail   string
}

func outcomeOf(d *mapping.Decoder, value []byte) outcome {
	var e schemas.Event
	reason := d.Decode(&schemas.Record{Value: value, Time: recordTime}, &e)
	return outcomeNow(d, &e, reason)
}

func outcomeNow(d *mapping.Decoder, e *schemas.Event, reason schemas.Reason) outcome {
	numbers := [5]int64{e.Time, e.Amount, e.Duration, int64(e.Offset), int64(e.ID)}
	return outcome{string(e.User), numbers, e.Type, e.Category, reason, d.Detail()}
}

// outcomesOf is all that is said of a record that may hold many events.
func outcomesOf(d *mapping.Decoder, value []byte) (all []outcome) {
	var e schemas.Event
	for reason := range d.Events(&schemas.Record{Value: value, Time: recordTime}, &e) {
		all = append(all, outcomeNow(d, &e, reason))
		e = schemas.Event{}
	}
	return all
}

// stepMappings read JSON of one level, of several, and fields of which one is inside the other.
func stepMappings(tb testing.TB) []*mapping.Mapping {
	inside := `{user: [id, id.value, a.b.c, the_long_name_a_of_a_user], type: {const: visit}, time: [time, $time], amount: a.b, key: ignore}`
	return []*mapping.Mapping{
		compile(tb, mapping.Config{Key: mapping.KeyIgnore}, "shoes"),
		compile(tb, mapping.Config{Preset: "segment", Key: mapping.KeyIgnore}, "shoes"),
		compile(tb, parse(tb, inside)),
		compile(tb, parse(tb, `{key: ignore, user: [user, id], amount: [a.b, x.value], each: properties, id: value, params: [{field: a, key: b, value: [value, c]}]}`)),
	}
}

// document draws an object of a few keys, so that shapes come again and again, and sometimes spoils it.
func document(t *rapid.T) []byte {
	keys := []string{"user", "type", "time", "amount", "duration_ms", "id", "a", "b", "c", "value", "event", "userId", "timestamp", "properties", "context",
		"timezone", "us\\u0065r", "x", strings.Repeat("long", 10), strings.Repeat("longer", 10), "",
		"the_long_name_a_of_a_user", "the_long_name_b_of_a_user"}
	values := []string{`"u1"`, `"order"`, `""`, `"zoë"`, `"a long text of no meaning"`, `"\u0041"`, "0", "17", "-5", "1.5e3", "01", "12345678", "1790000000123", "1234567890123456",
		"null", "true", "[1,{}]", `[{"b":"b","value":5},{"value":7,"b":"b"}]`, `[{"user":"u2","time":6},{"id":"u3","x":[7]},[]]`, `"2026-07-31T08:26:00+02:00"`, `"Europe/Berlin"`, `"bad` + "\n" + `"`}
	spaces := rapid.SampledFrom([]string{"", " ", "\n  "}).Draw(t, "space")
	var object func(depth int) string
	object = func(depth int) string {
		var members []string
		for range rapid.IntRange(0, 8).Draw(t, "members") {
			value := rapid.SampledFrom(values).Draw(t, "value")
			if depth < 3 && rapid.IntRange(0, 5).Draw(t, "nests") == 0 {
				value = object(depth + 1)
			}
			members = append(members, spaces+`"`+rapid.SampledFrom(keys).Draw(t, "key")+`":`+spaces+value)
		}
		return "{" + strings.Join(members, ",") + spaces + "}"
	}
	text := []byte(object(0))
	switch at := rapid.IntRange(0, len(text)-1).Draw(t, "at"); rapid.IntRange(0, 9).Draw(t, "spoil") {
	case 0:
		text = text[:at]
	case 1:
		text[at] = rapid.SampledFrom([]byte(" \"\\{}[],:0e.-\x00\xff")).Draw(t, "byte")
	}
	return text
}

// What a Decoder makes of a record does not depend on the records before it.
func TestARecordDecodesTheSameWhateverWasDecodedBefore(t *testing.T) {
	all := stepMappings(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(all).Draw(t, "mapping")
		d := m.NewDecoder()
		var known [][]byte
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			if len(known) == 0 || rapid.Bool().Draw(t, "new") {
				known = append(known, document(t))
			}
			value := rapid.SampledFrom(known).Draw(t, "value")
			if got, want := outcomesOf(d, value), outcomesOf(m.NewDecoder(), value); !slices.Equal(got, want) {
				t.Fatalf("%q: got %+v, alone %+v", value, got, want)
			}
		}
	})
}

// FuzzSteps holds a Decoder that has seen other records, and this one, to one that has seen none.
func FuzzSteps(f *testing.F) {
	for _, seed := range refusals {
		if len(seed.value) < 500 {
			f.Add([]byte(typicalEvent), []byte(valid), []byte(seed.value))
		}
	}
	f.Add([]byte(segmentOrderCompleted), []byte(strings.Replace(segmentOrderCompleted, "25.00", "null", 1)), []byte(segmentOrderCompleted[:900]))
	f.Add([]byte(`{"a":{"b":{"c":"u"}},"time":1}`), []byte(`{"a":"x","time":1}`), []byte(`{"a":{"b":5},"id":{"value":"u"},"time":1}`))
	f.Add([]byte(typicalEvent), []byte(typicalEvent), []byte(strings.Replace(typicalEvent, "1999", "-1999", 1)))
	f.Add([]byte(typicalEvent), []byte(`[`+typicalEvent+`,`+valid+`]`), []byte(`{"properties":[`+valid+`,{"user":"u2"}],"time":7,"type":"visit"}`))
	f.Add([]byte(`{"user":"u","type":"order","time":1,"a":[{"b":"b","value":5}]}`), []byte(`{"a":{"b":7}}`), []byte(`{"user":"u","type":"order","time":1,"a":[{"value":5,"b":"b"}]}`))
	all := stepMappings(f)
	f.Fuzz(func(t *testing.T, first, second, value []byte) {
		for _, m := range all {
			d := m.NewDecoder()
			outcomesOf(d, first)
			outcomesOf(d, second)
			want := outcomesOf(m.NewDecoder(), value)
			for range 2 {
				if got := outcomesOf(d, value); !slices.Equal(got, want) {
					t.Fatalf("got %+v, alone %+v", got, want)
				}
			}
		}
	})
}

func TestOfEqualKeysTheLastCountsThoughItIsKnown(t *testing.T) {
	d := compile(t, parse(t, `{key: ignore, amount: a.b}`)).NewDecoder()
	for range 3 {
		if got := outcomeOf(d, []byte(`{"user":"u","type":"order","time":1,"a":{"b":5},"a":7,"x":"a longer text"}`)); got.numbers[1] != 0 {
			t.Errorf("an amount of %d out of an object that counts no more", got.numbers[1])
		}
	}
}

// Keys at random, more than a Decoder remembers, more at one place than it remembers, and longer ones, change nothing and cost no memory.
func TestKeysAtRandomDoNotUseUpTheMemory(t *testing.T) {
	m := compile(t, mapping.Config{Preset: "segment", Key: mapping.KeyIgnore})
	d := m.NewDecoder()
	for i := range 3000 {
		value := fmt.Appendf(nil, `{"k%d":1,"properties":{"k%d":{"x":2},"revenue":%d,"%050d":"y"},"event":"Order Completed","z%d":null,"userId":"u%d","timestamp":"2026-07-31"}`,
			i, i%300, i, i, i%200, i)
		if i%3 == 0 {
			value = fmt.Appendf(nil, `{"%s":7,"properties":{"total":%d},"x%d":{},"event":"Order Completed","userId":"u%d","timestamp":"2026-07-31"}`,
				[]string{"total", "revenue"}[i%2], i, i, i)
		}
		if got, want := outcomeOf(d, value), outcomeOf(m.NewDecoder(), value); got != want || got.reason != schemas.Accepted {
			t.Fatalf("%s: got %+v, alone %+v", value, got, want)
		}
		if i%500 == 499 {
			noAllocations(t, "keys at random", d, schemas.Record{Value: value}, schemas.Accepted)
		}
	}
}

// A text is refused for its control characters, and its quotes found, at whatever place of a word they stand, on the known way too.
func TestUnusualBytesAreFoundAtEveryPlace(t *testing.T) {
	m := compile(t, mapping.Config{Key: mapping.KeyIgnore})
	d := m.NewDecoder()
	for n := range 20 {
		for c := range 256 {
			for at := range n {
				text := []byte(strings.Repeat("a", n))
				text[at] = byte(c)
				value := []byte(`{"user":"` + string(text) + `","type":"` + string(text) + `","time":1,"x":"` + string(text) + `"}`)
				if got, want := outcomeOf(d, value), outcomeOf(m.NewDecoder(), value); got != want {
					t.Fatalf("%q: got %+v, alone %+v", value, got, want)
				}
			}
		}
	}
}

// Integers of every length are read alike by followSteps, at the end of a document or before it.
func TestIntegersOfEveryLengthDecode(t *testing.T) {
	m := compile(t, mapping.Config{Key: mapping.KeyIgnore})
	d := m.NewDecoder()
	digits := "12345678901234567890123"
	for n := range digits {
		for _, number := range []string{digits[:n], "-" + digits[:n], "0" + digits[:n], digits[:n] + ".0", digits[:n] + "e0", strings.Repeat("9", n), digits[:n] + " ", digits[:n] + "x"} {
			for _, rest := range []string{`,"x":"a text behind it"`, `,"x":1`, ``, ` , "x":1`} {
				value := []byte(`{"user":"u","type":"order","time":1,"amount":` + number + rest + `}`)
				if got, want := outcomeOf(d, value), outcomeOf(m.NewDecoder(), value); got != want {
					t.Fatalf("%s: got %+v, alone %+v", value, got, want)
				}
			}
		}
	}
}

// The first key of an object that stood behind a key there was no room for is not taken for one behind that object.
func TestAnObjectWhoseStepsAreNotRememberedIsReadToItsEnd(t *testing.T) {
	m := compile(t, mapping.Config{Preset: "segment", Key: mapping.KeyIgnore})
	d := m.NewDecoder()
	for i := range 20 {
		outcomeOf(d, fmt.Appendf(nil, `{"k%d":1}`, i))
	}
	value := []byte(`{"properties":{"revenue":5}"revenue":6,"userId":"u","event":"Order Completed","timestamp":"2026-07-31"}`)
	for range 3 {
		if got, want := outcomeOf(d, value), outcomeOf(m.NewDecoder(), value); got != want || got.reason != schemas.Malformed {
			t.Fatalf("got %+v, alone %+v", got, want)
		}
	}
}

// Long keys that begin and end alike are told apart at every byte.
func TestLongKeysThatDifferInOneByteAreToldApart(t *testing.T) {
	for _, n := range []int{5, 15, 17, 24, 25, 38} {
		key := strings.Repeat("k", n)
		m := compile(t, parse(t, `{user: `+key+`, type: {const: visit}, time: $time, key: ignore}`))
		d := m.NewDecoder()
		for at := range n {
			other := key[:at] + "K" + key[at+1:]
			for _, value := range []string{`{"` + key + `":"u1","x":1}`, `{"` + other + `":"u1","x":1}`, `{"x":1,"` + key + `":"u1"}`, `{"x":1,"` + other + `":"u1"}`} {
				if got, want := outcomeOf(d, []byte(value)), outcomeOf(m.NewDecoder(), []byte(value)); got != want {
					t.Fatalf("%s: got %+v, alone %+v", value, got, want)
				}
			}
		}
	}
}
