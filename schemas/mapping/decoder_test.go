package mapping_test

import (
	"strings"
	"testing"
	"time"

	"winback/schemas"
	"winback/schemas/mapping"
)

// at is a time in Unix milliseconds.
func at(tb testing.TB, text string) int64 {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return t.UnixMilli()
}

// decoded is an Event for comparison.
type decoded struct {
	user, kind             string
	time, amount, duration int64
}

func decode(tb testing.TB, d *mapping.Decoder, record schemas.Record) (decoded, schemas.Reason) {
	tb.Helper()
	e, reason := decodeEvent(tb, d, record)
	if reason != schemas.Accepted {
		return decoded{}, reason
	}
	return decoded{string(e.User), vocabulary(tb).Name(e.Type), e.Time, e.Amount, e.Duration}, schemas.Accepted
}

func decodeEvent(tb testing.TB, d *mapping.Decoder, record schemas.Record) (schemas.Event, schemas.Reason) {
	tb.Helper()
	var e schemas.Event
	reason := d.Decode(&record, &e)
	if reason != schemas.Accepted {
		if d.Detail() == "" || strings.Contains(d.Detail(), "\n") {
			tb.Errorf("%s: the detail %q is not one line", reason, d.Detail())
		}
		if e.User != nil || e.Time != 0 {
			tb.Errorf("%s: the event was changed: %v", reason, e)
		}
		return schemas.Event{}, reason
	}
	if d.Detail() != "" {
		tb.Errorf("accepted with the detail %q", d.Detail())
	}
	return e, schemas.Accepted
}

func TestPresetsDecodeTheirFormats(t *testing.T) {
	july := at(t, "2026-07-31T08:26:00.125Z")
	for _, test := range []struct {
		name, preset, key, header, value string
		want                             decoded
	}{
		{"own event", "winback", "u1", "", `{"user":"u1","type":"order","time":1790000000000,"amount":1999,"duration_ms":5400}`,
			decoded{"u1", "order", 1790000000000, 1999, 5400}},
		{"own event, RFC 3339", "winback", "u1", "", `{"time":"2026-07-31T10:26:00.125+02:00","type":"visit","user":"u1"}`,
			decoded{"u1", "visit", july, 0, 0}},
		{"own event, fields beside ours", "", "u1", "", ` { "a" : [ { "user" : "x" } , [ ] , { } ] , "user" : "u1" , "type" : "like" , "time" : 5 } `,
			decoded{"u1", "other", 5, 0, 0}},
		{"own event, refund", "winback", "u1", "", `{"user":"u1","type":"order","time":0,"amount":-1.5e2}`, decoded{"u1", "order", 0, -150, 0}},
		{"own event, escapes", "winback", "zoë\"/\U0001F600", "", `{"us\u0065r":"zo\u00eb\"\/\ud83D\ude00","type":"\u006frder","time":1}`,
			decoded{"zoë\"/\U0001F600", "order", 1, 0, 0}},
		{"own event, nulls", "winback", "u1", "", `{"user":"u1","type":"order","time":1,"amount":null,"duration_ms":null}`,
			decoded{"u1", "order", 1, 0, 0}},
		{"own event, the last of equal keys counts", "winback", "u2", "", `{"user":"u1","user":"u2","type":"order","time":1,"amount":7,"amount":null}`,
			decoded{"u2", "order", 1, 0, 0}},
		{"own event, user a number", "winback", "17850", "", `{"user":17850,"type":"order","time":1}`, decoded{"17850", "order", 1, 0, 0}},
		{"own event, longest user", "winback", strings.Repeat("u", 256), "", `{"user":"` + strings.Repeat("u", 256) + `","type":"order","time":1}`,
			decoded{strings.Repeat("u", 256), "order", 1, 0, 0}},

		{"segment track", "segment", "AiUGstSDIg", "", segmentOrderCompleted, decoded{"AiUGstSDIg", "order", july, 2500, 0}},
		{"segment search", "segment", "u1", "", `{"type":"track","event":"Products Searched","userId":"u1","properties":{"query":"uno"},"timestamp":"2026-07-31T08:26:00.125Z"}`,
			decoded{"u1", "search", july, 0, 0}},
		{"segment total only", "segment", "u1", "", `{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":"19.995","revenue":null},"timestamp":"2026-07-31T08:26:00.125Z"}`,
			decoded{"u1", "order", july, 2000, 0}},
		{"segment page", "segment", "u1", "", `{"type":"page","name":"Home","userId":"u1","properties":{"path":"/"},"timestamp":"2026-07-31T08:26:00.125Z"}`,
			decoded{"u1", "view", july, 0, 0}},
		{"rudderstack screen, whose event is the screen's name", "segment", "u1", "", `{"type":"screen","event":"order","userId":"u1","originalTimestamp":"2026-07-31T08:26:00.125Z"}`,
			decoded{"u1", "view", july, 0, 0}},
		{"segment identify", "segment", "u1", "", `{"type":"identify","userId":"u1","traits":{"plan":"pro"},"timestamp":"2026-07-31T08:26:00.125Z"}`,
			decoded{"u1", "other", july, 0, 0}},

		{"cloudevents", "cloudevents", "customer-4711", "", cloudEvent, decoded{"customer-4711", "order", at(t, "2026-07-31T08:26:00.25Z"), 2750, 0}},
		{"cloudevents, user in the data, no time", "cloudevents", "u1", "",
			`{"specversion":"1.0","type":"session_end","source":"/app","id":"1","subject":"session-9","data":{"user":"u1","duration_ms":61000}}`,
			decoded{"u1", "session_end", recordTime, 0, 61000}},
		{"cloudevents, later data replaces earlier", "cloudevents", "s", "",
			`{"data":{"user":"u1","amount":5},"type":"order","subject":"s","data":"text","time":"2026-07-31T08:26:00.125Z"}`, decoded{"s", "order", july, 0, 0}},

		{"csv", "csv", "", "user,time,type,amount,duration_ms", "u1,2026-07-31T08:26:00.125Z,order,1999,", decoded{"u1", "order", july, 1999, 0}},
		{"csv, other order and columns, quotes", "csv", "", `type,note,time,"user"`, `view,"a, b",1785486360,"u ""1"""` + "\r\n", decoded{`u "1"`, "view", 1785486360000, 0, 0}},
		{"csv, byte order mark", "csv", "", "\xef\xbb\xbfuser,time,type", "u1,1785486360,view", decoded{"u1", "view", 1785486360000, 0, 0}},

		{"cdnow", "cdnow", "", "user_id,date,quantity,amount_usd", "00001,1997-01-01,1,11.77",
			decoded{"00001", "order", at(t, "1997-01-01T00:00:00Z"), 1177, 0}},
		{"online retail", "online_retail", "", retailHeader, "536365,17850,2010-12-01T08:26:00Z,22752,2,7.65,United Kingdom",
			decoded{"17850", "order", at(t, "2010-12-01T08:26:00Z"), 1530, 0}},
		{"online retail, cancelled", "online_retail", "", retailHeader, "C536379,14527,2010-12-01T09:41:00Z,D,-1,27.50,United Kingdom",
			decoded{"14527", "other", at(t, "2010-12-01T09:41:00Z"), -2750, 0}},
		{"online retail, rounded half away from zero", "online_retail", "", retailHeader, "C1,1,2010-12-01T09:41:00Z,D,-3,0.125,UK",
			decoded{"1", "other", at(t, "2010-12-01T09:41:00Z"), -38, 0}},
		{"oulad", "oulad", "", "user_id,date,activity,resources,clicks", "FFF-2013B-101306,2013-01-14,forumng,3,4",
			decoded{"FFF-2013B-101306", "visit", at(t, "2013-01-14T00:00:00Z"), 4, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := compile(t, mapping.Config{Preset: test.preset}).NewDecoder()
			if test.header != "" {
				if err := d.Header([]byte(test.header)); err != nil {
					t.Fatal(err)
				}
			}
			got, reason := decode(t, d, schemas.Record{Time: recordTime, Key: []byte(test.key), Value: []byte(test.value)})
			if reason != schemas.Accepted || got != test.want {
				t.Errorf("got %v (%v, %s), want %v", got, reason, d.Detail(), test.want)
			}
		})
	}
}

const (
	recordTime   = 1785000000000
	retailHeader = "invoice_no,user_id,invoice_ts,stock_code,quantity,unit_price_gbp,country"
)

// refusals are records of the winback preset, keyed by "u1", that must go to the dead letters.
var refusals = []struct {
	name, value string
	reason      schemas.Reason
	detail      string
}{
	{"tombstone", ``, schemas.Malformed, "byte 0: an empty value"},
	{"not an object", `["u1"]`, schemas.Malformed, "byte 0: not a JSON object"},
	{"trailing garbage", valid + `x`, schemas.Malformed, "something follows"},
	{"two documents", valid + valid, schemas.Malformed, "something follows"},
	{"cut short", valid[:len(valid)-1], schemas.Malformed, "the JSON ends inside an object"},
	{"unbalanced", `{"user":"u1","x":[1,{"y":2]}}`, schemas.Malformed, "closing bracket"},
	{"trailing comma", `{"user":"u1",}`, schemas.Malformed, "a key in double quotes"},
	{"bad escape", `{"user":"u1","x":"\q"}`, schemas.Malformed, "byte 18: a bad escape"},
	{"short \\u", `{"user":"u1","x":"\u00g0"}`, schemas.Malformed, "a bad escape"},
	{"control character", "{\"user\":\"u1\",\"x\":\"a\nb\"}", schemas.Malformed, "control character"},
	{"bad number in a field not read", `{"x":01}`, schemas.Malformed, "comma"},
	{"bad number", `{"user":"u1","type":"order","time":-}`, schemas.Malformed, "a bad number"},
	{"bad fraction", `{"user":"u1","type":"order","time":1.}`, schemas.Malformed, "a bad number"},
	{"bad literal", `{"user":nul}`, schemas.Malformed, "no JSON value"},
	{"user not UTF-8", "{\"user\":\"\xff\",\"type\":\"order\",\"time\":1}", schemas.Malformed, "user \"\\xff\": not UTF-8"},
	{"user half a surrogate pair", `{"user":"\ud800","type":"order","time":1}`, schemas.Malformed, "not UTF-8"},
	{"too deep", `{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, schemas.Malformed, "64 deep"},
	{"too long", `{"x":"` + strings.Repeat("a", 64<<10) + `"}`, schemas.Oversized, "max_bytes"},
	{"user too long", `{"user":"` + strings.Repeat("u", 257) + `","type":"order","time":1}`, schemas.Oversized, "longer than 256 bytes"},
	{"user too long, escaped", `{"user":"` + strings.Repeat(`\u0075`, 2000) + `","type":"order","time":1}`, schemas.Oversized, "longer than 256 bytes"},
	{"no user", `{"type":"order","time":1}`, schemas.NoUser, "user: missing or empty"},
	{"user null", `{"user":null,"type":"order","time":1}`, schemas.NoUser, "missing"},
	{"user empty", `{"user":"","type":"order","time":1}`, schemas.NoUser, "missing"},
	{"user an object", `{"user":{"id":"u1"},"type":"order","time":1}`, schemas.NoUser, "neither text nor an integer"},
	{"user a fraction", `{"user":1.5,"type":"order","time":1}`, schemas.NoUser, "neither text nor an integer"},
	{"other key", `{"user":"u2","type":"order","time":1}`, schemas.KeyMismatch, `key "u1": not the user id`},
	{"no type", `{"user":"u1","time":1}`, schemas.NoType, "type: missing"},
	{"type true", `{"user":"u1","type":true,"time":1}`, schemas.NoType, "neither text nor a number"},
	{"no time", `{"user":"u1","type":"order"}`, schemas.BadTime, "time: missing"},
	{"time in words", `{"user":"u1","type":"order","time":"yesterday"}`, schemas.BadTime, `time "yesterday": not a time`},
	{"time before 1970", `{"user":"u1","type":"order","time":-1}`, schemas.BadTime, "between 1970 and 9999"},
	{"time after 9999", `{"user":"u1","type":"order","time":253402300800000}`, schemas.BadTime, "between 1970 and 9999"},
	{"time far too large", `{"user":"u1","type":"order","time":1e400}`, schemas.BadTime, "between 1970 and 9999"},
	{"time without zone", `{"user":"u1","type":"order","time":"2026-07-31T08:26:00"}`, schemas.BadTime, "unix_ms or rfc3339"},
	{"30 February", `{"user":"u1","type":"order","time":"2026-02-30T08:26:00Z"}`, schemas.BadTime, "not a time"},
	{"amount in words", `{"user":"u1","type":"order","time":1,"amount":"ten"}`, schemas.BadAmount, `amount "ten": not a number`},
	{"amount an array", `{"user":"u1","type":"order","time":1,"amount":[1]}`, schemas.BadAmount, "not a number"},
	{"half a cent", `{"user":"u1","type":"order","time":1,"amount":0.5}`, schemas.BadAmount, "not a whole number"},
	{"amount too large", `{"user":"u1","type":"order","time":1,"amount":9223372036854775808}`, schemas.BadAmount, "64 bits"},
	{"duration too large", `{"user":"u1","type":"session_end","time":1,"duration_ms":1e19}`, schemas.BadDuration, "64 bits"},
	{"duration negative", `{"user":"u1","type":"session_end","time":1,"duration_ms":-1}`, schemas.BadDuration, "negative"},
	{"duration true", `{"user":"u1","type":"session_end","time":1,"duration_ms":true}`, schemas.BadDuration, "not a number"},
}

const valid = `{"user":"u1","type":"order","time":1}`

func TestRefusals(t *testing.T) {
	d := compile(t, mapping.Config{}).NewDecoder()
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			_, reason := decode(t, d, schemas.Record{Key: []byte("u1"), Value: []byte(test.value)})
			if reason != test.reason || !strings.Contains(d.Detail(), test.detail) {
				t.Errorf("got %s (%s), want %s (%s)", reason, d.Detail(), test.reason, test.detail)
			}
		})
	}
}

// Every prefix of a document is malformed, whatever it ends in.
func TestEveryPrefixIsMalformed(t *testing.T) {
	d := compile(t, mapping.Config{Preset: "segment", Key: mapping.KeyIgnore}).NewDecoder()
	for n := range segmentOrderCompleted {
		if _, reason := decode(t, d, schemas.Record{Value: []byte(segmentOrderCompleted[:n])}); reason != schemas.Malformed {
			t.Fatalf("the first %d bytes: %s", n, reason)
		}
	}
}

func TestKey(t *testing.T) {
	fromKey := mapping.User{Field: mapping.Paths{"user", "$key"}}
	for _, test := range []struct {
		name   string
		cfg    mapping.Config
		key    []byte
		value  string
		user   string
		reason schemas.Reason
	}{
		{"equal", mapping.Config{}, []byte("u1"), valid, "u1", schemas.Accepted},
		{"absent", mapping.Config{}, nil, valid, "", schemas.KeyMismatch},
		{"absent, ignored", mapping.Config{Key: mapping.KeyIgnore}, nil, valid, "u1", schemas.Accepted},
		{"other, ignored", mapping.Config{Key: mapping.KeyIgnore}, []byte("x"), valid, "u1", schemas.Accepted},
		{"user is the key", mapping.Config{User: fromKey}, []byte("u9"), `{"type":"order","time":1}`, "u9", schemas.Accepted},
		{"null user is the key", mapping.Config{User: fromKey}, []byte("u9"), `{"user":null,"type":"order","time":1}`, "u9", schemas.Accepted},
		{"user is the key, which is absent", mapping.Config{User: fromKey}, nil, `{"type":"order","time":1}`, "", schemas.NoUser},
		{"user before the key", mapping.Config{User: fromKey}, []byte("u9"), valid, "", schemas.KeyMismatch},
		{"key not UTF-8", mapping.Config{User: fromKey}, []byte("\xff"), `{"type":"order","time":1}`, "", schemas.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := compile(t, test.cfg).NewDecoder()
			got, reason := decode(t, d, schemas.Record{Key: test.key, Value: []byte(test.value)})
			if reason != test.reason || got.user != test.user {
				t.Errorf("got %q, %s (%s); want %q, %s", got.user, reason, d.Detail(), test.user, test.reason)
			}
		})
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	for _, preset := range []struct{ name, value string }{
		{"winback", typicalEvent}, {"segment", segmentOrderCompleted}, {"cloudevents", cloudEvent},
		{"winback", `{"us\u0065r":"zo\u00eb","type":"\u006frder","time":"2026-07-31T08:26:00Z"}`},
	} {
		d := compile(t, mapping.Config{Preset: preset.name, Key: mapping.KeyIgnore}).NewDecoder()
		noAllocations(t, preset.name, d, schemas.Record{Value: []byte(preset.value)}, schemas.Accepted)
	}
	berlin := mapping.Config{Preset: "csv", Time: mapping.Time{Zone: "Europe/Berlin"}, Columns: mapping.Paths{"user", "time", "type"}}
	noAllocations(t, "csv", compile(t, berlin).NewDecoder(), schemas.Record{Value: []byte(`"u ""1""",2026-07-31 08:26,order`)}, schemas.Accepted)
	noAllocations(t, "csv", compile(t, berlin).NewDecoder(), schemas.Record{Value: []byte(`u,2026-07-31 08:26`)}, schemas.Malformed)
	own := compile(t, mapping.Config{}).NewDecoder()
	for _, test := range refusals {
		noAllocations(t, test.name, own, schemas.Record{Key: []byte("u1"), Value: []byte(test.value)}, test.reason)
	}
}

func noAllocations(t *testing.T, name string, d *mapping.Decoder, record schemas.Record, want schemas.Reason) {
	t.Helper()
	var e schemas.Event
	if allocs := testing.AllocsPerRun(10, func() {
		if reason := d.Decode(&record, &e); reason != want {
			t.Errorf("%s: %s (%s)", name, reason, d.Detail())
		}
	}); allocs != 0 {
		t.Errorf("%s: %v allocations", name, allocs)
	}
}
