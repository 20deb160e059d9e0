package mapping_test

import (
	"testing"

	"winback/bench/load"
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

// BenchmarkDecodeLoad decodes the load generator's records as the pipeline does, their keys checked: what is predictable of a
// single record is not of 4,096.
func BenchmarkDecodeLoad(b *testing.B) {
	d := compile(b, mapping.Config{}).NewDecoder()
	records := loadRecords(b, 4096)
	var e schemas.Event
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if reason := d.Decode(&records[i&4095], &e); reason != schemas.Accepted {
			b.Fatal(reason, d.Detail())
		}
		i++
	}
}

// loadRecords are the first records of the standard population, beside each other in memory as in a batch.
func loadRecords(tb testing.TB, n int) []schemas.Record {
	tb.Helper()
	generator, err := load.New(load.Defaults())
	if err != nil {
		tb.Fatal(err)
	}
	memory := make([]byte, 0, n*300)
	records := make([]schemas.Record, n)
	var e load.Event
	for i := range records {
		if !generator.Next(&e) {
			tb.Fatal("too few events")
		}
		begin := len(memory)
		memory = load.AppendKey(memory, e.User)
		middle := len(memory)
		memory = generator.AppendJSON(memory, &e)
		records[i] = schemas.Record{Key: memory[begin:middle], Value: memory[middle:]}
	}
	return records
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
