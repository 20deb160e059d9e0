package replay

import (
	"context"
	"fmt"
	"io"
	"strings"

	"winback/schemas"
	"winback/schemas/mapping"
)

// Input is what to read and which callbacks are called.
type Input struct {
	Files     []string  // paths; "-" is Stdin
	Stdin     io.Reader // for "-"
	Mapping   *mapping.Mapping
	KeepLines bool                      // give each event's line back with it, without the other events of the line
	Until     int64                     // events from here on do not matter to who reads them, Unix milliseconds; 0 for none
	OnEvent   func(int, *schemas.Event) // called for every event as it stands in the files, with the number of its file, those included that are set aside later; may be nil
	OnRefused func(*Refusal) error      // called for every refused line, in file order, and then for what is set aside; an error ends the reading; may be nil
	OnWarning func(text string)         // called with what the user should know; may be nil
	Progress  func(done, total int64)   // called now and then with bytes of the files as stored; total is 0 if unknown; may be nil
}

func (in *Input) warn(format string, args ...any) {
	if in.OnWarning != nil {
		in.OnWarning(fmt.Sprintf(format, args...))
	}
}

// Refusal is a line that is no event, the part of one that holds many, or an event that is set aside. Value is valid until the callback returns.
type Refusal struct {
	File   string
	Line   int64 // the line it begins on, from 1; in Parquet the row
	Reason schemas.Reason
	Detail string
	Value  []byte
}

// Stats counts what was read.
type Stats struct {
	Events      int64
	Refused     map[schemas.Reason]int64
	First, Last int64 // the earliest and the latest event time, Unix milliseconds; 0 without events

	UnknownZones mapping.UnknownZones // events whose time zone cannot be read: they count
}

// RefusedTotal is the number of lines that are no event.
func (s Stats) RefusedTotal() (n int64) {
	for _, one := range s.Refused {
		n += one
	}
	return n
}

// Read reads all files and returns their events sorted. The caller closes what it returns. Errors name the file, the line where
// there is one, and the remedy. An empty file among others is none.
func Read(ctx context.Context, cfg Config, in Input) (*Sorted, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	r := reader{cfg: cfg, in: in, decoder: in.Mapping.NewDecoder(), sorter: newSorter(cfg), stats: Stats{Refused: map[schemas.Reason]int64{}}}
	r.total = totalSize(in.Files)
	for i, path := range in.Files {
		if err := r.file(ctx, i, path); err != nil {
			r.sorter.close()
			return nil, err
		}
	}
	if r.done == 0 {
		r.sorter.close()
		return nil, fmt.Errorf("%s: it is empty: name a file of events", strings.Join(in.Files, ", "))
	}
	r.stats.UnknownZones = r.decoder.UnknownZones()
	sorted, err := r.sorter.finish(r.stats)
	if err != nil {
		return nil, err
	}
	if err := sorted.setAside(ctx, &r); err != nil {
		sorted.Close()
		return nil, err
	}
	return sorted, nil
}

type reader struct {
	cfg     Config
	in      Input
	decoder *mapping.Decoder
	sorter  *sorter
	stats   Stats
	days    days   // with events
	number  int    // of the file
	kept    []byte // what is kept beside an event: its place and perhaps its line

	done, total int64 // bytes
}

// checkEvery is how many lines pass between looks at the context.
const checkEvery = 4096

func (r *reader) file(ctx context.Context, number int, path string) error {
	r.number = number
	source, err := open(ctx, path, &r.in, r.advance)
	if err != nil {
		return err
	}
	defer source.close()
	if source.parquet {
		return r.parquet(ctx, source)
	}
	lines := r.in.Mapping.NewScanner(source)
	if r.in.Mapping.NeedsHeader() {
		if !lines.Scan() {
			return source.fault(lines.Err()) // an empty file holds no events, which is no fault
		}
		if err := r.header(source, lines.Bytes()); err != nil {
			return err
		}
	}
	if err := r.rows(ctx, source, lines); err != nil {
		return err
	}
	return source.fault(lines.Err())
}

func (r *reader) parquet(ctx context.Context, source *source) error {
	lines, err := openParquet(r.cfg, source, r.in.Mapping)
	if err != nil {
		return err
	}
	if header := lines.form.header(); header != nil {
		if err := r.header(source, header); err != nil {
			return err
		}
	}
	if err := r.rows(ctx, source, lines); err != nil {
		return err
	}
	return lines.Err()
}

func (r *reader) header(source *source, line []byte) error {
	err := r.decoder.Header(line)
	switch start := strings.TrimLeft(string(line), " \t"); {
	case err == nil:
		return nil
	case strings.HasPrefix(start, "{") || strings.HasPrefix(start, "["):
		return fmt.Errorf("%s begins as JSON does, and the mapping reads CSV: take a preset that reads JSON, or set format: json (docs/mapping.md)", source.name)
	default:
		return fmt.Errorf("%s: %w: name the columns in the mapping, and its delimiter if it is no comma (docs/mapping.md)", source.name, err)
	}
}

func (r *reader) rows(ctx context.Context, source *source, lines rows) error {
	for n := 0; lines.Scan(); n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.line(source, lines); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) line(source *source, lines rows) error {
	if fault := lines.Fault(); fault != "" {
		return r.refuse(source, lines, schemas.Malformed, fault, lines.Bytes())
	}
	var event schemas.Event
	for reason := range r.decoder.Events(&schemas.Record{Value: lines.Bytes()}, &event) {
		if reason == schemas.Malformed && r.decoder.Record().Element == 0 && lines.Recut() {
			return nil // its parts come next
		}
		if err := r.event(source, lines, reason, &event); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) event(source *source, lines rows, reason schemas.Reason, event *schemas.Event) error {
	if reason != schemas.Accepted {
		return r.refuse(source, lines, reason, r.decoder.Detail(), r.decoder.Record().Value)
	}
	if r.stats.Events == 0 || event.Time < r.stats.First {
		r.stats.First = event.Time
	}
	if r.stats.Events == 0 || event.Time > r.stats.Last {
		r.stats.Last = event.Time
	}
	r.stats.Events++
	r.days.add(event.Time)
	if r.in.OnEvent != nil {
		r.in.OnEvent(r.number, event)
	}
	r.kept = appendPlace(r.kept[:0], Place{r.number, lines.Line()})
	if r.in.KeepLines {
		r.kept = append(r.kept, r.decoder.Alone()...)
	}
	return r.sorter.add(event, r.kept)
}

func (r *reader) refuse(source *source, lines rows, reason schemas.Reason, detail string, value []byte) error {
	r.stats.Refused[reason]++
	if r.in.OnRefused == nil {
		return nil
	}
	return r.in.OnRefused(&Refusal{File: source.name, Line: lines.Line(), Reason: reason, Detail: detail, Value: value})
}

func (r *reader) advance(n int) {
	r.done += int64(n)
	if r.in.Progress != nil {
		r.in.Progress(r.done, r.total)
	}
}
