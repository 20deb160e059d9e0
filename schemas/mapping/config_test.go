package mapping_test

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
	"winback/schemas/mapping"
)

func parse(tb testing.TB, text string) mapping.Config {
	tb.Helper()
	var cfg mapping.Config
	if err := yaml.Unmarshal([]byte(text), &cfg); err != nil {
		tb.Fatal(err)
	}
	return cfg
}

func TestOptionsDecodeAsTheManualSays(t *testing.T) {
	day := at(t, "2026-07-31T00:00:00Z")
	for _, test := range []struct {
		name, config, header, value string
		want                        decoded
	}{
		{"the manual's example", `{preset: csv, user: customer, time: {field: day}, type: {const: order}, amount: {field: total, unit: major}}`,
			"day,customer,total", "2026-07-31,c1,12.3", decoded{"c1", "order", day, 1230, 0}},
		{"options over the preset's entry", `{preset: csv, amount: {unit: major, decimals: 3}, duration: {unit: s}, delimiter: ;}`,
			"user;time;type;amount;duration_ms", "u;2026-07-31;visit;1.5;0.0125", decoded{"u", "visit", day, 1500, 13}},
		{"decimal commas, tabs, zone", `{preset: csv, amount: {unit: major, point: ","}, delimiter: tab, time: {zone: Europe/Berlin}}`,
			"user\ttime\ttype\tamount", "u\t2026-07-31 02:00\tvisit\t-1,5", decoded{"u", "visit", day, -150, 0}},
		{"zone as an offset", `{preset: csv, time: {zone: "-05:30"}}`, "user,time,type", "u,2026-07-30 18:30:00,visit", decoded{"u", "visit", day, 0, 0}},
		{"compact dates", `{preset: csv, time: {field: d, format: date}}`, "user,type,d", "u,visit,20260731", decoded{"u", "visit", day, 0, 0}},
		{"Go layouts in turn", `{preset: csv, time: {field: d, format: ["02.01.2006", "1/2/06 15:04"]}}`, "user,type,d", "u,visit,7/31/26 0:00",
			decoded{"u", "visit", day, 0, 0}},
		{"time with UTC behind", `{preset: csv}`, "user,type,time", "u,visit,2026-07-31 00:00:00 UTC", decoded{"u", "visit", day, 0, 0}},
		{"renamed", `{preset: csv, types: {purchase: order, "17": search, order: something}}`, "user,type,time", "u,17,2026-07-31",
			decoded{"u", "search", day, 0, 0}},
		{"one of ours renamed away", `{preset: csv, types: {order: something}}`, "user,type,time", "u,order,2026-07-31", decoded{"u", "other", day, 0, 0}},
		{"rules in order", `{preset: csv, type: {field: type, when: [{field: note, prefix: X, type: support}, {field: note, equals: Y, type: view}]}}`,
			"user,type,time,note", "u,order,2026-07-31,Y", decoded{"u", "view", day, 0, 0}},
		{"no rule holds", `{preset: csv, type: {when: [{field: note, equals: X, type: support}]}}`,
			"user,type,time,note", "u,order,2026-07-31,XX", decoded{"u", "order", day, 0, 0}},
		{"a column whose name begins with $", `{preset: csv, user: \$key}`, "$key,type,time", "u,visit,2026-07-31", decoded{"u", "visit", day, 0, 0}},
		{"the second column where the first is empty", `{preset: csv, user: [member, guest]}`, "member,guest,type,time", ",g,visit,2026-07-31", decoded{"g", "visit", day, 0, 0}},
		{"no header", `{preset: csv, columns: [user, time, type]}`, "", "u,2026-07-31,visit", decoded{"u", "visit", day, 0, 0}},
		{"dots in JSON names", `{user: 'a\.b.c', type: {const: visit}, time: $time, key: ignore}`, "", `{"a":{"b":{"c":"x"}},"a.b":{"c":"u"}}`,
			decoded{"u", "visit", recordTime, 0, 0}},
		{"a field and one below it", `{user: [id, id.value], type: {const: visit}, time: $time, key: ignore}`, "", `{"id":{"value":"u"}}`,
			decoded{}},
		{"the field below", `{user: [id.value, id], type: {const: visit}, time: $time, key: ignore}`, "", `{"id":{"value":"u"}}`,
			decoded{"u", "visit", recordTime, 0, 0}},
		{"a later object replaces the earlier", `{user: [d.user, id], type: {const: visit}, time: $time, key: ignore}`, "", `{"id":"v","d":{"user":"u"},"d":{}}`,
			decoded{"v", "visit", recordTime, 0, 0}},
		{"true as text in a rule", `{type: {const: visit, when: [{field: "x.paid", equals: "true", type: order}]}, key: ignore}`, "", `{"user":"u","time":1,"x":{"paid":true}}`,
			decoded{"u", "order", 1, 0, 0}},
		{"long digits rounded", `{amount: {field: a, unit: major}, key: ignore}`, "", `{"user":"u","time":1,"type":"order","a":3.33499999999999999999999999999}`,
			decoded{"u", "order", 1, 333, 0}},
		{"an empty list leaves the preset's", `{time: {format: []}, key: ignore}`, "", `{"user":"u","time":7,"type":"order"}`, decoded{"u", "order", 7, 0, 0}},
		{"a product of minor units", `{amount: {field: a, times: b}, key: ignore}`, "", `{"user":"u","time":1,"type":"order","a":250,"b":"1.2"}`,
			decoded{"u", "order", 1, 300, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := compile(t, parse(t, test.config)).NewDecoder()
			if test.header != "" {
				if err := d.Header([]byte(test.header)); err != nil {
					t.Fatal(err)
				}
			}
			got, reason := decode(t, d, schemas.Record{Time: recordTime, Value: []byte(test.value)})
			if got != test.want {
				t.Errorf("got %v (%s, %s), want %v", got, reason, d.Detail(), test.want)
			}
		})
	}
}

func TestProductWithoutOneFactor(t *testing.T) {
	d := compile(t, parse(t, `{amount: {field: a, times: b}, key: ignore}`)).NewDecoder()
	for value, want := range map[string]schemas.Reason{`"a":1`: schemas.BadAmount, `"b":1`: schemas.BadAmount, `"c":1`: schemas.Accepted} {
		if _, reason := decode(t, d, schemas.Record{Value: []byte(`{"user":"u","time":1,"type":"order",` + value + `}`)}); reason != want {
			t.Errorf("%s: %s, want %s", value, reason, want)
		}
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	for _, test := range []struct {
		config string
		want   []string // field: a part of the problem
	}{
		{`{preset: csvv}`, []string{"preset: amplitude, cdnow, cloudevents, csv, custom, ga4, matomo, online_retail, oulad, posthog, segment, snowplow, winback"}},
		{`{preset: shopify, key: maybe, time: {zone: Mars}}`, []string{"preset: no preset", "key: user, ignore", "time.zone: Mars"}},
		{`{preset: custom}`, []string{"user: name the field", "type: name the field", "time: name the field"}},
		{`{format: xml, delimiter: '""', max_bytes: -1, columns: [a]}`, []string{"format: json, csv", "delimiter: one byte", "max_bytes: 1 GiB"}},
		{`{columns: [a]}`, []string{"columns: JSON has no columns"}},
		{`{user: [$time, ""], type: {field: a..b, const: order}, time: 'x\'}`,
			[]string{"user: pseudo path", "user: an empty path", "type: empty name", "type.const: choose one", "time: backslash"}},
		{`{time: {format: [unix, "15:04", rfc3339]}}`, []string{"time.format: \"unix\"", "time.format: \"15:04\""}},
		{`{amount: {unit: cents, decimals: 9, point: x}, duration: {unit: h, point: x}}`,
			[]string{"amount.unit: minor, major", "amount.decimals: from 0 to 6", "amount.decimals: unit: major", "amount.point", "duration.unit: ms, s", "duration.point"}},
		{`{type: {field: a, when: [{field: b, equals: x, prefix: y, type: z}, {}]}, types: {a: ""}}`,
			[]string{"type.when[0]: equals or prefix", "type.when[1].field: name", "type.when[1]: equals or prefix", "type.when[1].type: name", "types: both names"}},
		{`{preset: csv, user: who, columns: [a, time, type, time]}`, []string{"columns: twice", "user: no column \"who\"; there are a, time, type, time"}},
		{`{preset: custom, user: u, time: t, type: x, amount: {times: b}}`, []string{"amount.times: first factor"}},
	} {
		faults := schemas.FaultsOf(parse(t, test.config).Validate())
		if len(faults) < len(test.want) {
			t.Errorf("%s: only %v", test.config, faults)
		}
		for _, want := range test.want {
			field, part, _ := strings.Cut(want, ": ")
			found := false
			for _, fault := range faults {
				found = found || fault.Field == field && strings.Contains(fault.Problem, part)
			}
			if !found {
				t.Errorf("%s: no fault %q in %v", test.config, want, faults)
			}
		}
	}
}

func TestUnknownOptionsAreRefused(t *testing.T) {
	for config, want := range map[string]string{
		"amount:\n  feild: a\n  unit: major\n": `line 2: no option "feild" here; there are field, times`,
		"type:\n  when:\n  - {feild: a}\n":     `line 3: no option "feild" here; there are field, equals`,
		"user: {field: {a: b}}":                "line 1: cannot unmarshal",
		"type:\n  when:\n  - a\n":              "line 3: write options here",
		"time:\n  zone: UTC\n  zone: +02:00\n": `line 3: option "zone" is already set on line 2`,
		"amount: {decimals: x, optional: z}":   "`z` into bool",
	} {
		var cfg mapping.Config
		err := yaml.Unmarshal([]byte(config), &cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", config, err, want)
		}
	}
}

func TestEveryPresetButCustomIsValid(t *testing.T) {
	for _, name := range mapping.Presets() {
		if err := (mapping.Config{Preset: name}).Validate(); (err == nil) != (name != "custom") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := mapping.Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

func TestHeader(t *testing.T) {
	m := compile(t, parse(t, `{preset: csv, user: [member, guest], type: {const: order}, amount: {field: total}}`))
	if !m.NeedsHeader() {
		t.Error("a CSV without columns needs a header")
	}
	for header, want := range map[string]string{
		"id,day":                            `no column "member" or "guest"; there are id, day`,
		"guest,time":                        `amount: no column "total"`,
		"guest,time,total,time":             `"time" stands there twice`,
		`guest,time,"total`:                 "not closed",
		"guest,time,total":                  "",
		"\xef\xbb\xbfmember,time,total\r\n": "",
	} {
		err := m.NewDecoder().Header([]byte(header))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", header, err, want)
		}
	}
	d := m.NewDecoder()
	if _, reason := decode(t, d, schemas.Record{Value: []byte("a,b")}); reason != schemas.Malformed || !strings.Contains(d.Detail(), "no header") {
		t.Errorf("before the header: %s (%s)", reason, d.Detail())
	}
	if err := compile(t, mapping.Config{}).NewDecoder().Header([]byte("user")); err == nil {
		t.Error("a JSON mapping took a header")
	}
}

func TestColumnsMustMatch(t *testing.T) {
	d := compile(t, parse(t, `{preset: csv, columns: [user, time, type]}`)).NewDecoder()
	for value, want := range map[string]string{
		"u,1":         "fewer columns than the mapping lists: 2 of 3",
		"u,1,visit,":  "more columns than the 3 that the mapping lists; put a field",
		"":            "an empty value",
		"u,\"1,visit": "not closed",
		"u,\"1\"2,3":  "something follows a closing quote",
		"u,1,v\nw":    "a line break outside quotes",
	} {
		if _, reason := decode(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.Malformed || !strings.Contains(d.Detail(), want) {
			t.Errorf("%q: %s (%s), want %s", value, reason, d.Detail(), want)
		}
	}
}

// Where a header tells the columns it is named, and where no quotes are read none are advised.
func TestAWrongNumberOfColumnsIsToldInTheFilesOwnTerms(t *testing.T) {
	d := compile(t, parse(t, `{preset: csv, quotes: none}`)).NewDecoder()
	if err := d.Header([]byte("user,time,type")); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"u": "fewer columns than the header has: 1 of 3", "u,1,visit,,": "more columns than the 3 that the header has"} {
		if _, reason := decode(t, d, schemas.Record{Value: []byte(value)}); reason != schemas.Malformed || d.Detail() != want {
			t.Errorf("%q: %s (%s), want %s", value, reason, d.Detail(), want)
		}
	}
}

// A Mapping is shared by goroutines, each with its Decoder: the race detector watches this one.
func TestAMappingServesManyGoroutines(t *testing.T) {
	m := compile(t, mapping.Config{})
	done := make(chan schemas.Reason)
	for range 4 {
		go func() {
			var e schemas.Event
			record := schemas.Record{Key: []byte("u1"), Value: []byte(valid)}
			done <- m.NewDecoder().Decode(&record, &e)
		}()
	}
	for range 4 {
		if reason := <-done; reason != schemas.Accepted {
			t.Error(reason)
		}
	}
}
