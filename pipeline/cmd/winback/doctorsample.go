package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"winback/pipeline/config"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
)

// sample is what the mapping makes of the newest records of the input topic.
type sample struct {
	records, events int
	refused         int
	problem         string // of the first that is no event
	unknownZones    mapping.UnknownZones
	passed          int64 // offsets looked at behind the newest records, or in their place, that hold none
}

// The most that a sample looks at, and how long it may take.
const (
	samplePartitions = 8       // of those that are not empty
	sampleRecords    = 50      // of each partition
	sampleReach      = 500_000 // offsets of each partition, where the newest hold no records
	samplePatience   = 10 * time.Second
)

// takeSample decodes the newest records, and has the events' clocks looked at. It reads without a group and commits nothing.
func takeSample(ctx context.Context, conn *ingest.Connection, c *config.Config, clock *clockSample) (s sample, err error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return s, err
	}
	m, err := mapping.Compile(c.Mapping, vocabulary)
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, samplePatience)
	defer cancel()
	first, last, err := conn.Offsets(ctx, c.Input.Topic)
	if err != nil {
		return s, err
	}
	decoder := m.NewDecoder()
	looked := 0
	for p := 0; p < len(last) && looked < samplePartitions; p++ {
		if first[p] == last[p] {
			continue
		}
		looked++
		clock.begin()
		read := func(from, until int64) error {
			return s.read(ctx, ingest.NewReader(conn, c.Input.Topic, int32(p), from, c.Input.FetchConfig, slog.New(slog.DiscardHandler)), decoder, until, clock)
		}
		if err := s.reachBack(first[p], last[p], read); err != nil {
			return s, err
		}
	}
	s.unknownZones = decoder.UnknownZones()
	return s, nil
}

// reachBack reads the end of a partition, and further back, ten times as far each time, until it finds a record: the newest offsets may be those of an
// aborted transaction, of its markers, or of what compaction has taken out.
func (s *sample) reachBack(first, last int64, read func(from, until int64) error) error {
	found, until := s.records, last
	for reach := int64(sampleRecords); until > first && s.records == found && reach <= sampleReach; reach *= 10 {
		from := max(first, last-reach)
		if err := read(from, until); err != nil {
			return err
		}
		if s.records == found {
			s.passed += until - from
		}
		until = from
	}
	return nil
}

// read decodes the records from the reader's offset to until, or to the first transaction that is still open.
func (s *sample) read(ctx context.Context, reader *ingest.Reader, decoder *mapping.Decoder, until int64, clock *clockSample) error {
	var record schemas.Record
	var event schemas.Event
	for batch := range reader.Batches(ctx) {
		for batch.Read(&record) && record.Offset < until {
			s.records++
			for reason := range decoder.Events(&record, &event) {
				s.count(record.Offset, reason, decoder)
				if reason == schemas.Accepted {
					clock.add(&event)
				}
			}
		}
		if batch.Next >= until || batch.AtEnd() {
			return nil
		}
	}
	if err := reader.Err(); err != nil {
		return err
	}
	return ctx.Err()
}

func (s *sample) count(offset int64, reason schemas.Reason, decoder *mapping.Decoder) {
	if reason == schemas.Accepted {
		s.events++
		return
	}
	if s.refused++; s.problem == "" {
		s.problem = fmt.Sprintf("offset %d: %s: %s", offset, reason, decoder.Detail())
	}
}

// noRecords says what takes up offsets and is no record.
const noRecords = "they are of transactions that were aborted or are open, or compaction has taken them out"

// mapping says whether the input's records are events.
func (d *doctor) mapping(ctx context.Context) {
	const check = "mapping"
	s, err := d.sample(ctx)
	switch {
	case err != nil:
		d.fail(check, err)
	case s.records == 0 && s.passed > 0:
		d.add(check, statusWarn, fmt.Sprintf("not tried: the newest %s hold no records: %s", counted(int(s.passed), "offset"), noRecords))
	case s.records == 0:
		d.add(check, statusWarn, "not tried: the input topic is empty")
	case s.events+s.refused == 0:
		d.add(check, statusWarn, fmt.Sprintf("the newest %s hold no events: they are empty arrays", counted(s.records, "record")))
	case s.refused == 0 && s.events == s.records && s.passed > 0:
		d.add(check, statusOK, fmt.Sprintf("the newest %s are events; the newest %s hold none: %s", counted(s.records, "record"), counted(int(s.passed), "offset"), noRecords))
	case s.refused == 0 && s.events == s.records:
		d.add(check, statusOK, fmt.Sprintf("the newest %s are events", counted(s.records, "record")))
	case s.refused == 0:
		d.add(check, statusOK, fmt.Sprintf("the newest %s hold %s", counted(s.records, "record"), counted(s.events, "event")))
	case s.events == 0:
		d.add(check, statusFail, fmt.Sprintf("none of the newest %s is an event: mend mapping, or the topic's key: %s", counted(s.records, "record"), s.problem))
	case s.events+s.refused == s.records:
		d.add(check, statusWarn, fmt.Sprintf("%s of the newest %s are no events: %s", grouped(s.refused), counted(s.records, "record"), s.problem))
	default:
		d.add(check, statusWarn, fmt.Sprintf("the newest %s hold %s and %s: %s",
			counted(s.records, "record"), counted(s.events, "event"), counted(s.refused, "refusal"), s.problem))
	}
	if zones := s.unknownZones; zones.Events > 0 {
		d.add("time zones", statusWarn, fmt.Sprintf("%s of the newest %s name a time zone that is not known, such as %q: they count in the mapping's offset.default",
			grouped(zones.Events), counted(s.events, "event"), zones.First))
	}
}
