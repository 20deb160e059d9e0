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
	KeepLines bool                    // give each event's line back with it, without the other events of the line
	OnRefused func(*Refusal) error    // called for every refused line, in file order; an error ends the reading; may be nil
	Progress  func(done, total int64) // called now and then with bytes of the files as stored; total is 0 if unknown; may be nil
}

// Refusal is a line that is no event, or the part of one that holds many. Value is valid until the callback returns.
type Refusal struct {
	File   string
	Line   int64 // the line it begins on, from 1
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
	r := reader{in: in, decoder: in.Mapping.NewDecoder(), sorter: newSorter(cfg), stats: Stats{Refused: map[schemas.Reason]int64{}}}
	r.total = totalSize(in.Files)
	for _, path := range in.Files {
		if err := r.file(ctx, path); err != nil {
			r.sorter.close()
			return nil, err
		}
	}
	if r.done == 0 {
		r.sorter.close()
		return nil, fmt.Errorf("%s: it is empty: name a file of events", strings.Join(in.Files, ", "))
	}
	r.stats.UnknownZones = r.decoder.UnknownZones()
	return r.sorter.finish(r.stats)
}

type reader struct {
	in      Input
	decoder *mapping.Decoder
	sorter  *sorter
	stats   Stats

	done, total int64 // bytes
}

// checkEvery is how many lines pass between looks at the context.
const checkEvery = 4096

func (r *reader) file(ctx context.Context, path string) error {
	source, err := open(ctx, path, r.in.Stdin, r.advance)
	if err != nil {
		return err
	}
	defer source.close()
	lines := r.in.Mapping.NewScanner(source)
	if r.in.Mapping.NeedsHeader() {
		if err := r.header(source, lines.Scan(), lines.Bytes()); err != nil {
			return err
		}
	}
	for n := 0; lines.Scan(); n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.line(source, lines); err != nil {
			return err
		}
	}
	return source.fault(lines.Err())
}

func (r *reader) header(source *source, found bool, line []byte) error {
	if !found {
		return source.fault(nil) // an empty file holds no events, which is no fault
	}
	if err := r.decoder.Header(line); err != nil {
		return fmt.Errorf("%s: %w: name the columns in the mapping, and its delimiter if it is no comma (docs/mapping.md)", source.name, err)
	}
	return nil
}

func (r *reader) line(source *source, lines *mapping.Scanner) error {
	var event schemas.Event
	for reason := range r.decoder.Events(&schemas.Record{Value: lines.Bytes()}, &event) {
		if err := r.event(source, lines, reason, &event); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) event(source *source, lines *mapping.Scanner, reason schemas.Reason, event *schemas.Event) error {
	if reason != schemas.Accepted {
		return r.refuse(source, lines, reason)
	}
	if r.stats.Events == 0 || event.Time < r.stats.First {
		r.stats.First = event.Time
	}
	if r.stats.Events == 0 || event.Time > r.stats.Last {
		r.stats.Last = event.Time
	}
	r.stats.Events++
	var line []byte
	if r.in.KeepLines {
		line = r.decoder.Alone()
	}
	return r.sorter.add(event, line)
}

func (r *reader) refuse(source *source, lines *mapping.Scanner, reason schemas.Reason) error {
	r.stats.Refused[reason]++
	if r.in.OnRefused == nil {
		return nil
	}
	return r.in.OnRefused(&Refusal{
		File: source.name, Line: lines.Line(), Reason: reason, Detail: r.decoder.Detail(), Value: r.decoder.Record().Value,
	})
}

func (r *reader) advance(n int) {
	r.done += int64(n)
	if r.in.Progress != nil {
		r.in.Progress(r.done, r.total)
	}
}
