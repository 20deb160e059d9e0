package mapping_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/buger/jsonparser"
	"github.com/tidwall/gjson"
	"github.com/valyala/fastjson"

	"winback/schemas"
	"winback/schemas/mapping"
)

// BenchmarkParser is why the package has a scanner of its own: each parser reads the same five fields of the same event into an
// Event, and all but gjson and jsonparser, which do not look at what they skip, check the whole document.
func BenchmarkParser(b *testing.B) {
	words := vocabulary(b)
	fast := new(fastjson.Parser)
	own := compile(b, mapping.Config{Key: mapping.KeyIgnore}).NewDecoder()
	for _, parser := range []struct {
		name string
		read func(value []byte, e *schemas.Event) bool
	}{
		{"encoding-json", func(value []byte, e *schemas.Event) bool { return readStandard(words, value, e) }},
		{"fastjson", func(value []byte, e *schemas.Event) bool { return readFastjson(fast, words, value, e) }},
		{"jsonparser", func(value []byte, e *schemas.Event) bool { return readJsonparser(words, value, e) }},
		{"gjson", func(value []byte, e *schemas.Event) bool { return readGjson(words, value, e) }},
		{"gjson-valid", func(value []byte, e *schemas.Event) bool {
			return gjson.ValidBytes(value) && readGjson(words, value, e)
		}},
		{"own", func(value []byte, e *schemas.Event) bool {
			return own.Decode(&schemas.Record{Value: value}, e) == schemas.Accepted
		}},
	} {
		b.Run(parser.name, func(b *testing.B) {
			value := []byte(typicalEvent)
			var e schemas.Event
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				if !parser.read(value, &e) || e.Time != 1790000000123 || e.Amount != 1999 {
					b.Fatal(e)
				}
			}
		})
	}
}

func readStandard(words *schemas.Vocabulary, value []byte, e *schemas.Event) bool {
	var document struct {
		User, Type   string
		Time, Amount int64
		Duration     int64 `json:"duration_ms"`
	}
	err := json.Unmarshal(value, &document)
	*e = schemas.Event{
		User: []byte(document.User), Type: words.Lookup([]byte(document.Type)),
		Time: document.Time, Amount: document.Amount, Duration: document.Duration,
	}
	return err == nil
}

func readFastjson(p *fastjson.Parser, words *schemas.Vocabulary, value []byte, e *schemas.Event) bool {
	document, err := p.ParseBytes(value)
	if err != nil {
		return false
	}
	*e = schemas.Event{
		User: document.GetStringBytes("user"), Type: words.Lookup(document.GetStringBytes("type")),
		Time: document.GetInt64("time"), Amount: document.GetInt64("amount"), Duration: document.GetInt64("duration_ms"),
	}
	return true
}

func readJsonparser(words *schemas.Vocabulary, value []byte, e *schemas.Event) bool {
	err := jsonparser.ObjectEach(value, func(key, field []byte, _ jsonparser.ValueType, _ int) (err error) {
		switch string(key) {
		case "user":
			e.User = field
		case "type":
			e.Type = words.Lookup(field)
		case "time":
			e.Time, err = jsonparser.ParseInt(field)
		case "amount":
			e.Amount, err = jsonparser.ParseInt(field)
		case "duration_ms":
			e.Duration, err = jsonparser.ParseInt(field)
		}
		return err
	})
	return err == nil
}

func readGjson(words *schemas.Vocabulary, value []byte, e *schemas.Event) bool {
	gjson.ParseBytes(value).ForEach(func(key, field gjson.Result) bool {
		switch key.Str {
		case "user":
			e.User = []byte(field.Str)
		case "type":
			e.Type = words.Lookup([]byte(field.Str))
		case "time":
			e.Time = field.Int()
		case "amount":
			e.Amount = field.Int()
		case "duration_ms":
			e.Duration = field.Int()
		}
		return true
	})
	return true
}

// BenchmarkTimeParse compares the calendar by hand with the standard library's.
func BenchmarkTimeParse(b *testing.B) {
	const text = "2026-07-31T08:26:00.125+02:00"
	b.Run("time.Parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := time.Parse(time.RFC3339, text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("own", func(b *testing.B) {
		cfg := mapping.Config{Preset: "csv", Columns: mapping.Paths{"user", "time", "type"}}
		d := compile(b, cfg).NewDecoder()
		record := schemas.Record{Value: []byte("u," + text + ",visit")}
		var e schemas.Event
		for b.Loop() {
			if d.Decode(&record, &e) != schemas.Accepted {
				b.Fatal(d.Detail())
			}
		}
	})
}
