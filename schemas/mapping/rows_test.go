package mapping_test

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"winback/schemas"
	"winback/schemas/mapping"
)

func TestScanner(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		name, format, text string
		want               []string
	}{
		{"lines", "json", "{}\r\n\n\r\n{\"a\"\n", []string{"{}", `{"a"`}},
		{"quotes mean nothing in JSON lines", "json", "{\"\n\"}", []string{`{"`, `"}`}},
		{"no line break at the end", "csv", "a,b\nc,d", []string{"a,b", "c,d"}},
		{"line breaks in quotes", "csv", "\"a\r\nb\",\"c\"\"\n\"\r\nd,e\n", []string{"\"a\r\nb\",\"c\"\"\n\"", "d,e"}},
		{"a quote inside a field opens nothing", "csv", "5\" disk,b\nc,d\n", []string{`5" disk,b`, "c,d"}},
		{"an open quote spoils its line alone", "csv", "a,b\n\"c,d\n" + long + "\ne,f\n", []string{"a,b", `"c,d`, long[:101], "e,f"}},
		{"an open quote near the end", "csv", "a,b\n\"c,d\ne,f\n", []string{"a,b", `"c,d`, "e,f"}},
		{"an open quote and a quoted field later", "csv", "\"a,b\nc,d\ne,\"f\"\ng,h\n", []string{`"a,b`, "c,d", `e,"f"`, "g,h"}},
		{"an open quote and a quoted row later", "csv", "\"a,b\nc,d\n\"e\",\"f\"\n", []string{`"a,b`, "c,d", `"e","f"`}},
		{"an open quote and doubled ones later", "csv", "\"a,b\nc,\"\"\n\"e\ne\",f\n", []string{`"a,b`, `c,""`, "\"e\ne\",f"}},
		{"two open quotes", "csv", "\"a,b\nc,d\n\"e,f\ng,h\n", []string{`"a,b`, "c,d", `"e,f`, "g,h"}},
		{"text behind a closing quote", "csv", "\"a\nb\"c,d\ne,f\n", []string{`"a`, `b"c,d`, "e,f"}},
		{"a quote inside a field before one that opens", "csv", "5\" disk,\"b\nc,d\ne,f\"\ng,h\n", []string{"5\" disk,\"b\nc,d\ne,f\"", "g,h"}},
		{"a lone CR behind a closing quote", "csv", "\"a\nb\"\rc,d\ne,f\n", []string{"\"a\nb\"", "c,d", "e,f"}},
		{"lone CRs", "csv", "a,b\rc,d\r\re,\"f\r\ng\"\rh,i", []string{"a,b", "c,d", "e,\"f\r\ng\"", "h,i"}},
		{"lone CRs first, then others", "csv", "a,b\rc,d\ne,f\r\ng,h\r", []string{"a,b", "c,d", "e,f", "g,h"}},
		{"two CRs and a line feed", "csv", "a,b\r\r\nc,d\r\r\n", []string{"a,b", "c,d"}},
		{"a lone CR in a quoted field", "csv", "a,\"b\rc\"\nd,e\n", []string{"a,\"b\rc\"", "d,e"}},
		{"an open quote among lone CRs", "csv", "a,b\r\"c,d\re,f\r", []string{"a,b", `"c,d`, "e,f"}},
		{"lone CRs behind a line feed, for long", "csv", "a,b\n" + strings.Repeat("c,d\r", 60), append([]string{"a,b"}, slices.Repeat([]string{"c,d"}, 60)...)},
		{"a quoted field at the end of the file", "csv", "a,\"b\n\nc\"", []string{"a,\"b\n\nc\""}},
		{"the same with a CR", "csv", "a,\"b\nc\"\r", []string{"a,\"b\nc\""}},
		{"too long", "json", long + "\n{}\n" + long, []string{long[:101], "{}", long[:101]}},
		{"nothing", "csv", "\n\r\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := mapping.Config{Preset: "winback", Format: test.format, MaxBytes: 100}
			m := compile(t, cfg)
			for _, scanner := range []*mapping.Scanner{
				m.NewScanner(strings.NewReader(test.text)), m.NewScanner(iotest.OneByteReader(strings.NewReader(test.text))),
			} {
				var got []string
				for scanner.Scan() {
					row := string(scanner.Bytes())
					got = append(got, row[:min(len(row), 101)])
				}
				if scanner.Err() != nil || !slices.Equal(got, test.want) {
					t.Errorf("got %q (%v), want %q", got, scanner.Err(), test.want)
				}
			}
		})
	}
}

func TestScannerKnowsTheLineOfARow(t *testing.T) {
	text := "\n\r\na,b\n\"c\n\nd\",e\n\n" + // lines 3 and 4 to 6
		"\"f,g\nh,i\n" + strings.Repeat("x", 300) + "\nj,\"k\"\n\nl,m" // an open quote on line 8, a row too long on line 10
	want := []int64{3, 4, 8, 9, 10, 11, 13}
	m := compile(t, mapping.Config{Preset: "csv", MaxBytes: 100})
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(text), "by byte": iotest.OneByteReader(strings.NewReader(text))} {
		var got []int64
		scanner := m.NewScanner(r)
		for scanner.Scan() {
			got = append(got, scanner.Line())
		}
		if scanner.Err() != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v (%v), want %v", name, got, scanner.Err(), want)
		}
	}
}

func TestScannerReportsTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	scanner := compile(t, mapping.Config{}).NewScanner(iotest.ErrReader(broken))
	if scanner.Scan() || !errors.Is(scanner.Err(), broken) {
		t.Error(scanner.Err())
	}
}

// dataRows is how many rows of each real file are read here, enough under the race detector.
const dataRows = 200_000

// The real files decode row by row, and their sums are those of another program. They are not part of the repository.
func TestDataSets(t *testing.T) {
	for _, set := range []struct {
		file, preset   string
		rows           int
		amount, others int64
	}{
		{"cdnow.csv.gz", "cdnow", 69659, 250031563, 0},
		{"cdnow_sample.csv.gz", "cdnow", 6919, 24409194, 0},
		{"online_retail.csv.gz", "online_retail", dataRows, 417649143, 4860},
		{"oulad_2013.csv.gz", "oulad", dataRows, 1397798, 0},
	} {
		t.Run(set.preset, func(t *testing.T) {
			m := compile(t, mapping.Config{Preset: set.preset})
			scanner := m.NewScanner(openData(t, set.file))
			scanner.Scan()
			d := m.NewDecoder()
			if err := d.Header(scanner.Bytes()); err != nil {
				t.Fatal(err)
			}
			var rows int
			var amount, others int64
			for ; rows < dataRows && scanner.Scan(); rows++ {
				var e schemas.Event
				if reason := d.Decode(&schemas.Record{Value: scanner.Bytes()}, &e); reason != schemas.Accepted {
					t.Fatalf("row %d: %s (%s)", rows+1, reason, d.Detail())
				}
				amount += e.Amount
				if e.Type == schemas.OtherType {
					others++
				}
			}
			t.Logf("%d rows, amounts of %d, %d of other types", rows, amount, others)
			if scanner.Err() != nil || rows != set.rows || amount != set.amount || others != set.others {
				t.Error(scanner.Err(), rows, amount, others)
			}
		})
	}
}

func openData(t *testing.T, name string) *gzip.Reader {
	dir := os.Getenv("WINBACK_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the data set is not here; set WINBACK_DATA to the directory that holds it: %v", err)
	}
	t.Cleanup(func() { _ = file.Close() })
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return zipped
}
