package mapping_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"winback/schemas"
	"winback/schemas/mapping"
)

// FuzzDecodeJSON holds the scanner to encoding/json: what that refuses is refused, and what it reads is read.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range refusals {
		f.Add([]byte(seed.value[:min(len(seed.value), 200)]))
	}
	for _, seed := range []string{typicalEvent, cloudEvent, `{"user":"a\u00e9\ud83d\ude00\ud83d","type":"order","time":"1.5e3","amount":"+007.0"}`,
		`{"user":-0,"user":12,"type":17,"time":0.1e1,"duration_ms":1E2,"x":{"user":[{},[],"",-0.0e-0,true,false,null]}}`,
		`{"user":"u","type":"order","time":5,"utc_offset":"Europe/Berlin","category":"shoes"}`, `{"user":"u","type":"order","time":5,"utc_offset":"-0530","category":17}`,
		`{"user":"u","type":"order","time":"2026-07-31T08:26:00+05:45","utc_offset":"","category":"sh\u006fes"}`,
		`{"user":"u","type":"order","time":"2026-07-31T08:26:00-00:00","utc_offset":"+30","category":["shoes"]}`, `{"user":"u","type":"order","time":5,"utc_offset":" GMT+5:30 (x)"}`,
		`{"user":"u","type":"order","time":"2026-07-31T08:26:00+20:00","utc_offset":"europe/Berlin"}`, `{"user":"u","type":"order","time":5,"utc_offset":-1.2e2}`} {
		f.Add([]byte(seed))
	}
	categories := vocabulary(f, "17", "shoes")
	d := compile(f, mapping.Config{Key: mapping.KeyIgnore}, "17", "shoes").NewDecoder()
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) > mapping.DefaultMaxBytes {
			return
		}
		before := d.UnknownZones().Events
		e, reason := decodeEvent(t, d, schemas.Record{Value: value})
		var got decoded
		if reason == schemas.Accepted {
			got = decoded{string(e.User), categories.Name(e.Type), e.Time, e.Amount, e.Duration}
		}
		document := standardJSON(value)
		if document == nil {
			if reason != schemas.Malformed {
				t.Fatalf("encoding/json refuses it; we say %s %v", reason, got)
			}
			return
		}
		want, wantReason := referenceEvent(t, document)
		switch user, _, _ := wordOf(document["user"]); {
		case nesting(value) > 64, !plainText(user):
			wantReason, want = schemas.Malformed, decoded{}
			if reason == schemas.Oversized { // the mark is longer than the byte it stands for
				reason = schemas.Malformed
			}
		}
		if user, _, _ := wordOf(document["user"]); reason == schemas.Accepted && strings.ContainsRune(user, utf8.RuneError) && user == got.user {
			return // the mark itself was written
		}
		if reason != wantReason || got != want {
			t.Fatalf("got %s %v (%s), want %s %v", reason, got, d.Detail(), wantReason, want)
		}
		if reason != schemas.Accepted {
			return
		}
		at, _, _ := wordOf(document["time"])
		offset, unknown := referenceOffset(t, document["utc_offset"], at, e.Time)
		category, _, _ := wordOf(document["category"])
		if int(e.Offset) != offset || e.Category != categories.Category([]byte(category)) {
			t.Fatalf("got the offset %d and category %d, want %d and %q", e.Offset, e.Category, offset, category)
		}
		if (d.UnknownZones().Events > before) != unknown {
			t.Fatalf("counted as an unknown zone: %v, want %v", !unknown, unknown)
		}
	})
}

// FuzzDecodeCSV holds the columns to regular expressions.
func FuzzDecodeCSV(f *testing.F) {
	for _, seed := range []string{`a,b,c`, `"a","b","c"`, `"a ""b""",,"x,y"`, `"a`, `a"b,c,d`, `"a"b,c,d`, `a,b`, `a,b,c,d`, "\"a\nb\",c,d", "a,b\nc,d", `,,`, `a "",",b`} {
		f.Add(seed)
		f.Add(strings.ReplaceAll(seed, ",", "\t"))
	}
	columns := mapping.Paths{"a", "b", "c"}
	for _, kind := range csvKinds {
		kind.decoders = nil // of an earlier run
		for _, column := range columns {
			kind.decoders = append(kind.decoders, compile(f, mapping.Config{
				Preset: "custom", Format: "csv", Key: mapping.KeyIgnore, Columns: columns, Delimiter: kind.delimiter, Quotes: kind.quotes,
				User: mapping.User{Field: mapping.Paths{column}}, Type: mapping.Type{Const: "visit"}, Time: mapping.Time{Field: mapping.Paths{"$time"}},
			}).NewDecoder())
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsRune(value, '\r') || strings.Trim(value, "\n") != value || value == "" {
			return // a record holds one row; line breaks are the scanner's
		}
		for _, kind := range csvKinds {
			fields := kind.fields(value)
			for i, d := range kind.decoders {
				got, reason := decode(t, d, schemas.Record{Value: []byte(value)})
				want, user := schemas.Malformed, ""
				if len(fields) == len(columns) {
					want, user = reasonOfUser(fields[i]), fields[i]
				}
				if reason != want || reason == schemas.Accepted && got.user != user {
					t.Fatalf("%+v, column %d: got %q, %s (%s); want %q, %s", kind, i, got.user, reason, d.Detail(), user, want)
				}
			}
		}
	})
}

// csvKind reads CSV by a regular expression for one field and what follows it.
type csvKind struct {
	delimiter, quotes string
	field             *regexp.Regexp
	decoders          []*mapping.Decoder
}

var csvKinds = []*csvKind{
	{delimiter: ",", field: regexp.MustCompile(`^(?:"((?:[^"]|"")*)"|((?:[^",\n][^,\n]*)?))(,|$)`)},
	{delimiter: "tab", field: regexp.MustCompile(`^(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|$)`)},
	{delimiter: "tab", quotes: "rfc4180", field: regexp.MustCompile(`^(?:"((?:[^"]|"")*)"|((?:[^"\t\n][^\t\n]*)?))(\t|$)`)},
	{delimiter: ",", quotes: "none", field: regexp.MustCompile(`^(\A\z.)?([^,\n]*)(,|$)`)},
}

// fields cuts a row, and returns nil if it is none.
func (k *csvKind) fields(row string) (fields []string) {
	for {
		match := k.field.FindStringSubmatch(row)
		if match == nil {
			return nil
		}
		fields = append(fields, strings.ReplaceAll(match[1], `""`, `"`)+match[2])
		if row = row[len(match[0]):]; match[3] == "" {
			return fields
		}
	}
}

func reasonOfUser(user string) schemas.Reason {
	switch {
	case user == "":
		return schemas.NoUser
	case len(user) > mapping.MaxUserBytes:
		return schemas.Oversized
	case !utf8.ValidString(user):
		return schemas.Malformed
	}
	return schemas.Accepted
}

// FuzzRows holds the scanner to a slow reading: a row is the shortest run of lines that is one sound CSV row, or else one line.
func FuzzRows(f *testing.F) {
	for _, seed := range []string{"a,b\nc,d\n", "\n\na,b\n\n\nc,d", "\"a\nb\",c\n\"d\"\"\n\",e\n", "a,\"b\n", "a\"\nb\"\n", "\"\n\"",
		"\"a,b\nc,d\ne,\"f\"\ng,h\n", "5\" disk,\"b\nc,d\n\"e\"\n", "\"a\nb\"c\n\"d\"\n", "\"a\n\"\"b\n\n\"c\n"} {
		f.Add(seed, uint16(1000))
	}
	f.Add(strings.Repeat("a,", 500)+"\nb,c\n", uint16(10))
	f.Fuzz(func(t *testing.T, text string, limit uint16) {
		cfg := mapping.Config{Preset: "csv", MaxBytes: int(limit) + 1}
		scanner := compile(t, cfg).NewScanner(strings.NewReader(text))
		var got []cutRow
		for scanner.Scan() {
			if len(scanner.Bytes()) == 0 {
				t.Fatal("an empty row")
			}
			got = append(got, cutRow{string(scanner.Bytes()), scanner.Line()})
		}
		if scanner.Err() != nil {
			t.Fatal(scanner.Err())
		}
		if len(text) > int(limit) || len(text) > 300 || strings.ContainsRune(text, '\r') {
			return
		}
		if want := referenceRows(text); !slices.Equal(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

type cutRow struct {
	text string
	line int64
}

func referenceRows(text string) (rows []cutRow) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		n := 1
		for last := i + 1; last <= len(lines); last++ {
			if sound(strings.Join(lines[i:last], "\n")) {
				n = last - i
				break
			}
		}
		if lines[i] != "" {
			rows = append(rows, cutRow{strings.Join(lines[i:i+n], "\n"), int64(i + 1)})
		}
		i += n
	}
	return rows
}

func sound(row string) bool { return csvKinds[0].fields(row) != nil }

// FuzzTime holds the calendar to the standard library's.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-07-31T08:26:00Z", "2026-07-31t08:26:00.1239z", "2024-02-29 23:59:59.999999999999+05:30", "1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-00:01", "2026-07-31", "2026-07-31 8:26", "2026-07-31 08:26 UTC", "2026-03-29 02:30", "2026-10-25T02:30:00",
		"2100-02-29", "1790000000", "1790000000.5", "1790000000123", "1790000000123456789", "20260731", "2026-07-31T08:26:00+24:00", "2026-07-31T08:26:60Z", "1e9", "2026-07-31T08:26+02",
		"2000-01-01 0:00:00Z", "2000-01-01T00:00:00,5Z"} {
		f.Add(seed)
	}
	reader := func(format, zone string) *mapping.Decoder {
		return compile(f, mapping.Config{Key: mapping.KeyIgnore, Time: mapping.Time{Field: mapping.Paths{"time"}, Format: mapping.Paths{format}, Zone: zone}}).NewDecoder()
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	strict, loose := reader("rfc3339", ""), reader("auto", "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		value, err := json.Marshal(map[string]string{"user": "u", "type": "visit", "time": text})
		if err != nil {
			t.Fatal(err)
		}
		want, ok := strictRFC3339(text)
		ok = ok && want >= 0 && want <= 253402300799999
		got, reason := decode(t, strict, schemas.Record{Value: value})
		if ok != (reason == schemas.Accepted) || ok && got.time != want {
			t.Fatalf("rfc3339: got %d, %s; want %d, %v", got.time, reason, want, ok)
		}
		got, reason = decode(t, loose, schemas.Record{Value: value})
		if reason == schemas.Accepted && !slices.Contains(looseTimes(text, berlin), got.time) || reason != schemas.Accepted && ok {
			t.Fatalf("auto: got %d, %s; want one of %v", got.time, reason, looseTimes(text, berlin))
		}
	})
}

// looseTimes are the times, in milliseconds, that a text can be read as.
func looseTimes(text string, zone *time.Location) []int64 {
	var times []int64
	if r, ok := referenceNumber(text); ok {
		for _, unit := range []int{3, 0, -3, -6} {
			times = append(times, floorScaled(r, unit))
		}
	}
	text = strings.ToUpper(text)
	for _, date := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		for _, offset := range []string{"", "Z07:00", "-0700", "-07", " Z07:00", " -0700", " -07", " UTC", "UTC"} {
			if t, err := time.ParseInLocation(date+offset, text, zone); err == nil {
				if strings.Contains(offset, "UTC") {
					t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
				}
				times = append(times, t.UnixMilli())
			}
		}
	}
	return times
}

// FuzzZone holds time zones and offsets to the slow reading of the reference.
func FuzzZone(f *testing.F) {
	for _, seed := range []string{"GMT+0530", "GMT+0530 (India Standard Time)", "UTC-3", "utc \u22123:30", "+18:01", "+30", "-12e1", "europe/berlin", "America/New York", "Etc/GMT+5", "NA", " z ", "(", "gmt0", "1080.0"} {
		f.Add(seed, int64(1790000000000))
	}
	d := compile(f, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	f.Fuzz(func(t *testing.T, zone string, ms int64) {
		if ms = max(ms, -ms) % 4e12; ms < 0 || !utf8.ValidString(zone) || len(zone) > 1000 {
			return
		}
		value, err := json.Marshal(map[string]any{"user": "u", "type": "visit", "time": ms, "utc_offset": zone})
		if err != nil {
			t.Fatal(err)
		}
		before := d.UnknownZones().Events
		e, reason := decodeEvent(t, d, schemas.Record{Value: value})
		want, unknown := referenceOffset(t, zone, "", ms)
		if reason != schemas.Accepted || int(e.Offset) != want || (d.UnknownZones().Events > before) != unknown {
			t.Fatalf("%q: %d, %s; want %d, unknown %v", zone, e.Offset, reason, want, unknown)
		}
	})
}

// FuzzDecimal holds amounts, alone and multiplied, to exact rational numbers.
func FuzzDecimal(f *testing.F) {
	for _, seed := range [][2]string{{"11.77", "1"}, {"0.125", "-3"}, {"92233720368547758.07", "1"}, {"92233720368547758.08", "1"}, {"1e-40", "5e39"}, {"0.005", "1"},
		{"3.33333333333333333333333333", "1"}, {"4611686018427387904", "2"}, {"18446744073709551615", "1e-19"}, {"-0", "1e999"}, {"+.5", "5."}, {"1,5", "1"}, {"0.0049999999999999999999999999", "1"}, {"10000000000000000002", "2e-7"}} {
		f.Add(seed[0], seed[1], uint8(2), false)
		f.Add(seed[0], seed[1], uint8(0), true)
	}
	f.Fuzz(func(t *testing.T, a, b string, decimals uint8, whole bool) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || a == "" || b == "" {
			return
		}
		places := int(decimals % 7)
		cfg := mapping.Amount{Field: mapping.Paths{"a"}, Times: mapping.Paths{"b"}, Unit: "major", Decimals: &places}
		if whole {
			cfg, places = mapping.Amount{Field: mapping.Paths{"a"}, Times: mapping.Paths{"b"}}, 0
		}
		value, err := json.Marshal(map[string]string{"user": "u", "type": "order", "time": "1", "a": a, "b": b})
		if err != nil {
			t.Fatal(err)
		}
		d := compile(t, mapping.Config{Key: mapping.KeyIgnore, Amount: cfg}).NewDecoder()
		got, reason := decode(t, d, schemas.Record{Value: value})
		want, ok := referenceProduct(a, b, places, whole)
		if significant(a) > 19 || significant(b) > 19 {
			ok = ok && reason == schemas.Accepted // too many digits to multiply: refused, or right
		}
		if ok != (reason == schemas.Accepted) || ok && got.amount != want {
			t.Fatalf("got %d, %s (%s); want %d, %v", got.amount, reason, d.Detail(), want, ok)
		}
	})
}
