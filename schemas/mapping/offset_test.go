package mapping_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/schemas/mapping"
)

func TestOffset(t *testing.T) {
	const berlin = `offset: {field: o, default: Europe/Berlin}`
	const summer, winter = `"2026-03-29T01:00:00Z"`, `"2026-03-29T00:59:59.999Z"`
	for _, test := range []struct {
		config, rest string
		want         int16
	}{
		{``, `"time":1`, 0},
		{``, `"time":1,"utc_offset":-330`, -330},
		{``, `"time":1,"utc_offset":1080`, 1080},
		{``, `"time":1,"utc_offset":"-18:00"`, -1080},
		{``, `"time":1,"utc_offset":"+0545"`, 345},
		{``, `"time":1,"utc_offset":"\u002b05:45"`, 345},
		{``, `"time":1,"utc_offset":"-05"`, -300},
		{``, `"time":1,"utc_offset":"-60"`, -60},
		{``, `"time":1,"utc_offset":"+2"`, 120},
		{``, `"time":1,"utc_offset":"2"`, 2},
		{``, `"time":1,"utc_offset":"120"`, 120},
		{``, `"time":1,"utc_offset":"z"`, 0},
		{``, `"time":` + winter + `,"utc_offset":"Europe/Berlin"`, 60},
		{``, `"time":` + summer + `,"utc_offset":"Europe/Berlin"`, 120},
		{``, `"time":` + summer + `,"utc_offset":"Etc/GMT+5"`, -300},
		{``, `"time":0,"utc_offset":"Africa/Monrovia"`, -45}, // 44 minutes and 30 seconds
		{``, `"time":"2026-03-01T22:10:00+02:00"`, 120},
		{``, `"time":"2026-03-01T22:10:00-03:30","utc_offset":null`, -210},
		{``, `"time":"2026-03-01T22:10:00+02:00","utc_offset":0`, 0},
		{berlin, `"time":` + winter, 60},
		{berlin, `"time":` + summer + `,"o":""`, 120},
		{berlin, `"time":"2026-07-01T00:00:00-00:00"`, 120},
		{berlin, `"time":"2026-07-01T00:00:00+00:00"`, 0},
		{berlin, `"time":"2026-07-01T00:00:00Z","o":"-07:00"`, -420},
		{`offset: {default: "-0530"}`, `"time":1`, -330},
		{`offset: [a, b.c]`, `"time":1,"a":null,"b":{"c":"Asia/Kathmandu"}`, 330}, // until 1986
		{`offset: {field: o, format: minutes}`, `"time":1,"o":"-15"`, -15},
		{`offset: {field: o, format: minutes_behind}`, `"time":1,"o":-120`, 120},
		{`offset: {field: o, format: minutes_behind}`, `"time":1,"o":0`, 0},
		{`offset: {field: o, format: hours}`, `"time":1,"o":-3.5`, -210},
		{`offset: {field: o, format: seconds}`, `"time":1,"o":"20700"`, 345},
		{`time: {field: time, format: "2006-01-02 15:04 -0700"}`, `"time":"2026-07-01 00:00 -0330"`, -210},
		{`{time: {field: time, format: "2006-01-02 15:04Z07:00"}, ` + berlin + `}`, `"time":"2026-07-01 00:00Z"`, 120},
		{`{time: {field: time, format: "2006-01-02 15:04Z07:00"}, ` + berlin + `}`, `"time":"2026-07-01 00:00+05:45"`, 345},
		{`{time: {field: time, zone: Asia/Tokyo}, ` + berlin + `}`, `"time":"2026-07-01 00:00"`, 120},
	} {
		d := compile(t, parse(t, test.config)).NewDecoder()
		value := `{"user":"u1","type":"visit",` + test.rest + `}`
		e, reason := decodeEvent(t, d, schemas.Record{Key: []byte("u1"), Value: []byte(value)})
		if reason != schemas.Accepted || e.Offset != test.want {
			t.Errorf("%s %s: %d (%s %s), want %d", test.config, test.rest, e.Offset, reason, d.Detail(), test.want)
		}
	}
}

func TestOffsetsOfAnotherFormatAreRefused(t *testing.T) {
	for _, test := range [][3]string{
		{"minutes", `"Europe/Berlin"`, "not a number"},
		{"minutes_behind", `"+02:00"`, "not a number"},
		{"hours", `0.001`, "not a number of whole minutes"},
		{"seconds", `30`, "not a number of whole minutes"},
		{"seconds", `64860`, "more than 18 hours"},
		{"hours", `18.25`, "more than 18 hours"},
		{"auto", `"europe/berlin"`, "not a known time zone"},
		{"auto", `"+1:30"`, "not a known time zone"},
		{"minutes", `"+2"`, ""},
	} {
		d := compile(t, parse(t, `offset: {field: o, format: `+test[0]+`}`)).NewDecoder()
		value := `{"user":"u1","type":"visit","time":1,"o":` + test[1] + `}`
		_, reason := decodeEvent(t, d, schemas.Record{Key: []byte("u1"), Value: []byte(value)})
		if (reason == schemas.BadOffset) != (test[2] != "") || !strings.Contains(d.Detail(), test[2]) {
			t.Errorf("%v: %s (%s)", test, reason, d.Detail())
		}
	}
}

func TestOffsetConfigFaults(t *testing.T) {
	for config, want := range map[string]string{
		`offset: {default: Mars}`:     `offset.default: "Mars" is not a known zone`,
		`offset: {default: "+19:00"}`: `offset.default: "+19:00" is not a known zone (more than 18 hours`,
		`offset: {default: Local}`:    `offset.default: "Local" is not a known zone`,
		`offset: {format: days}`:      `offset.format: "days" is not one of auto, minutes, minutes_behind, hours, seconds`,
		`offset: a..b`:                `offset: "a..b"`,
		`category: $key`:              `category: "$key": no such pseudo path`,
		`{preset: csv, category: c, columns: [user, time, type]}`: `category: no column "c"`,
	} {
		if err := parse(t, config).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}

func TestCategory(t *testing.T) {
	categories := []string{"17", "shoes", "zoë's", "other"}
	words := vocabulary(t, categories...)
	d := compile(t, mapping.Config{}, categories...).NewDecoder()
	for category, want := range map[string]string{
		`"shoes"`: "shoes", `"s\u0068oes"`: "shoes", `17`: "17", `"17"`: "17", `"zo\u00eb's"`: "zoë's", `"other"`: "other",
		`"boots"`: "", `""`: "", `null`: "", `true`: "", `{"name":"shoes"}`: "", `["shoes"]`: "", `1.7e1`: "",
	} {
		value := `{"user":"u1","type":"order","time":1,"category":` + category + `}`
		e, reason := decodeEvent(t, d, schemas.Record{Key: []byte("u1"), Value: []byte(value)})
		if reason != schemas.Accepted || e.Category != words.Category([]byte(want)) || want != "" && e.Category == schemas.OtherCategory {
			t.Errorf("%s: %d (%s), want %q", category, e.Category, reason, want)
		}
	}
}

func TestPresetsReadCategoriesAndOffsets(t *testing.T) {
	for _, test := range []struct{ preset, header, value string }{
		{"winback", "", `{"user":"u","type":"view","time":1,"category":"shoes","utc_offset":345}`},
		{"segment", "", `{"userId":"u","type":"track","event":"Product Viewed","timestamp":"2026-07-31T08:26:00Z","properties":{"category":"shoes"},"context":{"timezone":"Asia/Kathmandu"}}`},
		{"cloudevents", "", `{"subject":"u","type":"view","time":"2026-07-31T08:26:00+05:45","data":{"category":"shoes"}}`},
		{"csv", "user,time,type,category,utc_offset", `u,2026-07-31,view,"shoes",+05:45`},
	} {
		m := compile(t, mapping.Config{Preset: test.preset, Key: mapping.KeyIgnore}, "shoes")
		d := m.NewDecoder()
		if m.NeedsHeader() {
			if err := d.Header([]byte(test.header)); err != nil {
				t.Fatal(err)
			}
		}
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(test.value)})
		if reason != schemas.Accepted || e.Category != 1 || e.Offset != 345 {
			t.Errorf("%s: %+v (%s %s)", test.preset, e, reason, d.Detail())
		}
	}
}

// One Decoder that meets zones and times in any order agrees with the library.
func TestZonesAgreeWithTheLibrary(t *testing.T) {
	names := []string{"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "UTC", "Africa/Monrovia"}
	d := compile(t, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "zone")
		ms := rapid.Int64Range(0, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(t, "time")
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, until := time.UnixMilli(ms).In(location).ZoneBounds(); rapid.Bool().Draw(t, "at a border") && !until.IsZero() {
			ms = until.UnixMilli() - rapid.Int64Range(0, 1).Draw(t, "before")
		}
		_, seconds := time.UnixMilli(ms).In(location).Zone()
		value := fmt.Sprintf(`{"user":"u","type":"visit","time":%d,"utc_offset":%q}`, ms, name)
		var e schemas.Event
		if reason := d.Decode(&schemas.Record{Value: []byte(value)}, &e); reason != schemas.Accepted || (int(e.Offset)*60 != seconds && seconds%60 == 0) {
			t.Fatalf("%s: %d minutes (%s %s), want %d seconds", value, e.Offset, reason, d.Detail(), seconds)
		}
	})
}

// Names that are no zones are forgotten in time, and do not stand in the way of those that are.
func TestUnknownZonesDoNotUseUpTheMemory(t *testing.T) {
	d := compile(t, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	for i := range 3000 {
		want := schemas.BadOffset
		name := "Zone" + strconv.Itoa(i)
		if i%100 == 0 {
			name, want = "Asia/Tokyo", schemas.Accepted
		}
		value := `{"user":"u","type":"visit","time":1,"utc_offset":"` + name + `"}`
		if e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)}); reason != want || want == schemas.Accepted && e.Offset != 540 {
			t.Fatalf("%s: %s, %d", name, reason, e.Offset)
		}
	}
}

func TestOffsetsDoNotAllocate(t *testing.T) {
	d := compile(t, parse(t, `{key: ignore, offset: {field: utc_offset, default: America/New_York}}`), "shoes").NewDecoder()
	for _, rest := range []string{`"utc_offset":"Europe/Berlin","category":"shoes"`, `"utc_offset":"-05:30","category":"\u0073hoes"`, `"utc_offset":null`, `"utc_offset":"60"`} {
		noAllocations(t, rest, d, schemas.Record{Value: []byte(`{"user":"u","type":"visit","time":1790000000000,` + rest + `}`)}, schemas.Accepted)
	}
}
