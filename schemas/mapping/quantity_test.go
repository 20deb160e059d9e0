package mapping_test

import (
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// segmentCall is a call of Segment's with these properties.
func segmentCall(kind, event, properties string) string {
	return `{"type":"` + kind + `","event":"` + event + `","userId":"u1","timestamp":"2026-03-01T10:00:00Z","properties":{` + properties + `}}`
}

// Properties are free text to Segment: only an order of which no amount can be read is refused.
func TestPropertiesThatAreNoNumbersSpoilNoEventThatNeedsNone(t *testing.T) {
	d := compile(t, mapping.Config{Preset: "segment", Key: mapping.KeyIgnore}).NewDecoder()
	for _, test := range []struct {
		kind, event, properties string
		amount                  int64
		reason                  schemas.Reason
	}{
		{"track", "Order Completed", `"revenue":19.99,"products":[{"price":1}]`, 1999, schemas.Accepted},
		{"track", "Order Completed", `"revenue":"$19.99","total":21.5`, 2150, schemas.Accepted},
		{"track", "Order Completed", `"revenue":{"amount":5},"total":21.5`, 2150, schemas.Accepted},
		{"track", "Order Completed", `"revenue":[5],"total":true,"value":"7.25"`, 725, schemas.Accepted},
		{"track", "Order Completed", `"revenue":null,"total":"","value":3`, 300, schemas.Accepted},
		{"track", "Order Completed", `"revenue":1e300,"total":4`, 400, schemas.Accepted},
		{"track", "Order Completed", `"value":"x","revenue":1`, 100, schemas.Accepted},
		{"track", "Order Completed", `"revenue":"NaN","total":"Infinity","value":"1,234.50"`, 0, schemas.BadAmount},
		{"track", "Order Completed", `"revenue":"$19.99"`, 0, schemas.BadAmount},
		{"track", "Order Completed", `"revenue":false`, 0, schemas.BadAmount},
		{"track", "Order Completed", `"revenue":" "`, 0, schemas.BadAmount},
		{"track", "Order Completed", `"total":1e300`, 0, schemas.BadAmount},
		{"track", "Order Completed", `"order_id":"1"`, 0, schemas.Accepted},
		{"track", "Order Completed", `"revenue":"","total":null`, 0, schemas.Accepted},
		{"track", "Products Searched", `"query":"shoes","value":"red"`, 0, schemas.Accepted},
		{"track", "Product List Filtered", `"value":"size:42"`, 0, schemas.Accepted},
		{"track", "Input Changed", `"value":"Berlin"`, 0, schemas.Accepted},
		{"track", "Toggle", `"value":true`, 0, schemas.Accepted},
		{"track", "Toggle", `"value":{"on":[1]},"revenue":[]`, 0, schemas.Accepted},
		{"track", "Typed", `"value":1e300,"total":"NaN"`, 0, schemas.Accepted},
		{"page", "", `"total":"N/A","path":"/"`, 0, schemas.Accepted},
		{"screen", "", `"revenue":"none"`, 0, schemas.Accepted},
		{"identify", "", `"value":"x"`, 0, schemas.Accepted},
	} {
		got, reason := decode(t, d, schemas.Record{Value: []byte(segmentCall(test.kind, test.event, test.properties))})
		if reason != test.reason || got.amount != test.amount {
			t.Errorf("%s %s: %d, %s (%s); want %d, %s", test.event, test.properties, got.amount, reason, d.Detail(), test.amount, test.reason)
		}
	}
}

// What must be read follows from what is added up: here views' amounts and all durations.
func TestOnlyWhatIsAddedUpMustBeRead(t *testing.T) {
	v, err := schemas.NewVocabulary([]string{"view", "order"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(parse(t, `{key: ignore, amount: [a, b], duration: [c, d]}`), v.WithSums([]string{"view"}, []string{schemas.AnyType}))
	if err != nil {
		t.Fatal(err)
	}
	d := m.NewDecoder()
	for _, test := range []struct {
		kind, rest       string
		amount, duration int64
		reason           schemas.Reason
	}{
		{"view", `"a":"x"`, 0, 0, schemas.BadAmount},
		{"view", `"a":0.5,"b":2`, 2, 0, schemas.Accepted},
		{"order", `"a":"x"`, 0, 0, schemas.Accepted},
		{"order", `"a":"x","b":7`, 7, 0, schemas.Accepted},
		{"like", `"a":"x","c":5`, 0, 5, schemas.Accepted},
		{"like", `"c":"x"`, 0, 0, schemas.BadDuration},
		{"order", `"c":-1`, 0, 0, schemas.BadDuration},
		{"order", `"c":-1,"d":3`, 0, 3, schemas.Accepted},
		{"order", `"c":[3],"d":"4"`, 0, 4, schemas.Accepted},
	} {
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"` + test.kind + `","time":1,` + test.rest + `}`)})
		if reason != test.reason || e.Amount != test.amount || e.Duration != test.duration {
			t.Errorf("%s %s: %d, %d, %s (%s)", test.kind, test.rest, e.Amount, e.Duration, reason, d.Detail())
		}
	}
}

func TestFactorsThatCannotBeReadGiveWayToOthers(t *testing.T) {
	d := compile(t, parse(t, `{key: ignore, amount: {field: [price, list], times: [quantity, count], unit: major}}`)).NewDecoder()
	for rest, want := range map[string]struct {
		kind   string
		amount int64
		reason schemas.Reason
	}{
		`"price":"?","list":2,"quantity":[],"count":3`: {"order", 600, schemas.Accepted},
		`"price":"?","quantity":3`:                     {"order", 0, schemas.BadAmount},
		`"price":2,"quantity":"?"`:                     {"order", 0, schemas.BadAmount},
		`"price":2`:                                    {"order", 0, schemas.BadAmount},
		`"quantity":2`:                                 {"order", 0, schemas.BadAmount},
		`"price":2,"count":null`:                       {"view", 0, schemas.Accepted},
		`"count":2,"price":"?"`:                        {"view", 0, schemas.Accepted},
	} {
		got, reason := decode(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"` + want.kind + `","time":1,` + rest + `}`)})
		if reason != want.reason || got.amount != want.amount {
			t.Errorf("%s %s: %d, %s (%s)", want.kind, rest, got.amount, reason, d.Detail())
		}
	}
}
