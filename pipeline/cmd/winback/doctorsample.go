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
	problem         string // of the first record that is no event
}

// The most that a sample looks at, and how long it may take.
const (
	samplePartitions = 8
	sampleRecords    = 50 // of each partition
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
	for p := range min(samplePartitions, len(last)) {
		from := max(first[p], last[p]-sampleRecords)
		if from == last[p] {
			continue
		}
		reader := ingest.NewReader(conn, c.Input.Topic, int32(p), from, ingest.DefaultFetch(), slog.New(slog.DiscardHandler))
		clock.begin()
		if err := s.read(ctx, reader, decoder, last[p], clock); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *sample) read(ctx context.Context, reader *ingest.Reader, decoder *mapping.Decoder, end int64, clock *clockSample) error {
	var record schemas.Record
	var event schemas.Event
	for batch := range reader.Batches(ctx) {
		for batch.Read(&record) {
			s.records++
			if reason := decoder.Decode(&record, &event); reason == schemas.Accepted {
				s.events++
				clock.add(&event)
			} else if s.problem == "" {
				s.problem = fmt.Sprintf("offset %d: %s: %s", record.Offset, reason, decoder.Detail())
			}
		}
		if batch.Next >= end {
			return nil
		}
	}
	if err := reader.Err(); err != nil {
		return err
	}
	return ctx.Err()
}

// mapping says whether the input's records are events.
func (d *doctor) mapping(ctx context.Context) {
	const check = "mapping"
	s, err := d.sample(ctx)
	switch {
	case err != nil:
		d.fail(check, err)
	case s.records == 0:
		d.add(check, statusWarn, "not tried: the input topic is empty")
	case s.events == s.records:
		d.add(check, statusOK, fmt.Sprintf("the newest %s are events", counted(s.records, "record")))
	case s.events == 0:
		d.add(check, statusFail, fmt.Sprintf("none of the newest %s is an event: mend mapping, or the topic's key: %s", counted(s.records, "record"), s.problem))
	default:
		d.add(check, statusWarn, fmt.Sprintf("%s of the newest %s are no events: %s", grouped(s.records-s.events), counted(s.records, "record"), s.problem))
	}
}
