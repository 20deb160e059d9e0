package schemas_test

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"winback/schemas"
	"winback/schemas/mapping"
)

func compileSchema(tb testing.TB, text string) *jsonschema.Schema {
	tb.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		tb.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

func validate(tb testing.TB, schema *jsonschema.Schema, document string) error {
	tb.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		tb.Fatal(document, err)
	}
	return schema.Validate(value)
}

func trigger() schemas.Trigger {
	return schemas.Trigger{
		ID: schemas.NewTriggerID("u1", "winback", 1, 1), User: "u1", Journey: "winback", Episode: 1, Stage: 1, At: 1790000000000,
		Lifecycle: "active", Metric: "visits", Cur: 3, Base: 31, Drop: 0.62, Reason: "visits -62 %", Risk: -1,
	}
}

func TestTriggersFollowTheirSchema(t *testing.T) {
	schema := compileSchema(t, schemas.TriggerSchema())
	least := trigger()
	least.Lifecycle, least.Stage, least.At, least.Cur, least.Drop = "", 0, -1, -5, 1.7
	least.Risk = 0
	most := trigger()
	most.Episode, most.Stage, most.Base, most.Risk, most.RFM = math.MaxUint32, math.MaxUint32, math.MaxInt64, 100, "high"
	for _, value := range []schemas.Trigger{trigger(), least, most} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, string(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		var back schemas.Trigger
		if err := json.Unmarshal(text, &back); err != nil || back != value {
			t.Errorf("%s came back as %v (%v)", text, back, err)
		}
	}
}

func TestATriggerWithoutRiskIsNotOneOfRiskZero(t *testing.T) {
	none, zero := trigger(), trigger()
	zero.Risk = 0
	for want, trigger := range map[string]schemas.Trigger{``: none, `,"risk":0}`: zero} {
		text, err := json.Marshal(trigger)
		if err != nil || !strings.HasSuffix(string(text), want) || strings.Contains(string(text), "risk") != (want != "") {
			t.Errorf("%v is written %s (%v)", trigger, text, err)
		}
	}
}

func TestTheTriggersSchemaNamesItsFields(t *testing.T) {
	var fields, always []string
	for field := range reflect.TypeFor[schemas.Trigger]().Fields() {
		name, omit := strings.CutSuffix(field.Tag.Get("json"), ",omitempty")
		if fields = append(fields, name); !omit {
			always = append(always, name)
		}
	}
	schema := compileSchema(t, schemas.TriggerSchema())
	slices.Sort(fields)
	slices.Sort(always)
	if named := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(named, fields) {
		t.Errorf("properties %v, fields %v", named, fields)
	}
	if required := slices.Sorted(slices.Values(schema.Required)); !slices.Equal(required, always) {
		t.Errorf("required %v, always written %v", required, always)
	}
}

func TestTheTriggersSchemaRefuses(t *testing.T) {
	schema := compileSchema(t, schemas.TriggerSchema())
	text, err := json.Marshal(trigger())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"episode":1`, `"episode":0`}, {`"episode":1`, `"episode":1.5`}, {`"user":"u1"`, `"user":""`}, {`"at":1790000000000`, `"at":"2026"`},
		{`"id":"`, `"id":"x`}, {`"cur":3,`, ``}, {`"drop":0.62`, `"drop":0`}, {`"stage":1`, `"stage":-1`},
		{`"drop":0.62`, `"drop":0.62,"risk":-1`}, {`"drop":0.62`, `"drop":0.62,"risk":100.5`}, {`"drop":0.62`, `"drop":0.62,"rfm":""`},
	} {
		changed := strings.Replace(string(text), change[0], change[1], 1)
		if changed == string(text) || validate(t, schema, changed) == nil {
			t.Errorf("accepted: %s", changed)
		}
	}
}

// decodeOwn decodes by the preset that the event's schema describes.
func decodeOwn(tb testing.TB, document string) (schemas.Event, schemas.Reason) {
	tb.Helper()
	vocabulary, err := schemas.NewVocabulary([]string{"order"}, "shoes")
	if err != nil {
		tb.Fatal(err)
	}
	vocabulary = vocabulary.WithSums([]string{schemas.AnyType}, []string{schemas.AnyType})
	m, err := mapping.Compile(mapping.Config{Preset: "winback", Key: mapping.KeyIgnore}, vocabulary)
	if err != nil {
		tb.Fatal(err)
	}
	var e schemas.Event
	reason := m.NewDecoder().Decode(&schemas.Record{Value: []byte(document)}, &e)
	return e, reason
}

func TestEventsTheSchemaAcceptsDecode(t *testing.T) {
	schema := compileSchema(t, schemas.EventSchema())
	documents := []string{
		`{"user":"u1","type":"order","time":0}`,
		`{"user":"u1","type":"order","time":253402300799999,"amount":-9223372036854775807,"duration_ms":9223372036854775807}`,
		`{"user":"\u00fc","type":"\ud83d\ude00","time":"2024-02-29t23:59:59.999999999-12:30","amount":null,"duration_ms":null}`,
		`{"user":"u1","type":"order","time":1.0e3,"amount":12.0,"page":{"path":"/"}}`,
		`{"user":"u1","type":"order","time":1,"category":17,"utc_offset":-1080.0}`,
		`{"user":"u1","type":"order","time":1,"category":null,"utc_offset":null}`,
		`{"user":"u1","type":"order","time":"2024-02-29T00:00:00+18:00","category":"","utc_offset":""}`,
		`{"user":"u1","type":"order","time":1,"utc_offset":"-1800"}`,
		`{"user":"u1","type":"order","time":1,"utc_offset":"+2"}`,
		`{"user":"u1","type":"order","time":1,"utc_offset":"America/Argentina/Buenos_Aires"}`,
		`{"user":"u1","type":"order","time":1,"utc_offset":"NA"}`,
		`{"user":"u1","type":"order","time":1,"utc_offset":1081}`,
		`{"user":"u1","type":"order","time":"2024-02-29T00:00:00-18:30"}`,
		`{"user":"` + strings.Repeat("u", 256) + `","type":"` + strings.Repeat("t", 1000) + `","time":1}`,
	}
	for _, example := range schema.Examples {
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(text))
	}
	for _, document := range documents {
		if err := validate(t, schema, document); err != nil {
			t.Errorf("the schema refuses %s: %v", document, err)
		}
		if _, reason := decodeOwn(t, document); reason != schemas.Accepted {
			t.Errorf("the decoder refuses %s: %s", document, reason)
		}
	}
}

func TestEventsTheSchemaRefusesAreRefused(t *testing.T) {
	schema := compileSchema(t, schemas.EventSchema())
	for document, want := range map[string]schemas.Reason{
		`["u1"]`:                                                              schemas.Malformed,
		`{"type":"order","time":1}`:                                           schemas.NoUser,
		`{"user":"","type":"order","time":1}`:                                 schemas.NoUser,
		`{"user":{},"type":"order","time":1}`:                                 schemas.NoUser,
		`{"user":"u1","time":1}`:                                              schemas.NoType,
		`{"user":"u1","type":"","time":1}`:                                    schemas.NoType,
		`{"user":"u1","type":[],"time":1}`:                                    schemas.NoType,
		`{"user":"u1","type":"order"}`:                                        schemas.BadTime,
		`{"user":"u1","type":"order","time":-1}`:                              schemas.BadTime,
		`{"user":"u1","type":"order","time":253402300800000}`:                 schemas.BadTime,
		`{"user":"u1","type":"order","time":"2026-07-31"}`:                    schemas.BadTime,
		`{"user":"u1","type":"order","time":"2026-02-30T00:00:00Z"}`:          schemas.BadTime,
		`{"user":"u1","type":"order","time":1,"amount":0.5}`:                  schemas.BadAmount,
		`{"user":"u1","type":"order","time":1,"amount":9223372036854775808}`:  schemas.BadAmount,
		`{"user":"u1","type":"order","time":1,"amount":"ten"}`:                schemas.BadAmount,
		`{"user":"u1","type":"order","time":1,"duration_ms":-1}`:              schemas.BadDuration,
		`{"user":"u1","type":"order","time":1,"duration_ms":{}}`:              schemas.BadDuration,
		`{"user":"` + strings.Repeat("u", 257) + `","type":"order","time":1}`: schemas.Oversized,
	} {
		if validate(t, schema, document) == nil {
			t.Errorf("the schema accepts %s", document)
		}
		if _, reason := decodeOwn(t, document); reason != want {
			t.Errorf("%s: %s, want %s", document, reason, want)
		}
	}
}

// Each property matters to the decoder, and nothing else does.
func TestTheEventsSchemaNamesWhatIsRead(t *testing.T) {
	full := map[string]any{"user": "u1", "type": "order", "time": 5, "amount": 7, "duration_ms": 9, "category": "shoes", "utc_offset": 60, "id": "e1"}
	schema := compileSchema(t, schemas.EventSchema())
	if named := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(named, slices.Sorted(maps.Keys(full))) {
		t.Fatalf("properties %v", named)
	}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	want, reason := decodeOwn(t, string(text))
	if reason != schemas.Accepted {
		t.Fatal(reason)
	}
	for property := range full {
		less := maps.Clone(full)
		delete(less, property)
		text, err := json.Marshal(less)
		if err != nil {
			t.Fatal(err)
		}
		got, reason := decodeOwn(t, string(text))
		if required := slices.Contains(schema.Required, property); required != (reason != schemas.Accepted) {
			t.Errorf("without %s: %s, required: %v", property, reason, required)
		}
		if reflect.DeepEqual(got, want) {
			t.Errorf("%s makes no difference", property)
		}
	}
}
