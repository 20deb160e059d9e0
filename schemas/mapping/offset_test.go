package mapping_test

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// The zones that clients and servers are known to write. None of them refuses an event; noZone are those that say nothing.
func TestTimeZonesAsTheyAreWritten(t *testing.T) {
	const noZone = 15 // the default of this test, which is no zone's offset
	d := compile(t, parse(t, `{key: ignore, offset: {field: o, default: "+00:15"}}`)).NewDecoder()
	unknown := int64(0)
	for _, test := range []struct {
		zone string
		want int16
	}{
		{`"GMT+0530"`, 330}, {`"GMT+0000"`, 0}, {`"GMT-0330"`, -210}, {`"GMT+0530 (India Standard Time)"`, 330}, {`"NA"`, noZone},
		{`"GMT+05:30"`, 330}, {`"UTC+2"`, 120}, {`"UTC-03:30"`, -210}, {`"utc+02:00"`, 120}, {`"GMT+5:30"`, 330}, {`"UTC +2"`, 120}, {`"UTC\u22123:30"`, -210},
		{`"GMT"`, 0}, {`"utc"`, 0}, {`"GMT0"`, 0}, {`"Z"`, 0}, {`"+0530"`, 330}, {`"+5:30"`, 330}, {`"-00:00"`, 0}, {`" +02:00 "`, 120},
		{`"europe/berlin"`, 120}, {`"EUROPE/BERLIN"`, 120}, {`"America/New York"`, -240}, {`"america/port-au-prince"`, -240}, {`"Africa/Juba "`, 120},
		{`"Asia/Calcutta"`, 330}, {`"Europe/Kyiv"`, 180}, {`"Europe/Kiev"`, 180}, {`"US/Pacific"`, -420}, {`"America/Coyhaique"`, -180}, {`"CET"`, 120}, {`"EST5EDT"`, -240},
		{`"Etc/GMT+5"`, -300}, {`"etc/gmt-14"`, 840}, {`"Etc/UTC"`, 0},
		{`"Etc/Unknown"`, noZone}, {`"undefined"`, noZone}, {`"null"`, noZone}, {`"PST"`, noZone}, {`"Pacific Standard Time"`, noZone}, {`"Local"`, noZone},
		{`"Factory"`, noZone}, {`"../../etc/passwd"`, noZone}, {`"Mars/Base"`, noZone}, {`" "`, noZone}, {`"("`, noZone}, {`"()"`, noZone}, {`"GMT+"`, noZone}, {`"UTC+x"`, noZone},
		{`"+19:00"`, noZone}, {`"GMT+18:30"`, noZone}, {`"UTC+30"`, noZone}, {`"+02:60"`, noZone}, {`"+2:3:4"`, noZone}, {`"-:30"`, noZone}, {`"` + strings.Repeat("Europe/", 100) + `"`, noZone},
		{`1081`, noZone}, {`-1e30`, noZone}, {`0.5`, noZone}, {`true`, noZone}, {`{"name":"Europe/Berlin"}`, noZone}, {`["Europe/Berlin"]`, noZone},
	} {
		value := `{"user":"u","type":"order","time":"2026-07-01T10:00:00Z","o":` + test.zone + `}`
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)})
		if reason != schemas.Accepted || e.Offset != test.want {
			t.Errorf("%s: %d (%s %s), want %d", test.zone, e.Offset, reason, d.Detail(), test.want)
		}
		if test.want == noZone {
			unknown++
		}
		if got := d.UnknownZones(); got.Events != unknown || got.First != "NA" && unknown > 0 {
			t.Fatalf("%s: %+v are counted, want %d, the first of them NA", test.zone, got, unknown)
		}
	}
}

func TestNothingInPlaceOfAZoneIsNoUnknownZone(t *testing.T) {
	d := compile(t, parse(t, `{key: ignore, offset: {field: o, default: "+00:15"}}`)).NewDecoder()
	for _, rest := range []string{``, `,"o":null`, `,"o":""`} {
		e, _ := decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"order","time":1` + rest + `}`)})
		if e.Offset != 15 || d.UnknownZones().Events != 0 {
			t.Errorf("%s: %d, %+v", rest, e.Offset, d.UnknownZones())
		}
	}
}

// What an unknown zone leaves open, the next field tells, and then the zone behind the time.
func TestAnUnknownZoneGivesWayToWhatElseTheRecordSays(t *testing.T) {
	for _, test := range []struct {
		rest          string
		offset        int16
		unknownEvents int64
	}{
		{`"time":1,"a":"NA","b":"Asia/Tokyo"`, 540, 0},
		{`"time":1,"a":"Asia/Tokyo","b":"NA"`, 540, 0},
		{`"time":1,"a":"NA","b":1200`, 15, 1},
		{`"time":"2026-07-01T10:00:00+02:00","a":"NA"`, 120, 1},
		{`"time":"2026-07-01T10:00:00Z","a":"NA"`, 15, 1},
		{`"time":"2026-07-01T10:00:00+20:00"`, 15, 1},
		{`"time":"2026-07-01T10:00:00+20:00","a":"-07:00"`, -420, 0},
	} {
		d := compile(t, parse(t, `{key: ignore, offset: {field: [a, b], default: "+00:15"}}`)).NewDecoder()
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"order",` + test.rest + `}`)})
		if reason != schemas.Accepted || e.Offset != test.offset || d.UnknownZones().Events != test.unknownEvents {
			t.Errorf("%s: %d, %+v (%s); want %d, %d", test.rest, e.Offset, d.UnknownZones(), reason, test.offset, test.unknownEvents)
		}
	}
}

func TestARefusedRecordHasNoUnknownZone(t *testing.T) {
	d := compile(t, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	_, reason := decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"order","time":1,"amount":"ten","utc_offset":"NA"}`)})
	if reason != schemas.BadAmount || d.UnknownZones().Events != 0 {
		t.Errorf("%s: %+v", reason, d.UnknownZones())
	}
}

func TestWhatIsNoNumberOfAnOffsetsFormatIsUnknown(t *testing.T) {
	for _, test := range []struct {
		format, value string
		known         bool
	}{
		{"minutes", `"Europe/Berlin"`, false},
		{"minutes_behind", `"+02:00"`, false},
		{"hours", `0.001`, false},
		{"seconds", `30`, false},
		{"seconds", `64860`, false},
		{"hours", `18.25`, false},
		{"minutes", `"+2"`, true},
		{"hours", `"5.5"`, true},
	} {
		d := compile(t, parse(t, `{key: ignore, offset: {field: o, format: `+test.format+`}}`)).NewDecoder()
		value := `{"user":"u1","type":"visit","time":1,"o":` + test.value + `}`
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)})
		if reason != schemas.Accepted || (d.UnknownZones().Events == 0) != test.known || (e.Offset != 0) != test.known {
			t.Errorf("%v: %d, %s, %+v", test, e.Offset, reason, d.UnknownZones())
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

// The list of zones is the one of the Go that builds this. If it has grown: unzip -Z1 $(go env GOROOT)/lib/time/zoneinfo.zip | grep -v
// '/$' | grep -vx Factory | LC_ALL=C sort > zones.txt. Factory is the database's own word for a zone that is not known.
func TestEveryZoneOfTheDatabaseIsKnown(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("no go command is here to say where its list of zones is: %v", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skipf("this Go comes without a list of zones: %v", err)
	}
	defer archive.Close()
	var names []string
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	list, err := os.ReadFile("zones.txt")
	if err != nil || strings.Join(names, "\n")+"\n" != string(list) {
		t.Errorf("zones.txt is not the list of Go's %d zones (%v)", len(names), err)
	}
	d := compile(t, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	for _, name := range names {
		for _, name := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			decodeEvent(t, d, schemas.Record{Value: []byte(`{"user":"u","type":"visit","time":1,"utc_offset":"` + name + `"}`)})
			if d.UnknownZones().Events != 0 {
				t.Fatalf("%s is unknown", name)
			}
		}
	}
}

func TestOffsetsDoNotAllocate(t *testing.T) {
	d := compile(t, parse(t, `{key: ignore, offset: {field: utc_offset, default: America/New_York}}`), "shoes").NewDecoder()
	for _, rest := range []string{`"utc_offset":"Europe/Berlin","category":"shoes"`, `"utc_offset":"-05:30","category":"\u0073hoes"`, `"utc_offset":null`, `"utc_offset":"60"`,
		`"utc_offset":"EUROPE/berlin"`, `"utc_offset":"GMT+0530"`, `"utc_offset":"NA"`, `"utc_offset":"\u004eA"`, `"utc_offset":{}`} {
		noAllocations(t, rest, d, schemas.Record{Value: []byte(`{"user":"u","type":"visit","time":1790000000000,` + rest + `}`)}, schemas.Accepted)
	}
	names := make([]schemas.Record, 1000)
	for i := range names {
		names[i].Value = []byte(`{"user":"u","type":"visit","time":1,"utc_offset":"Zone/` + strconv.Itoa(i) + `"}`)
	}
	next := 0
	if allocs := testing.AllocsPerRun(len(names)-1, func() {
		var e schemas.Event
		d.Decode(&names[next], &e)
		next++
	}); allocs != 0 {
		t.Errorf("names that are no zones, each another: %v allocations", allocs)
	}
}
