package replay_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"winback/pipeline/replay"
	"winback/schemas/mapping"
)

func zstdPacked(t testing.TB, text string, options ...zstd.EOption) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, options...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type visit struct {
	User string `parquet:"user"`
	Type string `parquet:"type,dict"`
	Time int64  `parquet:"time,timestamp(millisecond)"`
}

func visitsParquet(t testing.TB, n int) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[visit](&b, parquet.MaxRowsPerRowGroup(100))
	for i := range n {
		if _, err := w.Write([]visit{{"u", "visit", 1772359200000 + int64(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const skippableFrame = "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"

func TestFilesAreReadAsWhatTheirFirstBytesSay(t *testing.T) {
	line := `{"user":"u","type":"visit","time":1772359200000}` + "\n"
	text := strings.Repeat(line, 250)
	for name, file := range map[string]string{
		"plain":                    text,
		"gzip":                     packed(t, text),
		"gzip, zeros behind":       packed(t, text) + strings.Repeat("\x00", 5000),
		"gzip, members and zeros":  packed(t, text[:len(line)*100+7]) + packed(t, "") + packed(t, text[len(line)*100+7:]) + "\x00",
		"zstd":                     zstdPacked(t, text),
		"zstd, frames":             zstdPacked(t, text[:100]) + skippableFrame + zstdPacked(t, text[100:]),
		"zstd, skippable first":    skippableFrame + zstdPacked(t, text),
		"a BOM in zstd":            zstdPacked(t, "\ufeff"+text),
		"Parquet":                  visitsParquet(t, 250),
		"Parquet in gzip":          packed(t, visitsParquet(t, 250)),
		"an array":                 "[" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", ",") + "]",
		"an array, BOM and blanks": "\ufeff\r\n\n  [\n" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", ",\n") + "\n]\n",
		"lone CRs":                 strings.ReplaceAll(text, "\n", "\r"),
	} {
		for _, in := range []replay.Input{{Files: []string{write(t, "f", file)}}, {Files: []string{"-"}, Stdin: strings.NewReader(file)}} {
			in.Mapping = compile(t, mapping.Defaults())
			in.OnWarning = func(text string) { t.Errorf("%s: warned of %s", name, text) }
			lines, _, refused := read(t, replay.Defaults(), in)
			if len(lines) != 250 || len(refused) != 0 || !strings.HasPrefix(lines[0], "1772359200000 u 2 ") {
				t.Errorf("%s from %s: %d events, refused %q", name, in.Files[0], len(lines), refused)
			}
		}
	}
}

func TestParquetIsReadByACSVMappingToo(t *testing.T) {
	file := visitsParquet(t, 3)
	for name, cfg := range map[string]mapping.Config{
		"by name":    {Preset: "csv"},
		"by columns": {Preset: "csv", Columns: mapping.Paths{"type", "time", "user"}, Delimiter: "tab"},
	} {
		lines, _, refused := read(t, replay.Defaults(), replay.Input{Files: []string{write(t, "f", file)}, Mapping: compile(t, cfg), KeepLines: true})
		if len(lines) != 3 || len(refused) != 0 || !strings.HasPrefix(lines[2], "1772359200002 u 2 0 0 ") {
			t.Errorf("%s: got %q, refused %q", name, lines, refused)
		}
	}
}

func TestAParquetRowIsNamedByItsNumber(t *testing.T) {
	_, _, refused := read(t, replay.Defaults(), replay.Input{
		Files: []string{write(t, "f", visitsParquet(t, 250))}, Mapping: compile(t, mapping.Config{Preset: "winback", User: mapping.User{Field: mapping.Paths{"nobody"}}}),
	})
	if want := `f:250 no_user "{\"user\":\"u\",\"type\":\"visit\",\"time\":\"2026-03-01T10:00:00.249Z\"}"`; len(refused) != 250 || refused[249] != want {
		t.Errorf("%d refused; the last %s", len(refused), refused[len(refused)-1])
	}
}

func TestACopyOfParquetLeavesNothingBehind(t *testing.T) {
	cfg := replay.Defaults()
	cfg.TempDir = t.TempDir()
	lines, _, _ := read(t, cfg, replay.Input{Files: []string{"-"}, Stdin: strings.NewReader(visitsParquet(t, 3)), Mapping: compile(t, mapping.Defaults())})
	if left, err := os.ReadDir(cfg.TempDir); err != nil || len(left) != 0 || len(lines) != 3 {
		t.Errorf("%v: %d events; left in the directory: %v", err, len(lines), left)
	}
}

func TestOtherBytesBehindGzipAreLeftAloneWithAWarning(t *testing.T) {
	text := strings.Repeat(`{"user":"u","type":"visit","time":1772359200000}`+"\n", 10)
	file := packed(t, text)
	for name, behind := range map[string]string{"text": "garbage", "zeros and a member": "\x00\x00" + file} {
		var warnings []string
		path := write(t, "f.gz", file+behind)
		lines, _, _ := read(t, replay.Defaults(), replay.Input{
			Files: []string{path}, Mapping: compile(t, mapping.Defaults()), OnWarning: func(text string) { warnings = append(warnings, text) },
		})
		at := len(file) + strings.IndexFunc(behind, func(r rune) bool { return r != 0 })
		if len(lines) != 10 || len(warnings) != 1 || !strings.Contains(warnings[0], path) || !strings.Contains(warnings[0], fmt.Sprintf("from byte %d on", at)) {
			t.Errorf("%s: %d events, warned of %q, byte %d", name, len(lines), warnings, at)
		}
	}
}

func TestDamagedAndForeignFilesAreNamed(t *testing.T) {
	text := strings.Repeat(`{"user":"u","type":"visit","time":1772359200000}`+"\n", 5000)
	gz, zst := packed(t, text), zstdPacked(t, text, zstd.WithEncoderCRC(true))
	flipped := []byte(zst)
	flipped[len(flipped)-2] ^= 1 // of the checksum
	for name, test := range map[string]struct{ file, want string }{
		"cut gzip":              {gz[:len(gz)-4], "is damaged or cut off after line"},
		"cut gzip header":       {gz + gz[:5], "is damaged or cut off after line"},
		"one byte of a member":  {gz + "\x1f", "is damaged or cut off after line 5000"},
		"cut zstd":              {zst[:len(zst)-9], "is damaged or cut off after line"},
		"zstd, wrong checksum":  {string(flipped), "is damaged or cut off after line"},
		"zstd, text behind":     {zst + "garbage", "is damaged or cut off after line"},
		"bzip2":                 {"BZh91AY", "bzip2 -dc"},
		"xz":                    {"\xfd7zXZ\x00", "xz -dc"},
		"zip":                   {"PK\x03\x04..", "unzip -p"},
		"zip in zstd":           {zstdPacked(t, "PK\x03\x04.."), "unzip -p"},
		"gzip in gzip":          {packed(t, gz), "gzip inside gzip"},
		"a window of 256 MiB":   {"\x28\xb5\x2f\xfd\x00\x90" + strings.Repeat("\x00", 40), "zstd -dc --long=31"},
		"Avro":                  {"Obj\x01..", "is Avro"},
		"Parquet, cut off":      {visitsParquet(t, 250)[:900], "is damaged or cut off: Parquet"},
		"Parquet, other fields": {visitsParquet(t, 1), `no column "who"`},
	} {
		cfg := mapping.Defaults()
		if name == "Parquet, other fields" {
			cfg = mapping.Config{Preset: "csv", User: mapping.User{Field: mapping.Paths{"who"}}}
		}
		path := write(t, "f", test.file)
		_, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: []string{path}, Mapping: compile(t, cfg)})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want the path and %q", name, err, test.want)
		}
	}
}

func TestRowsThatEndInALoneCRAreRead(t *testing.T) {
	rows := []string{"user,time,type", "a,2026-03-01,visit", "\"b\rc\",2026-03-02,visit", "d,2026-03-03,visit"}
	for name, text := range map[string]string{
		"CR":                     strings.Join(rows, "\r"),
		"CR at the end":          strings.Join(rows, "\r") + "\r",
		"CR, then LF":            strings.Join(rows[:2], "\r") + "\r" + strings.Join(rows[2:], "\n"),
		"LF, then CR":            rows[0] + "\n" + strings.Join(rows[1:], "\r"),
		"CRLF, then CR":          rows[0] + "\r\n" + rows[1] + "\r\n" + strings.Join(rows[2:], "\r"),
		"a CR too many":          strings.Join(rows, "\r\r\n"),
		"LF, CR in quotes alone": strings.Join(rows, "\n"),
	} {
		lines, _, refused := read(t, replay.Defaults(), replay.Input{Files: []string{write(t, "f", text)}, Mapping: compile(t, mapping.Config{Preset: "csv"})})
		if len(lines) != 3 || len(refused) != 0 || !strings.Contains(lines[1], " b\rc ") {
			t.Errorf("%s: got %q, refused %q", name, lines, refused)
		}
	}
}

func TestWhatIsWrongWithAnArrayIsRefusedWithItsLine(t *testing.T) {
	event := func(user string) string { return `{"user":"` + user + `","type":"visit","time":1}` }
	text := "[\n" + event("a") + ",\n" + event("b")[:20] + ",\n" + event("c") + "\n" + event("d") + ",\n"
	lines, stats, refused := read(t, replay.Defaults(), replay.Input{Files: []string{write(t, "f", text)}, Mapping: compile(t, mapping.Defaults())})
	want := []string{`f:3 malformed "{\"user\":\"b\",\"type\":\","`, `f:5 malformed ""`, `f:6 malformed ""`}
	if len(lines) != 3 || stats.RefusedTotal() != 3 || strings.Join(refused, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, refused %q", lines, refused)
	}
}
