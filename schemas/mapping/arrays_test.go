package mapping_test

import (
	"strings"
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// analytics reads events as GA4's export to BigQuery has them.
const analytics = `{preset: custom, format: json, key: ignore, user: user_pseudo_id, type: event_name, time: {field: event_timestamp, format: unix_us},
  amount: {field: [event_params.value, event_params.items\.price, user_properties.worth], unit: major}, category: event_params.category,
  types: {purchase: order},
  params: [{field: event_params, key: key, value: [value.string_value, value.int_value, value.double_value]}, {field: user_properties, key: key, value: value.string_value}]}`

func TestAPathThroughParametersFindsTheEntryWithItsKey(t *testing.T) {
	d := compile(t, parse(t, analytics), "shoes").NewDecoder()
	for _, test := range []struct {
		name, params string
		amount       int64
		category     schemas.CategoryID
	}{
		{"text, integers and fractions", `"event_params":[{"key":"category","value":{"string_value":"shoes"}},{"key":"value","value":{"double_value":11.5}}]`, 1150, 1},
		{"an integer as text, its siblings null", `"event_params":[{"key":"value","value":{"string_value":null,"int_value":"7","double_value":null}}]`, 700, 0},
		{"the value before the key", `"event_params":[{"value":{"int_value":7},"key":"value"}]`, 700, 0},
		{"a key with a dot", `"event_params":[{"key":"items.price","value":{"int_value":3}}]`, 300, 0},
		{"a key with an escape", `"event_params":[{"key":"v\u0061lue","value":{"int_value":3}}]`, 300, 0},
		{"of equal keys the last", `"event_params":[{"key":"value","value":{"int_value":3}},{"key":"value","value":{"int_value":4}}]`, 400, 0},
		{"of equal keys the last, though it holds nothing", `"event_params":[{"key":"value","value":{"int_value":3}},{"key":"value"}]`, 0, 0},
		{"of equal fields the last", `"event_params":[{"key":"value","value":{"int_value":3}}],"event_params":[]`, 0, 0},
		{"other keys, and entries that are none", `"event_params":[null,7,"x",[],[{"key":"value"}],{},{"key":true},{"key":"other","value":{"int_value":3}}]`, 0, 0},
		{"no entries", `"event_params":[ ]`, 0, 0},
		{"another array of parameters", `"user_properties":[{"key":"worth","value":{"string_value":"2.5"}}]`, 250, 0},
		{"an object instead of an array", `"event_params":{"value":9,"category":"shoes"}`, 900, 1},
		{"no such field", `"x":[1]`, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			value := `{"user_pseudo_id":"u1","event_name":"purchase","event_timestamp":1790000000000000,` + test.params + `}`
			for range 2 { // the second time by what the first has taught
				e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)})
				if reason != schemas.Accepted || e.Amount != test.amount || e.Category != test.category {
					t.Errorf("got %+v, %s (%s), want %d and category %d", e, reason, d.Detail(), test.amount, test.category)
				}
			}
		})
	}
}

func TestParametersThatAreNoJSONAreMalformed(t *testing.T) {
	d := compile(t, parse(t, analytics)).NewDecoder()
	for _, params := range []string{`[{"key":"value"}`, `[{"key":"value"},]`, `[{"key":"value"} {}]`, `[{"key":"value}]`, `[nul]`, `[{"key":"a",}]`, `[`, `[{`,
		`[{"key":` + strings.Repeat("[", 62) + strings.Repeat("]", 62) + `}]`} {
		value := `{"user_pseudo_id":"u1","event_name":"purchase","event_timestamp":1790000000000000,"event_params":` + params + `}`
		if e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.Malformed {
			t.Errorf("%s: got %+v, %s", params, e, reason)
		}
	}
}

func TestAPathThroughAnArrayIsRefusedByName(t *testing.T) {
	for _, test := range []struct{ name, mapping, value, detail string }{
		{"amount", `{amount: items.price}`, `"items":[{"price":1}]`, "amount: the path items.price goes through an array"},
		{"second factor", `{amount: {field: total, times: items.count}}`, `"total":1,"items":[{"count":1}]`, "amount.times: the path items.count"},
		{"duration", `{duration: a.b.c}`, `"type":"session_end","a":{"b":[{"c":1}]}`, "duration: the path a.b.c"},
		{"user", `{user: people.id}`, `"people":[{"id":"u1"}]`, "user: the path people.id"},
		{"type", `{type: what.name}`, `"what":[{}]`, "type: the path what.name"},
		{"time", `{time: at.ms}`, `"at":[1]`, "time: the path at.ms"},
		{"category", `{category: items.category}`, `"items":[{"category":"shoes"}]`, "category: the path items.category"},
		{"rule", `{type: {field: type, when: [{field: items.kind, equals: x, type: order}]}}`, `"items":[0]`, "type.when[0]: the path items.kind"},
		{"id", `{id: ids.id}`, `"ids":[[]]`, "id: the path ids.id"},
		{"each", `{each: visits.events}`, `"visits":[{"events":[{"type":"order"}]}]`, "each: the path visits.events goes through an array"},
		{"the last of a list", `{amount: [x.price, items.price]}`, `"x":{"price":null},"items":[1]`, "amount: the path items.price"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := parse(t, test.mapping)
			cfg.Key = mapping.KeyIgnore
			d := compile(t, cfg, "shoes").NewDecoder()
			value := `{"time":1,"type":"order","user":"u1",` + test.value + `}`
			for range 2 {
				if e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.ArrayInPath || !strings.HasPrefix(d.Detail(), test.detail) {
					t.Errorf("got %+v, %s (%s)", e, reason, d.Detail())
				}
			}
		})
	}
}

// JSON inside of text is what some exports write: orders without their amounts would be wrong numbers without a word.
func TestAPathThroughJSONThatIsTextIsRefusedByName(t *testing.T) {
	for _, test := range []struct{ name, mapping, value, detail string }{
		{"amount", `{amount: properties.revenue}`, `"properties":"{\"revenue\":1}"`, "amount: the path properties.revenue goes through JSON that was written as text"},
		{"spread over lines", `{amount: properties.revenue}`, `"properties":"{\n  \"revenue\":1}"`, "amount: the path properties.revenue"},
		{"parameters", `{amount: params.value, params: {field: params, key: key, value: value}}`, `"params":"[{\"key\":\"value\",\"value\":1}]"`, "amount: the path params.value"},
		{"user", `{user: who.id}`, `"who":"{\"id\":1}"`, "user: the path who.id"},
		{"each", `{each: batch.events}`, `"batch":"{\"events\":[]}"`, "each: the path batch.events"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := parse(t, test.mapping)
			cfg.Key = mapping.KeyIgnore
			d := compile(t, cfg).NewDecoder()
			value := `{"time":1,"type":"order","user":"u1",` + test.value + `}`
			for range 2 {
				if e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.Malformed || !strings.HasPrefix(d.Detail(), test.detail) {
					t.Errorf("got %+v, %s (%s)", e, reason, d.Detail())
				}
			}
		})
	}
}

func TestTextOnAPathThatIsNoJSONIsAMissingField(t *testing.T) {
	d := compile(t, parse(t, `{amount: [properties.revenue, total], key: ignore}`)).NewDecoder()
	for _, properties := range []string{`"x"`, `""`, `"{}"`, `"[]"`, `"[1]"`, `"{x}"`, `"a \"b\""`} {
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"time":1,"type":"order","user":"u1","properties":` + properties + `}`)})
		if reason != schemas.Accepted || e.Amount != 0 {
			t.Errorf("%s: got %+v, %s (%s)", properties, e, reason, d.Detail())
		}
	}
	e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"time":1,"type":"order","user":"u1","properties":"{\"revenue\":1}","total":7}`)})
	if reason != schemas.Accepted || e.Amount != 7 {
		t.Errorf("another path holds something: got %+v, %s (%s)", e, reason, d.Detail())
	}
}

func TestAnArrayOnAPathThatIsNotNeededSpoilsNothing(t *testing.T) {
	order := vocabulary(t).Lookup([]byte("order"))
	for _, test := range []struct{ name, mapping, value string }{
		{"another path holds something", `{user: [people.id, user], amount: [items.price, total]}`, `"people":[],"items":[1],"total":7`},
		{"nothing is read below it", `{amount: total}`, `"items":[{"total":1}],"total":7`},
		{"the offset", `{amount: total, offset: items.zone}`, `"items":[{"zone":1}],"total":7`},
		{"the record's own time", `{amount: total, time: [items.at, $time]}`, `"items":[{"at":1}],"total":7`},
		{"an empty array, as PHP writes an object without members", `{amount: [items.price, total]}`, `"items":[ ],"total":7`},
		{"an empty array where nothing else is there", `{amount: total, category: items.category, id: items.id}`, `"items":[],"total":7`},
		{"an amount that nobody adds up", `{user: id, amount: items.price}`, `"id":"u1","type":"visit","items":[{"price":1}]`},
		{"a duration that nobody adds up", `{amount: total, duration: items.price}`, `"items":[{"price":1}],"total":7`},
		{"the record before had it", `{amount: items.total}`, `"items":[],"items":{"total":7}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := parse(t, test.mapping)
			cfg.Key = mapping.KeyIgnore
			d := compile(t, cfg).NewDecoder()
			value := `{"user":"u1","type":"order","time":1,` + test.value + `}`
			if e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.Accepted || e.Amount != 7 && e.Type == order || string(e.User) != "u1" {
				t.Errorf("got %+v, %s (%s)", e, reason, d.Detail())
			}
		})
	}
}

func TestATimeZoneBehindAnArrayIsCountedAsUnknown(t *testing.T) {
	cfg := parse(t, `{offset: items.zone, key: ignore}`)
	d := compile(t, cfg).NewDecoder()
	_, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u1","type":"order","time":1,"items":[{"zone":60}]}`)})
	if zones := d.UnknownZones(); reason != schemas.Accepted || zones.Events != 1 || zones.First != `[{"zone":60}]` {
		t.Errorf("%s, %+v", reason, zones)
	}
}

func TestPathsThatCannotBeFollowedAreConfigurationFaults(t *testing.T) {
	for text, want := range map[string]string{
		`{amount: "items[0].price"}`:                                               "amount: \"items[0].price\": elements of an array have no path",
		`{amount: "items[].price"}`:                                                "elements of an array have no path",
		`{each: batch, amount: batch.price}`:                                       "each says that batch holds the events",
		`{each: "batch[0]"}`:                                                       "each: \"batch[0]\": elements",
		`{each: batch, params: {field: batch.p, key: k, value: v}}`:                "params[0].field: \"batch.p\": each says",
		`{amount: p.a.b, params: {field: p, key: k, value: v}}`:                    "amount: \"p.a.b\": params says that p holds keys and values: one name may follow",
		`{amount: p, params: {field: p, key: k, value: v}}`:                        "write a key behind it",
		`{params: {field: p, key: k}}`:                                             "params[0].value: name the fields",
		`{params: {key: k, value: v}}`:                                             "params[0].field: an empty path",
		`{params: [{field: p, key: k, value: v}, {field: p, key: k, value: v}]}`:   "params[1] describes this array",
		`{params: [{field: p, key: k, value: v}, {field: p.q, key: k, value: v}]}`: "params[0] describes this array, or one around it",
		`{preset: csv, each: batch}`:                                               "each: only JSON",
		`{preset: csv, params: {field: p, key: k, value: v}}`:                      "params: only JSON",
		`{id: {within: source}}`:                                                   "id.within: name the field",
		`{id: $key}`:                                                               "id: \"$key\": no such pseudo path",
		`{preset: csv, quotes: single}`:                                            `quotes: "single" is not one of rfc4180, none`,
	} {
		if err := parse(t, text).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{`{amount: 'items\[0].price'}`, `{params: {field: p, key: k, value: v}}`, `{each: a.batch, amount: batch.price}`} {
		if err := parse(t, text).Validate(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestArraysOnPathsAreReadWithoutAllocating(t *testing.T) {
	d := compile(t, parse(t, analytics), "shoes").NewDecoder()
	value := `{"user_pseudo_id":"u1","event_name":"purchase","event_timestamp":1790000000000000,"event_params":[{"key":"category","value":{"string_value":"shoes"}},` +
		`{"key":"v\u0061lue","value":{"double_value":11.5}}]}`
	noAllocations(t, "parameters", d, schemas.Record{Value: []byte(value)}, schemas.Accepted)
	cfg := parse(t, `{amount: items.price, id: {field: id, within: [source, type]}}`)
	cfg.Key = mapping.KeyIgnore
	d = compile(t, cfg).NewDecoder()
	noAllocations(t, "through an array", d, schemas.Record{Value: []byte(`{"user":"u","type":"order","time":1,"items":[{"price":1}]}`)}, schemas.ArrayInPath)
	noAllocations(t, "id", d, schemas.Record{Value: []byte(`{"user":"u","type":"order","time":1,"id":"a\u0062","source":"s"}`)}, schemas.Accepted)
}
