package replay

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"winback/schemas"
	"winback/schemas/mapping"
)

func parquetBytes[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compileMapping(t testing.TB, cfg mapping.Config) *mapping.Mapping {
	t.Helper()
	vocabulary, err := schemas.NewVocabulary([]string{"visit", "order"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Key = mapping.KeyIgnore
	m, err := mapping.Compile(cfg, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// textsOf returns the rows of a Parquet file as text, a header first if there is one.
func textsOf(t testing.TB, file []byte, cfg mapping.Config) (texts []string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := open(context.Background(), path, &Input{}, func(int) {})
	if err != nil {
		return nil, err
	}
	defer s.close()
	lines, err := openParquet(Defaults(), s, compileMapping(t, cfg))
	if err != nil {
		return nil, err
	}
	if header := lines.form.header(); header != nil {
		texts = append(texts, string(header))
	}
	for lines.Scan() {
		texts = append(texts, string(lines.Bytes()))
	}
	return texts, lines.Err()
}

type param struct {
	Key   string `parquet:"key"`
	Value struct {
		String *string  `parquet:"string_value,optional"`
		Int    *int64   `parquet:"int_value,optional"`
		Double *float64 `parquet:"double_value,optional"`
	} `parquet:"value,optional"`
}

type everyKind struct {
	Bool   bool             `parquet:"bool"`
	I32    int32            `parquet:"i32"`
	U64    uint64           `parquet:"u64"`
	F32    float32          `parquet:"f32"`
	F64    *float64         `parquet:"f64,optional"`
	Text   string           `parquet:"text"`
	Raw    []byte           `parquet:"raw"`
	Date   int32            `parquet:"date,date"`
	Millis int64            `parquet:"millis,timestamp(millisecond)"`
	Micros int64            `parquet:"micros,timestamp(microsecond:local)"`
	Nanos  int64            `parquet:"nanos,timestamp(nanosecond)"`
	Old    deprecated.Int96 `parquet:"old"`
	Cents  int64            `parquet:"cents,decimal(2:18)"`
	Long   [16]byte         `parquet:"long,decimal(3:38)"`
	UUID   [16]byte         `parquet:"uuid,uuid"`
	JSON   string           `parquet:"json,json"`
	Params []param          `parquet:"params"`
	Tags   []string         `parquet:"tags,list"`
	Grid   [][]int64        `parquet:"grid,list"`
	Sizes  map[string]int64 `parquet:"sizes"`
	Device *struct {
		Name *string `parquet:"name,optional"`
	} `parquet:"device,optional"`
}

func full() everyKind {
	half, text, n := 0.5, "a", int64(7)
	e := everyKind{
		Bool: true, I32: -5, U64: 1 << 63, F32: 1.5, F64: &half, Text: "tab\t \"quoted\" ü", Raw: []byte{0xff, 0x00}, Date: 20513, Millis: 1772359200125,
		Micros: 1772359200000250, Nanos: -1, Old: deprecated.Int96{1e9, 0, 2440588 + 1}, Cents: -5, JSON: `{"a": [1, 2]}`,
		Tags: []string{"x", "y"}, Grid: [][]int64{{1, 2}, {}, {3}}, Sizes: map[string]int64{"m": 2},
	}
	for i := range e.Long {
		e.Long[i] = 0xff // minus one
	}
	for i := range e.UUID {
		e.UUID[i] = byte(i)
	}
	e.Params = make([]param, 2)
	e.Params[0].Key, e.Params[0].Value.String = "page", &text
	e.Params[1].Key, e.Params[1].Value.Int = "count", &n
	e.Device = new(struct {
		Name *string `parquet:"name,optional"`
	})
	return e
}

func TestAParquetRowIsWrittenAsJSONThatAMappingReads(t *testing.T) {
	want := []string{
		`{"bool":true,"i32":-5,"u64":9223372036854775808,"f32":1.5,"f64":0.5,"text":"tab\u0009 \"quoted\" ü","raw":"/wA=","date":"2026-03-01",` +
			`"millis":"2026-03-01T10:00:00.125Z","micros":"2026-03-01T10:00:00.00025","nanos":"1969-12-31T23:59:59.999999999Z","old":"1970-01-02T00:00:01Z",` +
			`"cents":-0.05,"long":-0.001,"uuid":"00010203-0405-0607-0809-0a0b0c0d0e0f","json":{"a":[1,2]},` +
			`"params":[{"key":"page","value":{"string_value":"a"}},{"key":"count","value":{"int_value":7}}],"tags":["x","y"],"grid":[[1,2],[],[3]],"sizes":{"m":2},"device":{}}`,
		`{"bool":false,"i32":0,"u64":0,"f32":0,"text":"","raw":"","date":"1970-01-01","millis":"1970-01-01T00:00:00Z","micros":"1970-01-01T00:00:00",` +
			`"nanos":"1970-01-01T00:00:00Z","old":"-4713-11-24T00:00:00Z","cents":0.00,"long":0.000,"uuid":"00000000-0000-0000-0000-000000000000","json":"",` +
			`"params":[],"tags":[],"grid":[],"sizes":{}}`,
	}
	got, err := textsOf(t, parquetBytes(t, []everyKind{full(), {}}), mapping.Config{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v: got %q", err, got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func TestTextThatIsAJSONObjectIsPartOfTheRow(t *testing.T) {
	type row struct {
		User       string `parquet:"user"`
		Properties string `parquet:"properties"`
		Raw        []byte `parquet:"raw"`
	}
	got, err := textsOf(t, parquetBytes(t, []row{
		{"{u1}", `{"revenue": 19.99}`, []byte(`{"a": 1}`)}, {"u2", "{}", []byte("{\xff}")}, {"u3", `{"revenue": `, nil}, {"u4", "[1]", nil}, {"u5", "5", nil}, {"u6", "", nil},
	}), mapping.Config{})
	want := []string{
		`{"user":"{u1}","properties":{"revenue":19.99},"raw":{"a":1}}`, `{"user":"u2","properties":{},"raw":"e/99"}`, `{"user":"u3","properties":"{\"revenue\": ","raw":""}`,
		`{"user":"u4","properties":"[1]","raw":""}`, `{"user":"u5","properties":"5","raw":""}`, `{"user":"u6","properties":"","raw":""}`,
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: got %q", err, got)
	}
}

func TestAParquetRowIsWrittenAsACSVRowWithoutWhatIsRepeated(t *testing.T) {
	got, err := textsOf(t, parquetBytes(t, []everyKind{full()}), mapping.Config{Preset: "csv", User: mapping.User{Field: mapping.Paths{"text"}}})
	want := []string{
		"bool,i32,u64,f32,f64,text,raw,date,millis,micros,nanos,old,cents,long,uuid,json,device.name",
		"true,-5,9223372036854775808,1.5,0.5,\"tab\t \"\"quoted\"\" ü\",/wA=,2026-03-01,2026-03-01T10:00:00.125Z,2026-03-01T10:00:00.00025," +
			"1969-12-31T23:59:59.999999999Z,1970-01-02T00:00:01Z,-0.05,-0.001,00010203-0405-0607-0809-0a0b0c0d0e0f,\"{\"\"a\"\":[1,2]}\",",
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v: got\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	columns := mapping.Config{Preset: "csv", Columns: mapping.Paths{"i32", "time", "user", "type"}, User: mapping.User{Field: mapping.Paths{"user"}}}
	if _, err = textsOf(t, parquetBytes(t, []everyKind{full()}), columns); err == nil || !strings.Contains(err.Error(), `no column "time"; there are bool, i32`) {
		t.Errorf("got %v", err)
	}
}

// Files of before 2018, and of some writers since, have converted types only, and lists whose repeated field is the element itself.
func TestOldParquetSchemasAreUnderstood(t *testing.T) {
	for name, test := range map[string]struct {
		element format.SchemaElement
		value   parquet.Value
		want    string
	}{
		"millis":   {converted(deprecated.TimestampMillis), parquet.Int64Value(1500), "1970-01-01T00:00:01.5Z"},
		"micros":   {converted(deprecated.TimestampMicros), parquet.Int64Value(1500), "1970-01-01T00:00:00.0015Z"},
		"date":     {converted(deprecated.Date), parquet.Int32Value(1), "1970-01-02"},
		"clock":    {converted(deprecated.TimeMillis), parquet.Int32Value(3_600_500), "01:00:00.5"},
		"unsigned": {converted(deprecated.Uint32), parquet.Int32Value(-1), "4294967295"},
		"none":     {format.SchemaElement{}, parquet.ByteArrayValue([]byte("ann")), "ann"},
		"json":     {converted(deprecated.Json), parquet.ByteArrayValue([]byte("{ }")), "{}"},
	} {
		if got, _ := newLeafText(&test.element)(nil, test.value); string(got) != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	leaf := &field{name: "element", kind: leafField}
	for name, repeated := range map[string]*field{
		"three levels": {name: "list", repeated: true, kind: groupField, children: []*field{leaf}},
		"two levels":   {name: "element", repeated: true, kind: leafField},
		"array":        {name: "array", repeated: true, kind: groupField, children: []*field{leaf}},
		"a tuple":      {name: "tags_tuple", repeated: true, kind: groupField, children: []*field{leaf}},
		"two fields":   {name: "list", repeated: true, kind: groupField, children: []*field{leaf, leaf}},
	} {
		list := &field{name: "tags", kind: listField, children: []*field{repeated}}
		if got := list.element(); (got == leaf) != (name == "three levels") {
			t.Errorf("%s: the element is %q", name, got.name)
		}
	}
}

func converted(to deprecated.ConvertedType) (e format.SchemaElement) {
	e.ConvertedType.V, e.ConvertedType.Valid = to, true
	return e
}

type event struct {
	User string `parquet:"user"`
	Type string `parquet:"type,dict"`
	Time int64  `parquet:"time,timestamp(millisecond)"`
}

func events(n int) (rows []event) {
	for i := range n {
		rows = append(rows, event{fmt.Sprintf("u%d", i), "visit", 1772359200000 + int64(i)})
	}
	return rows
}

func TestADamagedParquetFileIsNamedWithThePlace(t *testing.T) {
	whole := parquetBytes(t, events(1000), parquet.MaxRowsPerRowGroup(300), parquet.Compression(&parquet.Zstd))
	if got, err := textsOf(t, whole, mapping.Config{}); err != nil || len(got) != 1000 || !strings.Contains(got[999], `"u999"`) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	broken := bytes.Clone(whole)
	for i := len(whole) / 2; i < len(whole)/2+40; i++ {
		broken[i] ^= 0xff
	}
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"cut off": {whole[:len(whole)/2], "is damaged or cut off: Parquet, in its description at the end"},
		"tiny":    {whole[:5], "is damaged or cut off: Parquet, in its description at the end"},
		"a page":  {broken, "is damaged or cut off: Parquet, in row group "},
	} {
		if _, err := textsOf(t, test.file, mapping.Config{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// withEmptyGroups puts a row group of no rows before, between and behind those of a file, as Arrow does for every empty table that is written: a
// column of it has a dictionary, and no data page.
func withEmptyGroups(t *testing.T, file []byte) []byte {
	t.Helper()
	end := len(file) - 8
	footer := int(binary.LittleEndian.Uint32(file[end:]))
	var about format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[end-footer:end], &about); err != nil {
		t.Fatal(err)
	}
	empty := format.RowGroup{Columns: slices.Clone(about.RowGroups[0].Columns)}
	for i := range empty.Columns {
		column := &empty.Columns[i].MetaData
		column.NumValues, column.DataPageOffset, column.DictionaryPageOffset = 0, 0, 4
	}
	groups := []format.RowGroup{empty}
	for _, group := range about.RowGroups {
		groups = append(groups, group, empty)
	}
	for i := range groups {
		groups[i].Ordinal = int16(i)
	}
	about.RowGroups = groups
	text, err := thrift.Marshal(new(thrift.CompactProtocol), &about)
	if err != nil {
		t.Fatal(err)
	}
	changed := append(bytes.Clone(file[:end-footer]), text...)
	return append(binary.LittleEndian.AppendUint32(changed, uint32(len(text))), "PAR1"...)
}

func TestRowGroupsWithoutRowsArePassed(t *testing.T) {
	file := withEmptyGroups(t, parquetBytes(t, events(3), parquet.MaxRowsPerRowGroup(2)))
	if got, err := textsOf(t, file, mapping.Config{}); err != nil || len(got) != 3 || !strings.Contains(got[2], `"u2"`) {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzParquetRow puts a row together from values whose levels are whatever the file says: it must end, with JSON or with an error.
func FuzzParquetRow(f *testing.F) {
	file, err := parquet.OpenFile(bytes.NewReader(parquetBytes(f, []everyKind{full()})), int64(len(parquetBytes(f, []everyKind{full()}))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0, 1, 2, 3}, 60))
	f.Fuzz(func(t *testing.T, levels []byte) {
		root, err := parquetFields(file.Metadata().Schema)
		if err != nil {
			t.Fatal(err)
		}
		var row parquet.Row
		for i := 0; i+2 < len(levels); i += 3 {
			row = append(row, parquet.NullValue().Level(int(levels[i]%4), int(levels[i+1]%6), int(levels[i+2])))
		}
		rows := jsonRows{root: root}
		if text, err := rows.append(nil, row); err == nil && !json.Valid(text) {
			t.Errorf("%s is no JSON", text)
		}
	})
}
