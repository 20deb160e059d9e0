package replay_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
)

func compile(t testing.TB, cfg mapping.Config) *mapping.Mapping {
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

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// read returns one line an event, the statistics and the refusals.
func read(t testing.TB, cfg replay.Config, in replay.Input) (lines []string, stats replay.Stats, refused []string) {
	t.Helper()
	in.OnRefused = func(r *replay.Refusal) error {
		refused = append(refused, fmt.Sprintf("%s:%d %s %q", filepath.Base(r.File), r.Line, r.Reason, r.Value))
		if r.Detail == "" {
			t.Errorf("line %d is refused without a detail", r.Line)
		}
		return nil
	}
	sorted, err := replay.Read(t.Context(), cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	for e := range sorted.Events() {
		lines = append(lines, fmt.Sprintf("%d %s %d %d %d %s", e.Time, e.User, e.Type, e.Amount, e.Duration, e.Line))
	}
	if sorted.Err() != nil {
		t.Fatal(sorted.Err())
	}
	return lines, sorted.Stats(), refused
}

func TestALineThatHoldsManyEventsIsReadElementByElement(t *testing.T) {
	text := `{"events":[{"user":"a","time":"2024-01-02"},{"user":"b"},{"user":"c","time":"2024-01-01"}],"type":"visit"}` + "\n" +
		`{"user":"d","time":"2024-01-03","type":"order","id":"x"}` + "\n" + `{"events":[]}` + "\n" + `{"events":{}}` + "\n" + `[{"user":"e","time":"2024-01-04","type":"visit"}]` + "\n"
	cfg := mapping.Config{Each: "events", Time: mapping.Time{Field: mapping.Paths{"time"}}}
	lines, stats, refused := read(t, replay.Defaults(), replay.Input{Files: []string{write(t, "f", text)}, Mapping: compile(t, cfg), KeepLines: true})
	want := []string{
		`1704067200000 c 2 0 0 {"events":[{"user":"c","time":"2024-01-01"}],"type":"visit"}`,
		`1704153600000 a 2 0 0 {"events":[{"user":"a","time":"2024-01-02"}],"type":"visit"}`,
		`1704240000000 d 1 0 0 {"user":"d","time":"2024-01-03","type":"order","id":"x"}`,
		`1704326400000 e 2 0 0 {"user":"e","time":"2024-01-04","type":"visit"}`,
	}
	wantRefused := []string{`f:1 bad_time "{\"user\":\"b\"}"`, `f:4 malformed "{\"events\":{}}"`}
	if !slices.Equal(lines, want) || !slices.Equal(refused, wantRefused) || stats.Events != 4 || stats.RefusedTotal() != 2 {
		t.Errorf("got %q, refused %q, %+v", lines, refused, stats)
	}
}

const csvText = "user,time,type,amount\n" +
	"b,2024-01-02T00:00:00Z,visit,\n" +
	"a,2024-01-01T00:00:00Z,order,150\n" +
	"\n" +
	"c,yesterday,visit,\n" +
	"\"d\n\"\"x\"\"\",2024-01-01T00:00:00Z,visit,\n" +
	",2024-01-01T00:00:00Z,visit,\n" +
	"e,2024-01-03T00:00:00Z,other,-7"

func TestCSVIsReadInTimeOrderAndRefusalsNameTheirLine(t *testing.T) {
	want := []string{
		"1704067200000 a 1 150 0 ",
		"1704067200000 d\n\"x\" 2 0 0 ",
		"1704153600000 b 2 0 0 ",
		"1704240000000 e 0 -7 0 ",
	}
	wantRefused := []string{
		`f:5 bad_time "c,yesterday,visit,"`,
		`f:8 no_user ",2024-01-01T00:00:00Z,visit,"`,
	}
	for name, text := range map[string]string{
		"plain":       csvText,
		"BOM":         "\ufeff" + csvText,
		"gzip":        packed(t, csvText),
		"two members": packed(t, csvText[:40]) + packed(t, csvText[40:]),
		"BOM in gzip": packed(t, "\ufeff"+csvText),
		"CRLF":        strings.ReplaceAll(strings.ReplaceAll(csvText, "\n", "\r\n"), "\"d\r\n", "\"d\n"),
	} {
		lines, stats, refused := read(t, replay.Defaults(), replay.Input{
			Files: []string{write(t, "f", text)}, Mapping: compile(t, mapping.Config{Preset: "csv"}),
		})
		if !slices.Equal(lines, want) {
			t.Errorf("%s: got %q, want %q", name, lines, want)
		}
		if !slices.Equal(refused, wantRefused) {
			t.Errorf("%s: got %q, want %q", name, refused, wantRefused)
		}
		if stats.Events != 4 || stats.RefusedTotal() != 2 || stats.First != 1704067200000 || stats.Last != 1704240000000 {
			t.Errorf("%s: got %+v", name, stats)
		}
	}
}

func TestAQuoteOutOfPlaceRefusesItsLineAlone(t *testing.T) {
	good := func(user string) string { return user + ",1704067200,visit\n" }
	filler := strings.Repeat(good("u"), 5000) // more than a row may hold
	for name, test := range map[string]struct {
		text   string
		events int64
		want   []string
	}{
		"never closed":     {"\"a,1704067200,visit\n" + good("b") + good("c"), 2, []string{`f:2 malformed "\"a,1704067200,visit"`}},
		"a quote later":    {"\"a,1704067200,visit\n" + good("b") + "d,1704067200,\"visit\"\n" + good("e"), 3, []string{`f:2 malformed "\"a,1704067200,visit"`}},
		"a quote far away": {good("a") + "\"b,1704067200,visit\n" + filler + "\"c\",1704067200,visit\nd\n", 5002, []string{`f:3 malformed "\"b,1704067200,visit"`, `f:5005 malformed "d"`}},
		"closed lines on":  {"\"a\nb\",1704067200,visit\n\"c\nd\",1704067200\n" + good("e"), 2, []string{`f:4 malformed "\"c\nd\",1704067200"`}},
	} {
		_, stats, refused := read(t, replay.Defaults(), replay.Input{
			Files: []string{write(t, "f", "user,time,type\n"+test.text)}, Mapping: compile(t, mapping.Config{Preset: "csv"}),
		})
		if stats.Events != test.events || !slices.Equal(refused, test.want) {
			t.Errorf("%s: got %d events, %q; want %d, %q", name, stats.Events, refused, test.events, test.want)
		}
	}
}

func TestNDJSONKeepsItsLinesAndFilesTheirOrder(t *testing.T) {
	one := `{"user":"a","type":"visit","time":2000}` + "\n" + `{"user":"b","type":"visit","time":1000}` + "\n"
	two := `{"user":"c","type":"visit","time":1000}` + "\n"
	stdin := "not json\n" + `{"user":"d","type":"visit","time":1000,"more":[1]}`
	lines, _, refused := read(t, replay.Defaults(), replay.Input{
		Files: []string{write(t, "1", one), "-", write(t, "2", packed(t, two))}, Stdin: strings.NewReader(stdin),
		Mapping: compile(t, mapping.Defaults()), KeepLines: true,
	})
	want := []string{
		`1000 b 2 0 0 {"user":"b","type":"visit","time":1000}`,
		`1000 d 2 0 0 {"user":"d","type":"visit","time":1000,"more":[1]}`,
		`1000 c 2 0 0 {"user":"c","type":"visit","time":1000}`,
		`2000 a 2 0 0 {"user":"a","type":"visit","time":2000}`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if want := []string{`stdin:1 malformed "not json"`}; !slices.Equal(refused, want) {
		t.Errorf("got %q, want %q", refused, want)
	}
}

// What is sorted on disk is what is sorted in memory, equal times in the order of their lines included.
// Whoever wants to know how late events came needs them before they are sorted, and by file.
func TestEventsAreShownAsTheyStandInTheFiles(t *testing.T) {
	directory := t.TempDir()
	var files []string
	for name, rows := range map[string]string{"a.csv": "u,2026-03-02,visit\nu,2026-03-01,visit\n", "b.csv": "v,2026-01-01,visit\n,2026-01-01,visit\nv,2026-03-03,visit\n"} {
		file := filepath.Join(directory, name)
		if err := os.WriteFile(file, []byte("user,time,type\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	slices.Sort(files)
	m := compile(t, mapping.Config{Preset: "csv"})
	var shown []string
	sorted, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: files, Mapping: m, OnEvent: func(file int, e *schemas.Event) {
		shown = append(shown, fmt.Sprintf("%d %s %d", file, e.User, e.Time/int64(schemas.Day)-20_513))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	if want := []string{"0 u 1", "0 u 0", "1 v -59", "1 v 2"}; !slices.Equal(shown, want) {
		t.Errorf("got %q, want %q", shown, want)
	}
}

func TestSortingOnDiskEqualsSortingInMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for i := range 15_000 {
		fmt.Fprintf(&text, `{"user":"u%d","type":"visit","time":%d,"pad":"%s"}`+"\n", i, random.IntN(500), strings.Repeat("x", random.IntN(200)))
	}
	temp := t.TempDir()
	in := replay.Input{Files: []string{write(t, "f", text.String())}, Mapping: compile(t, mapping.Defaults()), KeepLines: true}
	small := replay.Config{Memory: 1 << 20, TempDir: temp}
	onDisk, _, _ := read(t, small, in)
	inMemory, _, _ := read(t, replay.Defaults(), in)
	if len(inMemory) != 15_000 || !slices.Equal(onDisk, inMemory) {
		t.Errorf("on disk %d events, in memory %d, equal: %v", len(onDisk), len(inMemory), slices.Equal(onDisk, inMemory))
	}
	last := -1
	for i, line := range inMemory {
		var at, user int
		if _, err := fmt.Sscanf(line, "%d u%d", &at, &user); err != nil {
			t.Fatal(err)
		}
		if key := at*100_000 + user; key <= last {
			t.Fatalf("event %d (%q) is out of order", i, line)
		} else {
			last = key
		}
	}
}

func TestTheSortsFileHasNoName(t *testing.T) {
	temp := t.TempDir()
	text := strings.Repeat(`{"user":"u","type":"visit","time":1}`+"\n", 40_000)
	sorted, err := replay.Read(t.Context(), replay.Config{Memory: 1 << 20, TempDir: temp},
		replay.Input{Files: []string{write(t, "f", text)}, Mapping: compile(t, mapping.Defaults())})
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("%v: left in the directory: %v", err, left)
	}
}

func TestWhatCannotBeReadNamesTheFileAndTheRemedy(t *testing.T) {
	text := strings.Repeat(`{"user":"u","type":"visit","time":1}`+"\n", 1000)
	csv := compile(t, mapping.Config{Preset: "csv"})
	for name, c := range map[string]struct {
		text string
		m    *mapping.Mapping
		want string
	}{
		"cut gzip":   {packed(t, text)[:60], compile(t, mapping.Defaults()), "damaged or cut off"},
		"zip":        {"PK\x03\x04....", csv, "unpack it first"},
		"UTF-16":     {"\xff\xfeu\x00s\x00", csv, "iconv"},
		"no columns": {"a,b\n1,2\n", csv, "user"},
	} {
		path := write(t, "f", c.text)
		_, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: []string{path}, Mapping: c.m})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want the path and %q", name, err, c.want)
		}
	}
	_, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: []string{"/no/such/file"}, Mapping: csv})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyFileHoldsNoEvents(t *testing.T) {
	csv, header := compile(t, mapping.Config{Preset: "csv"}), "user,time,type\n"
	for _, texts := range [][]string{{header}, {packed(t, "")}, {"", header}} {
		var files []string
		for _, text := range texts {
			files = append(files, write(t, "f", text))
		}
		lines, stats, refused := read(t, replay.Defaults(), replay.Input{Files: files, Mapping: csv})
		if len(lines)+len(refused) != 0 || stats.First != 0 || stats.Last != 0 {
			t.Errorf("%q: got %q %q %+v", texts, lines, refused, stats)
		}
	}
	if _, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: []string{write(t, "nothing", "")}, Mapping: csv}); err == nil || !strings.Contains(err.Error(), "nothing: it is empty") {
		t.Errorf("got %v", err)
	}
}

func TestReadingEndsWithItsContextAndItsCallback(t *testing.T) {
	in := replay.Input{Files: []string{write(t, "f", "x\n")}, Mapping: compile(t, mapping.Defaults())}
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := replay.Read(ctx, replay.Defaults(), in); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	in.OnRefused = func(*replay.Refusal) error { return cause }
	if _, err := replay.Read(t.Context(), replay.Defaults(), in); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// silent never answers.
type silent struct{ asked chan struct{} }

func (s silent) Read([]byte) (int, error) {
	close(s.asked)
	select {}
}

func TestAnIdleStdinDoesNotKeepAReplayFromEnding(t *testing.T) {
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	in := silent{make(chan struct{})}
	go func() {
		<-in.asked
		cancel(cause)
	}()
	_, err := replay.Read(ctx, replay.Defaults(), replay.Input{Files: []string{"-"}, Stdin: in, Mapping: compile(t, mapping.Defaults())})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestProgressReachesTheFilesSize(t *testing.T) {
	text := packed(t, strings.Repeat(`{"user":"u","type":"visit","time":1}`+"\n", 1000))
	var done, total int64
	read(t, replay.Defaults(), replay.Input{
		Files: []string{write(t, "1", text), write(t, "2", text)}, Mapping: compile(t, mapping.Defaults()),
		Progress: func(d, n int64) { done, total = d, n },
	})
	if want := int64(2 * len(text)); done != want || total != want {
		t.Errorf("got %d of %d, want %d", done, total, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(csvText))
	f.Add([]byte(packed(f, csvText)))
	f.Add([]byte("user,time,type\n\"a,1,visit\n"))
	f.Add([]byte("user,time,type\n\"a,1,visit\nb,1,visit\nc,1,\"visit\"\n"))
	m := compile(f, mapping.Config{Preset: "csv"})
	f.Fuzz(func(t *testing.T, text []byte) {
		sorted, err := replay.Read(t.Context(), replay.Defaults(), replay.Input{Files: []string{"-"}, Stdin: bytes.NewReader(text), Mapping: m})
		if err != nil {
			return
		}
		defer sorted.Close()
		last, n := int64(-1<<63), int64(0)
		for e := range sorted.Events() {
			if e.Time < last {
				t.Fatalf("%d after %d", e.Time, last)
			}
			last = e.Time
			n++
		}
		if n != sorted.Stats().Events {
			t.Errorf("%d events of %d", n, sorted.Stats().Events)
		}
	})
}
