package mapping_test

import (
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// typicalEvent is 200 bytes of our own JSON, with fields beside those that are read.
const typicalEvent = `{"user":"u0000184467","type":"add_to_cart","time":1790000000123,"amount":1999,"duration_ms":5400,` +
	`"session":"9f86d081884c7d65","page":"/product/4711","referrer":"/category/17","device":"mobile","country":"DE"}`

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct{ name, preset, value string }{
		{"winback", "winback", typicalEvent},
		{"segment", "segment", segmentOrderCompleted},
		{"cloudevents", "cloudevents", cloudEvent},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d := compile(b, mapping.Config{Preset: bench.preset, Key: mapping.KeyIgnore}).NewDecoder()
			benchDecode(b, d, bench.value)
		})
	}
	b.Run("csv", func(b *testing.B) {
		d := compile(b, mapping.Config{Preset: "online_retail"}).NewDecoder()
		if err := d.Header([]byte("invoice_no,user_id,invoice_ts,stock_code,quantity,unit_price_gbp,country")); err != nil {
			b.Fatal(err)
		}
		benchDecode(b, d, "536365,17850,2010-12-01T08:26:00Z,21730,6,4.25,United Kingdom")
	})
}

func benchDecode(b *testing.B, d *mapping.Decoder, value string) {
	record := schemas.Record{Value: []byte(value)}
	var e schemas.Event
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		if reason := d.Decode(&record, &e); reason != schemas.Accepted {
			b.Fatal(reason, d.Detail())
		}
	}
}
