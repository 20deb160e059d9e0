package mapping_test

import (
	"bufio"
	"compress/gzip"
	"errors"
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
		{"too long", "json", long + "\n{}\n" + long, []string{long[:101], "{}", long[:101]}},
		{"nothing", "csv", "\n\r\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := mapping.Config{Preset: "winback", Format: test.format, MaxBytes: 100}
			m := compile(t, cfg)
			for _, scanner := range []*bufio.Scanner{
				m.NewScanner(strings.NewReader(test.text)), m.NewScanner(iotest.OneByteReader(strings.NewReader(test.text))),
			} {
				var got []string
				for scanner.Scan() {
					row := scanner.Text()
					got = append(got, row[:min(len(row), 101)])
				}
				if scanner.Err() != nil || !slices.Equal(got, test.want) {
					t.Errorf("got %q (%v), want %q", got, scanner.Err(), test.want)
				}
			}
		})
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
